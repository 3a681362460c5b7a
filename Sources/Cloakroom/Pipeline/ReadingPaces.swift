internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore

/// How many values the calls of a loop's clients read at a time, by the process that calls: one that reads large ones
/// slows down itself and nobody else.
struct ReadingPaces {
  /// So many processes are known; past it all are met anew.
  private static let most = 1024

  private var paces: [Peer: ReadingPace] = [:]

  /// How many values a peer's call reads next.
  func count(for peer: Peer, now: UInt64) -> Int {
    (paces[peer] ?? ReadingPace()).count(now: now)
  }

  /// Takes note of what a peer's call has read.
  mutating func learn(_ reply: borrowing StoreReply, for peer: Peer, now: UInt64) {
    guard case .values(let values) = copy reply, !values.isEmpty else { return }
    if paces.count >= Self.most, paces[peer] == nil { paces.removeAll() }
    paces[peer, default: ReadingPace()].learn(
      values.lazy.map { $0?.readableBytes ?? 0 }, of: values.count, now: now)
  }
}
