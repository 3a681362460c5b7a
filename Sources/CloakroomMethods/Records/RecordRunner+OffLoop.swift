internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// Decisions that would hold up the event loop: taken on another thread, on the same record and at the same time.
/// Calls on that record wait meanwhile as they do while a commit is out.
extension RecordRunner {
  /// Whether to decide on a record takes so long that it is not even tried on the loop.
  func isLong(_ record: ByteBuffer?, _ waits: [RecordWait]) -> Bool {
    var bytes = record?.readableBytes ?? 0
    var limit = ComputePool.copiedBytes
    for wait in waits {
      guard let own = wait.call.lookedIntoBytes else { continue }
      bytes += own
      limit = ComputePool.lookedIntoBytes
    }
    return bytes >= limit
  }

  /// Decides for all in a batch, as `decide` does.
  func decideOffLoop(
    _ queue: RecordQueue, on record: ByteBuffer?, at time: Int64,
    expecting expected: RecordCommit.Expected, isGuess: Bool
  ) {
    let steps = queue.batch.map { ($0.decide, versions.next()) }
    let recordBytes = recordBytes
    let drop = host.compute(for: queue.batch.first?.peer) { () throws(RPCError) in
      Self.decisions(steps, on: record, at: time, recordBytes)
    } _: { [self] result in
      queue.drop = nil
      switch result {
      case .success(let decisions):
        // What the others come to stands on one that nobody waits for any more.
        guard !queue.batch.contains(where: \.isOver) else {
          return decide(queue, on: record, at: time, expecting: expected, isGuess: isGuess)
        }
        queue.putBack(allBut: decisions.count)
        for (wait, decision) in zip(queue.batch, decisions) {
          if let need = decision.needs {
            return learn(
              need, wait, queue, on: record, at: time, expecting: expected, isGuess: isGuess)
          }
          wait.decision = decision
        }
        conclude(queue, on: record, at: time, expecting: expected, isGuess: isGuess)
      case .failure(let error):
        end(queue, error)
      }
    }
    if let drop { queue.drop = drop }
  }

  /// How long a thread decides on one record before others have their turn: those that are left then are decided on
  /// after the commit.
  private static let turn = Duration.milliseconds(10)

  /// What the first few calls come to: as many as a turn is long, and none behind one that needs something.
  private static func decisions(
    _ steps: [(RecordCall.Decide, RecordVersion)], on record: ByteBuffer?, at time: Int64,
    _ recordBytes: Int
  ) -> [RecordDecision] {
    let end = ContinuousClock.now + turn
    var latest = record
    var decisions: [RecordDecision] = []
    for (decide, version) in steps {
      var allowance = WorkAllowance.whole
      let decision = decide(latest, time, version, &allowance).bounded(by: recordBytes)
      decisions.append(decision)
      latest = decision.replacement ?? latest
      if decision.needs != nil || ContinuousClock.now > end { break }
    }
    return decisions
  }

  /// Decides for a call that only reads. Nobody waits for it.
  func decideReadingOffLoop(
    _ wait: RecordWait, _ record: ByteBuffer?, at time: Int64, _ reply: StoreReply
  ) {
    let (decide, version) = (wait.decide, versions.next())
    let drop = host.compute(for: wait.peer) { () throws(RPCError) in
      var allowance = WorkAllowance.whole
      return decide(record, time, version, &allowance)
    } _: { [self] result in
      wait.drop = nil
      guard !wait.isOver else { return }
      switch result {
      case .success(let decision): hasDecidedReading(wait, decision, reply)
      case .failure(let error): wait.fail(error)
      }
    }
    if let drop { wait.drop = drop }
  }

  /// Drops the work of deciding that has not begun, once nobody in the batch waits for it.
  func dropDeciding(for queue: RecordQueue) {
    guard let drop = queue.drop, queue.batch.allSatisfy(\.isOver), drop() else { return }
    queue.drop = nil
    queue.batch = []
    next(queue)
  }
}
