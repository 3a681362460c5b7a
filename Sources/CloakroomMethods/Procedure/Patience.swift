internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// How long a call waits for what somebody else does, and when it asks again.
///
/// Who waits is told by a message under a name when to ask. Messages can be lost, and some changes need none as
/// their time is known: so now and then it asks untold. Where many of a loop wait for the same, the first alone
/// does that, and the others after it, so that what only one of them gets is the first one's.
struct Patience: Sendable {
  /// After how long somebody asks who was not told anything, in milliseconds; random, so that many do not ask
  /// together.
  static let silenceMs: ClosedRange<Int64> = 3000...4000
  /// How long a store is given that can't be reached before it is asked again, likewise random.
  private static let outageMs: ClosedRange<Int64> = 250...750

  /// When it is over; nil for a call that doesn't wait.
  private let giveUpAt: ContinuousClock.Instant?

  /// Begins now; 0 doesn't wait.
  init(waitMs: Int64) { giveUpAt = waitMs > 0 ? .now + .milliseconds(waitMs) : nil }

  /// Whether the call waits at all.
  var isAny: Bool { giveUpAt != nil }
  /// Whether it was waited for long enough.
  var isOver: Bool { remaining == .zero }

  /// For how long it can still be waited.
  var remaining: Duration {
    giveUpAt.map { max(ContinuousClock.now.duration(to: $0), .zero) } ?? .zero
  }

  // MARK: Waiting

  /// Asks again and again until nobody else is at it.
  ///
  /// - Parameters:
  ///   - name: what those who wait are told under.
  ///   - sitsOutOutages: whether a store that can't be reached is waited for as well; if not, that ends the call.
  ///   - ask: asks once, and throws `underWay` where there is something to wait for. It is asked for the last
  ///     time when that is not an answer any more.
  func wait(
    on name: StoreKey, sitsOutOutages: Bool, _ context: CallContext,
    ask: (_ isLast: Bool) async throws(RPCError) -> ByteBuffer
  ) async throws(RPCError) -> ByteBuffer {
    let waiter = try await waiter(
      on: name, in: WaiterQueue(name, waking: .all), sitsOutOutages: sitsOutOutages, context)
    defer { waiter.close() }
    while true {
      let isLast = isOver
      do throws(RPCError) {
        // The first time too: a change before the waiter was subscribed was missed.
        return try await ask(isLast)
      } catch {
        if let cancellation = context.cancellation { throw cancellation }
        guard !isLast else { throw error }
        if error.isUnderWay {
          try await listen(to: waiter, restMs: error.retryAfterMs ?? 0)
        } else if sitsOutOutages, error.isOutage {
          try await sitOut(context)
        } else {
          throw error
        }
      }
    }
  }

  /// A waiter on a name, as soon as the bus can be reached.
  func waiter(
    on name: StoreKey, in queue: WaiterQueue, sitsOutOutages: Bool = true,
    _ context: CallContext
  ) async throws(RPCError) -> Waiter {
    while true {
      do throws(RPCError) {
        return try await context.waiter(on: name, in: queue)
      } catch {
        guard sitsOutOutages, error.isOutage, context.cancellation == nil, !isOver else {
          throw error
        }
        try await sitOut(context)
      }
    }
  }

  /// Gives a store that can't be reached some time.
  func sitOut(_ context: CallContext) async throws(RPCError) {
    try await context.wait(
      for: min(.milliseconds(Int64.random(in: Self.outageMs)), remaining))
  }

  /// Waits until it is time to ask again.
  private func listen(to waiter: Waiter, restMs: Int64) async throws(RPCError) {
    guard waiter.isFirst else {
      _ = try await waiter.wait(atMost: remaining)
      return
    }
    // Nobody's one millisecond after the last in which it was somebody's.
    let pause = min(restMs, Int64.random(in: Self.silenceMs)) + 1
    _ = try await waiter.wait(atMost: min(.milliseconds(pause), remaining))
  }
}

extension RPCError {
  /// Somebody else is at it, for so many milliseconds: for those who wait, never told to a caller.
  static func underWay(restMs: Int64) -> RPCError {
    RPCError(.idempotencyInProgress, retryAfterMs: restMs)
  }

  /// Whether there is something to wait for.
  var isUnderWay: Bool { reason == .idempotencyInProgress }
}
