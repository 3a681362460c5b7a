internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// One call of `idempotency.begin`, and its wait while another try is under way.
///
/// A waiter is told by a message under the guard's name when to ask again. It is sent when the try ends, if
/// somebody has said before that it waits; a lock that lapses needs none, as its end is known. So a try that
/// nobody waits for costs no message. Messages can be lost: now and then a waiter asks unasked.
struct GuardCall: Sendable {
  /// After how long a waiter asks that was not told anything, in milliseconds; random, so that many do not
  /// ask together.
  private static let silenceMs: ClosedRange<Int64> = 3000...4000
  /// How long a waiter gives a store that can't be reached before it asks again, likewise random.
  private static let outageMs: ClosedRange<Int64> = 250...750

  let name: StoreKey
  let lock: GuardLock
  let receipt: String
  /// Whether the caller has made the receipt. Then it may be about to repeat the call, so that a lock is never
  /// taken back behind it; of any other receipt nobody knows when its answer was lost.
  let isOwnReceipt: Bool
  /// When it has waited long enough; nil when it doesn't wait.
  let giveUpAt: ContinuousClock.Instant?

  init(_ name: StoreKey, _ lock: GuardLock, receipt: String, isOwnReceipt: Bool, waitMs: Int64) {
    self.name = name
    self.lock = lock
    self.receipt = receipt
    self.isOwnReceipt = isOwnReceipt
    giveUpAt = waitMs > 0 ? .now + .milliseconds(waitMs) : nil
  }

  /// How the call begins: asked in the order of the connection's calls.
  var opening: Opening {
    guard giveUpAt != nil else { return .record(call(mayWait: false)) }
    return .record(
      call(mayWait: true),
      otherwise: { error in
        guard error.reason == .idempotencyInProgress else { return nil }
        return { context throws(RPCError) in try await wait(context) }
      })
  }

  /// Asks once.
  ///
  /// - Parameters:
  ///   - mayWait: whether that another try is under way is no answer yet, but IDEMPOTENCY_IN_PROGRESS.
  ///   - isAwaiting: whether to be told of the other try's end.
  private func call(mayWait: Bool, isAwaiting: Bool = false) -> RecordCall {
    var lock = lock
    lock.isAwaiting = isAwaiting
    let undo: @Sendable (RecordAnswer) -> RecordCall? = { _ in
      RecordCall(GuardRecord.self, name, .withdraw(receipt: self.lock.receipt)) { _, _ in nil }
    }
    return RecordCall(
      GuardRecord.self, name, .begin(lock), undo: isOwnReceipt ? nil : undo
    ) { outcome, result throws(RPCError) -> Tally? in
      if mayWait, case .inProgress(let rest) = outcome {
        throw RPCError(.idempotencyInProgress, retryAfterMs: rest)
      }
      return try result.write(outcome, receipt: receipt)
    }
  }

  // MARK: Waiting

  private func wait(_ context: CallContext) async throws(RPCError) -> ByteBuffer {
    let waiter = try await addWaiter(context)
    defer { waiter.close() }
    while true {
      let isLast = isOver
      do throws(RPCError) {
        // The first time too: an end before the waiter was subscribed was missed.
        return try await context.run(call(mayWait: !isLast, isAwaiting: !isLast))
      } catch {
        if let cancellation = context.cancellation { throw cancellation }
        guard !isLast else { throw error }
        if error.reason == .idempotencyInProgress {
          try await listen(to: waiter, restMs: error.retryAfterMs ?? 0)
        } else if error.isOutage {
          try await sitOut(context)
        } else {
          throw error
        }
      }
    }
  }

  /// A waiter on the guard's name, as soon as the bus can be reached.
  private func addWaiter(_ context: CallContext) async throws(RPCError) -> Waiter {
    while true {
      do throws(RPCError) {
        return try await context.waiter(on: name)
      } catch {
        guard error.isOutage, context.cancellation == nil, !isOver else { throw error }
        try await sitOut(context)
      }
    }
  }

  /// Waits until it is time to ask again.
  private func listen(to waiter: Waiter, restMs: Int64) async throws(RPCError) {
    // Nobody's one millisecond after the last in which it was somebody's.
    let pause = min(restMs, Int64.random(in: Self.silenceMs)) + 1
    _ = try await waiter.wait(atMost: min(.milliseconds(pause), remainingWait))
  }

  /// Gives a store that can't be reached some time.
  private func sitOut(_ context: CallContext) async throws(RPCError) {
    try await context.wait(
      for: min(.milliseconds(Int64.random(in: Self.outageMs)), remainingWait))
  }

  private var isOver: Bool { remainingWait == .zero }

  private var remainingWait: Duration {
    giveUpAt.map { max(ContinuousClock.now.duration(to: $0), .zero) } ?? .zero
  }
}
