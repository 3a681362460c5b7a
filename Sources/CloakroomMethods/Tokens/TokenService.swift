public import CloakroomCore
public import CloakroomTokens
internal import Synchronization

/// What methods need to make and verify tokens: the keys of the moment, and what is configured about tokens.
public final class TokenService: Sendable {
  private let current: Mutex<KeyRing>
  private let options: Configuration.Tokens

  /// A service with keys.
  public init(_ ring: KeyRing, options: Configuration.Tokens) {
    current = Mutex(ring)
    self.options = options
  }

  // MARK: Keys

  /// The keys of this moment. Whatever takes more than a moment keeps to those that it has begun with.
  public var ring: KeyRing { current.withLock { $0 } }

  /// Has all that begins from now on use other keys.
  public func replace(_ ring: KeyRing) { current.withLock { $0 = ring } }

  // MARK: Settings

  /// Who issues tokens, `iss`; nil leaves it out.
  public var issuer: String? { options.issuer }

  /// What a token has to be, under the leeways that are configured.
  public func expectation(
    audience: String? = nil, issuer: String? = nil, purpose: String? = nil
  ) -> TokenExpectation {
    TokenExpectation(
      audience: audience, issuer: issuer, purpose: purpose,
      leewayMs: Self.milliseconds(options.leeway),
      expiryLeewayMs: Self.milliseconds(options.expiryLeeway))
  }

  /// For how long a token's revocation is kept, counted from now; nil when no sidecar takes the token
  /// any more.
  func revocationLife(untilMs end: Int64) throws(RPCError) -> TimeToLive? {
    // Another sidecar's clock may be late by as much as clocks may be apart.
    let slack = Self.milliseconds(options.leeway) + Self.milliseconds(options.expiryLeeway)
    let rest = end.subtractingReportingOverflow(Timestamp.now.milliseconds).partialValue
    let life = rest.addingReportingOverflow(slack).partialValue
    return life > 0 ? try TimeToLive(milliseconds: life) : nil
  }

  private static func milliseconds(_ duration: Duration?) -> Int64 {
    // The settings' limits keep it small.
    duration.map { Int64($0 / .milliseconds(1)) } ?? 0
  }
}
