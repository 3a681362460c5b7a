internal import CloakroomStore

/// The calls on one record that wait for each other.
final class RecordQueue {
  let name: StoreKey
  var waiting: [RecordWait] = []
  /// Those that are being decided on, or committed.
  var batch: [RecordWait] = []
  var tries = 0
  /// Set while a commit is out.
  var commit: (ticket: StoreTicket, sendings: UInt64)?
  /// Set while what follows from a commit is out.
  var isFollowedUp = false

  init(_ name: StoreKey) { self.name = name }

  /// Whether it waits for something that can't be called back: a commit, or what follows from one.
  var isOut: Bool { commit != nil || isFollowedUp }

  /// Takes up those that are decided on next. Calls that keep their answers are committed one by one.
  ///
  /// - Parameter limit: how many are committed together at most.
  func takeBatch(atMost limit: Int) {
    tries = 0
    commit = nil
    let first = waiting.prefix(1)
    let together = waiting.prefix(limit).prefix { $0.idempotency == nil }
    batch = Array(first.contains { $0.idempotency != nil } ? first : together)
    waiting.removeFirst(batch.count)
  }

  /// Whether a call hangs on the commit that is out, or on the one that comes next.
  func isCommitting(_ wait: RecordWait) -> Bool {
    guard batch.contains(where: { $0 === wait }) else { return false }
    return wait.idempotency != nil || wait.decision?.replacement != nil
  }
}
