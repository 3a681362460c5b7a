internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// One call of `idempotency.begin`, and its wait while another try is under way.
///
/// A waiter is told by a message under the guard's name when to ask again. It is sent when the try ends, if
/// somebody has said before that it waits; a lock that lapses needs none, as its end is known. So a try that
/// nobody waits for costs no message.
struct GuardCall: Sendable {
  let name: StoreKey
  let lock: GuardLock
  let receipt: String
  /// Whether the caller has made the receipt. Then it may be about to repeat the call, so that a lock is never
  /// taken back behind it; of any other receipt nobody knows when its answer was lost.
  let isOwnReceipt: Bool
  private let patience: Patience

  init(_ name: StoreKey, _ lock: GuardLock, receipt: String, isOwnReceipt: Bool, waitMs: Int64) {
    self.name = name
    self.lock = lock
    self.receipt = receipt
    self.isOwnReceipt = isOwnReceipt
    patience = Patience(waitMs: waitMs)
  }

  /// How the call begins: asked in the order of the connection's calls.
  var opening: Opening {
    guard patience.isAny else { return .record(call(mayWait: false)) }
    return .record(
      call(mayWait: true),
      otherwise: { error in
        guard error.isUnderWay else { return nil }
        return { context throws(RPCError) in
          try await patience.wait(on: name, sitsOutOutages: true, context) {
            isLast throws(RPCError) in
            try await context.run(call(mayWait: !isLast, isAwaiting: !isLast))
          }
        }
      })
  }

  /// Asks once.
  ///
  /// - Parameters:
  ///   - mayWait: whether that another try is under way is no answer yet, but a reason to wait.
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
        throw .underWay(restMs: rest)
      }
      return try result.write(outcome, receipt: receipt)
    }
  }
}
