internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A call on a record that has not been answered.
public final class RecordWait {
  let call: RecordCall
  /// What its answer is kept in; nil without an idempotency key, and for a call that only reads.
  let idempotency: IdempotencyRecord?
  var queue: RecordRunner.Queue?
  /// What was decided last; it holds once it is committed.
  var decision: RecordDecision?
  private var completion: ((RecordAnswer) -> Void)?

  init(
    _ call: RecordCall, idempotency: IdempotencyRecord?,
    _ completion: @escaping (RecordAnswer) -> Void
  ) {
    self.call = call
    self.idempotency = idempotency
    self.completion = completion
  }

  /// Whether it was answered.
  public var isOver: Bool { completion == nil }
  /// Whether what it does is taken back when nobody waits for its answer any more.
  public var isTakenBack: Bool { idempotency == nil && call.hasUndo }

  /// Answers the call; does nothing when it was answered already.
  func complete(_ answer: RecordAnswer) {
    guard let completion = completion.take() else { return }
    queue = nil
    completion(answer)
  }

  /// Answers the call with what was kept of its first answer.
  func complete(repeating result: Result<ByteBuffer, RPCError>) {
    var answer = RecordAnswer(result)
    answer.isFirst = false
    complete(answer)
  }

  /// Ends the call because the store could not be asked, or has not said what came of it. The call may
  /// have an answer to that.
  func fail(_ error: RPCError) {
    do throws(RPCError) {
      guard let otherwise = call.otherwise else { throw error }
      complete(RecordAnswer(.success(try otherwise(error))))
    } catch {
      complete(RecordAnswer(.failure(error)))
    }
  }
}
