/// The members that a scan has recorded, in their order.
///
/// Their memory is kept from one scan to the next: forgetting them and recording one takes no more
/// than a count.
public struct ScannedMembers: RandomAccessCollection, Sendable {
  /// Of which those before `count` mean something.
  @usableFromInline private(set) var slots: ContiguousArray<JSONMember>

  /// How many there are.
  public private(set) var count = 0

  /// Zero.
  @inlinable public var startIndex: Int { 0 }

  /// As many as there are.
  @inlinable public var endIndex: Int { count }

  /// The member at a position, which must be less than `count`.
  ///
  /// No request reaches the check: positions are never read from one, they come from `indices` and from
  /// what was noted of these for the same scan. It is there so that a fault of the program doesn't show
  /// one caller a member of the request before.
  @inlinable
  public subscript(position: Int) -> JSONMember {
    precondition(position < count, "no such member")
    return slots[position]
  }

  /// Room for so many members, and no more.
  init(limit: Int) {
    let nothing = ByteRange(scanned: 0, 0)
    slots = ContiguousArray(
      repeating: JSONMember(
        name: nothing, value: nothing, kind: .null, nameHasEscapes: false, hasEscapes: false,
        hasLineBreaks: false),
      count: limit)
  }

  mutating func removeAll() { count = 0 }

  /// Records one member more. Returns whether there was room for it.
  @inline(__always)
  mutating func append(_ member: JSONMember) -> Bool {
    guard count < slots.count else { return false }
    slots[count] = member
    count &+= 1
    return true
  }
}
