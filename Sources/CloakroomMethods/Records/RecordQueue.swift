internal import CloakroomStore

/// The calls on one record that wait for each other.
///
/// Used again for another record once nobody waits: most are of one call, and it is one object for all of that.
final class RecordQueue: ReplyReceiver {
  /// A step of the store that was not answered yet.
  enum Step {
    /// Reading the record.
    case read
    /// This commit, without an idempotency record.
    case commit(RecordCommit)
  }

  /// Who runs it; nil while nobody waits in it.
  var runner: RecordRunner?
  var name: HashedName
  var waiting: [RecordWait] = []
  /// Those that are being decided on, or committed.
  var batch: [RecordWait] = []
  var tries = 0
  /// How often a commit has met what is of another form than was read.
  var wrongTypes = 0
  /// What the store was asked for that answers to the queue itself.
  var step: Step?
  /// Set while a commit is out.
  var commit: (ticket: StoreTicket, sendings: UInt64)?
  /// Set while what follows from a commit is out.
  var isFollowedUp = false
  /// Drops the work of deciding, while that is done off the loop: those in the batch are as they were handed over then.
  var drop: (() -> Bool)?
  /// Set once all in the batch have been decided on.
  var isDecided = false

  init(_ name: HashedName) { self.name = name }

  /// Whether it waits for something that can't be called back: a commit, or what follows from one.
  var isOut: Bool { commit != nil || isFollowedUp }

  func received(_ reply: consuming StoreReply) {
    let reply = reply
    switch step.take() {
    case .read: runner?.hasRead(reply, for: self)
    case .commit(let commit): runner?.hasCommitted(commit, reply, self)
    case nil: break
    }
  }

  /// Whether one more may wait.
  func hasRoom(atMost limit: Int) -> Bool { max(waiting.count, batch.count) < limit }

  /// Takes in a call that goes before all but those that have been taken in so before it. What is decided on
  /// already was another connection's, and stands.
  func insert(_ wait: RecordWait) {
    wait.queue = self
    wait.isFirst = true
    guard !isDecided, drop == nil, !batch.isEmpty else {
      return waiting.insert(wait, at: waiting.firstIndex { !$0.isFirst } ?? waiting.endIndex)
    }
    if batch.contains(where: { $0.idempotency != nil }) {
      // One that keeps its answer is decided on alone.
      waiting.insert(contentsOf: batch, at: 0)
      batch = []
    }
    batch.insert(wait, at: batch.firstIndex { !$0.isFirst } ?? batch.endIndex)
  }

  /// Takes up those that are decided on next. Calls that keep their answers are committed one by one.
  ///
  /// - Parameter limit: how many are committed together at most.
  func takeBatch(atMost limit: Int) {
    tries = 0
    wrongTypes = 0
    commit = nil
    isDecided = false
    guard waiting.count > 1 else { return swap(&waiting, &batch) }
    let together = waiting.prefix(limit).prefix { $0.idempotency == nil }
    batch.append(contentsOf: together.isEmpty ? waiting.prefix(1) : together)
    waiting.removeFirst(batch.count)
  }

  /// Has all but the first few of the batch wait for the next one.
  func putBack(allBut count: Int) {
    waiting.insert(contentsOf: batch[count...], at: 0)
    batch.removeSubrange(count...)
  }

  /// Takes out those that have been decided on, and hands over each.
  func endBatch(_ end: (RecordWait) -> Void) {
    var ended: [RecordWait] = []
    swap(&ended, &batch)
    for wait in ended { end(wait) }
    ended.removeAll(keepingCapacity: true)
    swap(&ended, &batch)
  }

  /// Whether a call hangs on the commit that is out, or on the one that comes next.
  func isCommitting(_ wait: RecordWait) -> Bool {
    guard batch.contains(where: { $0 === wait }) else { return false }
    return wait.idempotency != nil || wait.decision?.replacement != nil
  }
}

/// A record's name with its hash, which is made once for a call: names are long.
struct HashedName: Hashable {
  let name: StoreKey
  let hash: Int

  init(_ name: StoreKey) {
    self.name = name
    hash = name.hashValue
  }

  static func == (one: HashedName, other: HashedName) -> Bool {
    one.hash == other.hash && one.name == other.name
  }

  func hash(into hasher: inout Hasher) { hasher.combine(hash) }
}
