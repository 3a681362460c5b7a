internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A call on a record that has not been answered.
public final class RecordWait {
  let call: RecordCall
  let record: OnceRecord?
  var queue: RecordRunner.Queue?
  /// What was decided last; it holds once it is committed.
  var decision: RecordDecision?
  private var completion: ((RecordAnswer) -> Void)?

  init(_ call: RecordCall, record: OnceRecord?, _ completion: @escaping (RecordAnswer) -> Void) {
    self.call = call
    self.record = record
    self.completion = completion
  }

  /// Whether it was answered.
  public var isOver: Bool { completion == nil }
  /// Whether what it does is taken back when nobody waits for its answer any more.
  public var isTakenBack: Bool { record == nil && call.hasUndo }

  func complete(_ answer: RecordAnswer) {
    guard let completion = completion.take() else { return }
    queue = nil
    completion(answer)
  }

  /// The store could not be asked: the call may know what to do about that.
  func complete(_ outcome: Failure) {
    switch outcome {
    case .failure(let error):
      do throws(RPCError) {
        guard let otherwise = call.otherwise else { throw error }
        complete(RecordAnswer(.success(try otherwise(error))))
      } catch {
        complete(RecordAnswer(.failure(error)))
      }
    case .kept(let result):
      var answer = RecordAnswer(result)
      answer.isFirst = false
      complete(answer)
    }
  }

  /// An end that was not decided.
  enum Failure {
    case failure(RPCError)
    case kept(Result<ByteBuffer, RPCError>)
  }
}
