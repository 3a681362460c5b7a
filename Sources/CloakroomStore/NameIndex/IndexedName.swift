package import CloakroomCore

/// A name in an index, and the score by which it stands there.
///
/// An index is a sorted set of names, the highest score last and equal scores by the names' bytes: what
/// lists all that belongs to somebody, newest first, without looking through the store. Its entries are
/// hints, written before what they name and dropped by those who find that that is gone.
package struct IndexedName: Sendable, Hashable {
  /// The name; any text.
  package let name: ByteString
  /// What it is sorted by, in whole numbers of at most 2⁵³ either way: Redis has doubles.
  package let score: Int64

  /// Describes an entry.
  package init(_ name: String, score: Int64) {
    self.name = ByteString(name)
    self.score = min(max(score, -Self.limit), Self.limit)
  }

  private static let limit: Int64 = 1 << 53
}

extension IndexedName: Comparable {
  package static func < (left: Self, right: Self) -> Bool {
    guard left.score == right.score else { return left.score < right.score }
    return left.name.text.utf8.lexicographicallyPrecedes(right.name.text.utf8)
  }
}
