internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// Rate limits that the sidecar holds its own methods to, as `session.create`.
///
/// Take them behind the look-up of an idempotency key, and not as a step that keeps its answer: a call that was
/// refused may be repeated under its key.
enum RateLimits {
  /// One limit of a service on what the sidecar itself does; no call can name it.
  ///
  /// - Parameters:
  ///   - purpose: what is limited, as `session.create`.
  ///   - id: on whom, as an address; nil is the service as a whole.
  ///   - cost: how many it counts for, at most the limit's burst.
  static func demand(
    _ purpose: String, on id: String? = nil, _ limit: RateLimit, cost: Int64 = 1,
    of keySpace: KeySpace
  ) throws(RPCError) -> RateDemand {
    var name = ByteBuffer()
    // Callers' own begin with "key:" or "policy:".
    let key = "own:" + purpose + (id.map { ":" + $0 } ?? "")
    try keySpace.write(.ratelimit, scope: [], key: key.utf8.span.bytes, into: &name)
    return try RateDemand(StoreKey(bytes: name), limit, cost: cost)
  }

  /// The limits on making a session: of the service, and of an address where one is known.
  static func sessionCreation(
    _ settings: Settings, address: String?, of keySpace: KeySpace
  ) throws(RPCError) -> [RateDemand] {
    var demands = [
      try demand("session.create", settings.sessionServiceLimit, of: keySpace)
    ]
    if let address {
      demands.append(
        try demand("session.create", on: address, settings.sessionAddressLimit, of: keySpace))
    }
    return demands
  }
}

extension CallContext {
  /// Takes what several limits cost, all of them or none, and counts the decision.
  ///
  /// - Parameter demands: at most `RateDemand.limit`, none of them with the key and window of another.
  /// - Throws: RATE_LIMITED with the time until all of them allow it; UNAVAILABLE and the like when the store
  ///   can't be asked.
  func take(_ demands: [RateDemand]) async throws(RPCError) {
    guard !demands.isEmpty else { return }
    let look = try await perform(.step(TakeRates(demands))).get(TakeRates.self)
    count(look.isTaken ? RateDecision.allowed : .denied)
    guard !look.isTaken else { return }
    let wait = look.standings(of: demands).map(\.retryAfterMs).max() ?? 0
    throw RPCError(.rateLimited, retryAfterMs: wait)
  }
}
