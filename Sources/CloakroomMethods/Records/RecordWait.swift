internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A call on a record that has not been answered.
public final class RecordWait {
  let call: RecordCall
  let record: OnceRecord?
  var queue: RecordRunner.Queue?
  /// How it decides, with what was read beside the record so far.
  private(set) var decide: RecordCall.Decide
  /// What has to be read before it can decide.
  private(set) var need: RecordNeed?
  /// How often something more may have to be read.
  private var needsLeft = 8
  /// What was decided last; it holds once it is committed.
  var decision: RecordDecision?
  private var completion: ((RecordAnswer) -> Void)?

  init(_ call: RecordCall, record: OnceRecord?, _ completion: @escaping (RecordAnswer) -> Void) {
    self.call = call
    self.record = record
    self.completion = completion
    decide = call.decide
    need = call.beforehand
  }

  /// Whether it was answered.
  public var isOver: Bool { completion == nil }
  /// Whether what it does is taken back when nobody waits for its answer any more.
  public var isTakenBack: Bool { record == nil && call.hasUndo }

  /// It can't decide before something else is read.
  func demand(_ need: RecordNeed) { self.need = need }

  /// Takes in what it needed; the call is over when that could not be read.
  func learn(_ reply: StoreReply) {
    guard let need = need.take(), !isOver else { return }
    do throws(RPCError) {
      needsLeft -= 1
      guard needsLeft > 0 else { throw RPCError(.internal) }
      decide = try need.learn(reply)
    } catch {
      complete(.failure(error))
    }
  }

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
