public import CloakroomCore
public import CloakroomTokens
internal import NIOPosix
internal import Synchronization

/// What methods need to make and verify tokens: the keys of the moment, what is configured about
/// tokens, and threads for what would hold up an event loop.
public final class TokenService: Sendable {
  private let current: Mutex<KeyRing>
  private let pool: NIOThreadPool
  private let waiting = Atomic<Int>(0)
  private let options: Configuration.Tokens
  private let queueLength: Int

  /// A service with keys.
  ///
  /// - Parameters:
  ///   - queueLength: how many calls may wait for a thread.
  ///   - threads: how many threads there are.
  public init(
    _ ring: KeyRing, options: Configuration.Tokens, queueLength: Int, threads: Int
  ) {
    current = Mutex(ring)
    self.options = options
    self.queueLength = queueLength
    pool = NIOThreadPool(numberOfThreads: max(threads, 1))
  }

  /// Starts the threads.
  public func start() { pool.start() }

  /// Ends the threads once they have done what they have begun.
  public func stop() async { try? await pool.shutdownGracefully() }

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

  // MARK: Work that takes long

  /// Runs something on a thread of its own, and resumes on the caller's.
  ///
  /// - Throws: OVERLOADED when too many wait already; what the work throws.
  public func offLoop<Result: Sendable>(
    _ work: @escaping @Sendable () throws(RPCError) -> Result
  ) async throws(RPCError) -> Result {
    defer { waiting.wrappingSubtract(1, ordering: .relaxed) }
    guard waiting.wrappingAdd(1, ordering: .relaxed).newValue <= queueLength else {
      throw .tooManySignatures
    }
    let outcome = await withCheckedContinuation {
      (continuation: CheckedContinuation<Swift.Result<Result, RPCError>, Never>) in
      pool.submit { state in
        guard case .active = state else {
          return continuation.resume(
            returning: .failure(RPCError(.overloaded, "the sidecar is stopping")))
        }
        do throws(RPCError) {
          continuation.resume(returning: .success(try work()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try outcome.get()
  }
}

extension RPCError {
  /// As many signatures are waited for as may be.
  public static let tooManySignatures = RPCError(
    .overloaded, "too many slow signatures are being made already", retryAfterMs: 100,
    limit: .slowSignatures)
}
