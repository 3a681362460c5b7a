internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A call on a record that has not been answered.
public final class RecordWait {
  let call: RecordCall
  /// What its answer is kept in; nil without an idempotency key, and for a call that only reads.
  let idempotency: IdempotencyRecord?
  /// Whether its record is read before anything is written.
  let readsFirst: Bool
  /// Who calls; nil is the sidecar itself.
  let peer: Peer?
  /// Drops the work of deciding, while a call that only reads is being decided on off the loop.
  var drop: (() -> Bool)?
  var queue: RecordQueue?
  /// Whether it was only to read, for which it waited for nobody, and now goes before those that have come since.
  var isFirst = false
  /// How it decides, with what was read beside the record so far.
  private(set) var decide: RecordCall.Decide
  /// What has to be read before it can decide.
  private(set) var need: RecordNeed?
  /// How often something more may have to be read.
  private var needsLeft = 8
  /// What was decided last; it holds once it is committed.
  var decision: RecordDecision?
  private var completion: ((RecordAnswer) -> Void)?

  init(
    _ call: RecordCall, idempotency: IdempotencyRecord?, readsFirst: Bool, peer: Peer?,
    _ completion: @escaping (RecordAnswer) -> Void
  ) {
    self.call = call
    self.idempotency = idempotency
    self.readsFirst = readsFirst
    self.peer = peer
    self.completion = completion
    decide = call.decide
    need = call.beforehand
  }

  /// Whether it was answered.
  public var isOver: Bool { completion == nil }
  /// Whether what it does is taken back when nobody waits for its answer any more.
  public var isTakenBack: Bool { idempotency == nil && call.hasUndo }

  /// What it mostly needs is not read beforehand: the record may turn out to need something else.
  func forgetNeed() { need = nil }

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
      fail(error)
    }
  }

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
