internal import CloakroomCore
internal import Synchronization

/// The idempotency record of one call: the first answers to its steps.
///
/// Its lock is held while a step is done for the first time, so that the same call, on another
/// thread, waits for the answer. Nothing that is done under it takes another record's lock.
final class MemoryIdempotencyRecord: Sendable {
  private struct State {
    var answers: [Int: StoreReply] = [:]
    /// Whether the table has let go of it: then nobody else would find what is written into it.
    var isAbandoned = false
  }

  /// Which call it is of.
  let fingerprint: Fingerprint

  private let state = Mutex(State())

  init(fingerprint: Fingerprint) { self.fingerprint = fingerprint }

  /// What doing a step came to.
  enum Outcome: Sendable {
    /// The first answer; how many bytes its keeping takes now, and 0 when it was kept before.
    case answered(StoreReply, newBytes: Int)
    /// The store did not act, and there is nothing to keep.
    case refused(StoreReply)
    /// The record is no record any more: another has to be asked.
    case abandoned
  }

  /// Answers a step, and does it when it was not done yet.
  func answer(step: Int, _ perform: () -> StoreReply) -> Outcome {
    state.withLock { state in
      guard !state.isAbandoned else { return .abandoned }
      if let answer = state.answers[step] { return .answered(answer, newBytes: 0) }
      let reply = perform()
      guard reply.isAnswer else {
        // With no answer in it, it must not keep others from the name.
        state.isAbandoned = state.answers.isEmpty
        return .refused(reply)
      }
      state.answers[step] = reply
      return .answered(reply, newBytes: Self.bytesPerAnswer + reply.byteCount)
    }
  }

  /// The answer to a step; nil when there is none.
  func answer(step: Int) -> StoreReply? { state.withLock { $0.answers[step] } }

  /// Whether nobody may use it any more.
  var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

  /// What an answer is taken to cost beside its bytes.
  private static let bytesPerAnswer = 96
}
