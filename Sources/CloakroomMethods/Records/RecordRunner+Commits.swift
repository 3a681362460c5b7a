internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// From what was decided to the callers' answers: the commit, and how it ends.
extension RecordRunner {
  /// How often a commit is tried because others were faster. Each time somebody's was done.
  static let mostTries = 400
  /// After so many tries the others are let pass for a moment.
  private static let eagerTries = 4

  // MARK: Committing

  func submit(_ commit: RecordCommit, _ queue: RecordQueue) {
    let sendings = host.store.sendings
    queue.step = .commit(commit)
    host.perform(.commit(queue.name.name, commit), for: queue) {
      queue.commit = ($0, sendings)
    }
  }

  /// The commit that a queue waits for was answered.
  func hasCommitted(_ commit: RecordCommit, _ reply: StoreReply, _ queue: RecordQueue) {
    queue.commit = nil
    switch reply {
    case .done:
      if let record = commit.replacement { recent.keep(record, queue.name.hash) }
      complete(queue)
    case .stale(let record?, _, _) where commit.hasWritten(record):
      // It was sent again, and has met itself.
      complete(queue)
    case .stale(let record, let time, let wasResent):
      // What was read is still there: it was not done at all.
      guard !wasResent || commit.expects(record) else {
        return end(queue, RPCError(.outcomeUnknown))
      }
      again(queue, record, time)
    case .failure(let error) where error.isWrongType: again(queue, error)
    default: end(queue, reply.unexpected)
    }
  }

  /// Commits for a call whose answer is kept in the same step; a refusal is kept as well, under the version
  /// that it was decided on.
  func submit(
    _ commit: RecordCommit, for wait: RecordWait, keptIn idempotency: IdempotencyRecord,
    _ queue: RecordQueue
  ) {
    guard let decision = wait.decision else { return end(queue, RPCError(.internal)) }
    guard !decision.isPassing else { return recall(commit, for: wait, idempotency, queue) }
    let note: ByteBuffer
    do throws(RPCError) {
      note = try KeptAnswer(decision.answer.result, versions.next(), sealed: wait.call.secret).note
    } catch {
      return end(queue, error)
    }
    let command = idempotency.keeping(.commit(queue.name.name, commit), step: 0, note: note)
    submit(command, queue) { [self] reply in
      switch reply {
      case .noted(note, _): complete(queue)
      case .noted(let first, _): complete(wait, repeating: first, queue)
      // Had it been done before, its answer would have been kept.
      case .stale(let record, let time, _): again(queue, record, time)
      case .failure(let error) where error.isWrongType: again(queue, error)
      case .done: end(queue, KeptAnswer.unreadable)
      default: end(queue, reply.unexpected)
      }
    }
  }

  /// What may come to something else later is not kept, though what it has found or left is written; but what
  /// was kept before is told.
  private func recall(
    _ commit: RecordCommit, for wait: RecordWait, _ idempotency: IdempotencyRecord,
    _ queue: RecordQueue
  ) {
    host.perform(idempotency.recall(step: 0)) { [self] reply in
      switch reply {
      case .value(nil) where commit.replacement != nil: submit(commit, queue)
      case .value(nil): complete(queue)
      case .noted(let first, _): complete(wait, repeating: first, queue)
      case .failure(let error): end(queue, error)
      default: end(queue, KeptAnswer.unreadable)
      }
    }
  }

  private func submit(
    _ command: StoreCommand, _ queue: RecordQueue, _ completion: @escaping (StoreReply) -> Void
  ) {
    let sendings = host.store.sendings
    host.perform(command) { reply in
      queue.commit = nil
      completion(reply)
    } submitting: { ticket in
      queue.commit = (ticket, sendings)
    }
  }

  /// Somebody else was faster: decides again, on what is there now.
  private func again(_ queue: RecordQueue, _ record: ByteBuffer?, _ time: Int64) {
    queue.tries += 1
    queue.isDecided = false
    guard queue.tries >= Self.eagerTries else {
      guard let record else { return decide(queue, on: nil, at: time, expecting: .nothing) }
      guard let version = RecordVersion(of: record) else { return end(queue, .notARecord) }
      return decide(queue, on: record, at: time, expecting: .version(version))
    }
    guard queue.tries < Self.mostTries else {
      return end(queue, .tooManyOnRecord)
    }
    let pause = Int64.random(in: 0...Int64(min(queue.tries, 40)) * 250)
    host.later(.microseconds(pause)) { self.read(for: queue) }
  }

  /// What is there is of another form than was read. If it is so again, it is not the record: what the answer was to
  /// be kept in is none of the sidecar's.
  private func again(_ queue: RecordQueue, _ error: RPCError) {
    queue.wrongTypes += 1
    guard queue.wrongTypes < Self.eagerTries else { return end(queue, error) }
    again(queue)
  }

  func again(_ queue: RecordQueue) {
    queue.tries += 1
    queue.isDecided = false
    guard queue.tries < Self.mostTries else { return end(queue, .tooManyOnRecord) }
    read(for: queue)
  }

  // MARK: Out

  /// What was decided is done.
  func complete(_ queue: RecordQueue) {
    if queue.batch.contains(where: { $0.decision?.announces ?? false }) {
      // Nobody waits for it: those who are not told look for themselves in time.
      host.perform(.publish(queue.name.name, ByteBuffer())) { _ in }
    }
    var hasFollowUps = false
    for wait in queue.batch {
      guard let decision = wait.decision else { continue }
      hasFollowUps = hasFollowUps || decision.followUps != nil
      guard let (notice, namespace) = decision.noticed else { continue }
      host.noticed(notice, of: queue.name.name, in: namespace, about: decision.subject)
    }
    guard hasFollowUps else { return answer(queue, nil) }
    queue.isFollowedUp = true
    host.followUp(queue.batch, on: queue.name.name) { [self] failure in
      queue.isFollowedUp = false
      answer(queue, failure)
    }
  }

  private func answer(_ queue: RecordQueue, _ failure: RPCError?) {
    queue.endBatch { wait in
      if let decision = wait.decision { answer(wait, decision, failure) }
    }
    next(queue)
  }

  /// A sweep's look comes to nothing when what follows from it could not be done: it is taken again.
  func answer(_ wait: RecordWait, _ decision: RecordDecision, _ failure: RPCError?) {
    if let failure, wait.call.isLook { return wait.fail(failure) }
    wait.complete(decision.answer)
  }

  /// The call was made before: what it was answered then is the answer.
  private func complete(_ wait: RecordWait, repeating note: ByteBuffer, _ queue: RecordQueue) {
    queue.batch = []
    do throws(RPCError) {
      wait.complete(repeating: .success(try KeptAnswer.result(of: note, sealed: wait.call.secret)))
    } catch {
      wait.complete(repeating: .failure(error))
    }
    next(queue)
  }

  /// The store could not be asked, or has not said what came of it.
  func end(_ queue: RecordQueue, _ error: RPCError) {
    queue.endBatch { wait in
      let changesNothing =
        wait.call.isReading || wait.decision?.replacement == nil && wait.idempotency == nil
      if changesNothing, error.reason == .outcomeUnknown {
        wait.fail(RPCError(.unavailable))
      } else {
        wait.fail(error)
      }
    }
    next(queue)
  }
}
