internal import DequeModule

/// Who has calls on the link, as its window sees it.
protocol LinkWindowMember: AnyObject {
  /// How many bytes a call of its may be on the link; 0 when it takes no turns.
  var callBytes: Int { get }
  /// Whether there is something that waits for room.
  var needsRoom: Bool { get }
  /// Whether there might be room as far as only it is concerned.
  var hasOwnRoom: Bool { get }
  /// Whether it waits for its turn; for the window alone.
  var isWaiting: Bool { get set }
}

/// What those whose requests or replies are long have on one loop's link together: half as much while several wait.
/// They take turns, call by call.
///
/// Bound to its loop.
final class LinkWindow<Member: LinkWindowMember> {
  /// How many bytes there may be at most.
  private let limit: Int
  /// Who waits for a turn, in order.
  private var waiting = Deque<Member>()
  /// How many bytes there are taken to be.
  private(set) var bytes = 0

  /// - Parameter limit: how many bytes there may be on the link.
  init(limit: Int) { self.limit = limit }

  /// Whether a member may have one more call on the link: beside one as long in any case, so that the next is on its
  /// way when that is answered.
  func hasRoom(for member: Member) -> Bool {
    guard member.callBytes > 0 else { return true }
    // Two calls of a mebibyte on each loop keep Redis busy; what stands there, others' calls wait for.
    let limit = waiting.count > 1 ? limit / 2 : limit
    let one = min(member.callBytes, limit)
    guard bytes <= max(limit - one, one) else { return false }
    return waiting.first.map { $0 === member } ?? true
  }

  /// What a member has there is something else now.
  func change(from before: Int, to now: Int) { bytes += now - before }

  /// A member has no room, and waits for its turn.
  func wait(for member: Member) {
    guard !member.isWaiting else { return }
    member.isWaiting = true
    waiting.append(member)
  }

  /// A member's call is on the link: the next one's turn.
  func entered(by member: Member) {
    if waiting.first === member { endFirst() }
  }

  /// Whose turn it is, if there is room.
  func next() -> Member? {
    while let member = waiting.first {
      if member.needsRoom, member.hasOwnRoom { return hasRoom(for: member) ? member : nil }
      endFirst()
    }
    return nil
  }

  private func endFirst() { waiting.popFirst()?.isWaiting = false }
}
