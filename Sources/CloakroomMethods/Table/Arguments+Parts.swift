public import CloakroomCore
public import CloakroomWire

/// Parameters that hold more than one thing.
extension Arguments {
  /// The elements of a parameter that is an array.
  public mutating func elements(
    _ slot: Int, _ name: StaticString, atMost limit: Int
  ) throws(RPCError) -> ContiguousArray<JSONMember> {
    let member = try member(slot, name)
    guard member.kind == .array else { throw RPCError(.invalidParams, "\(name) is an array") }
    guard let elements = parts(of: member, atMost: limit) else {
      throw RPCError(.tooLarge, "\(name) has at most \(limit) entries")
    }
    return elements
  }

  /// The members of an object, or the elements of an array, inside of the request; nil when there
  /// are more than `limit`.
  public mutating func parts(
    of member: JSONMember, atMost limit: Int
  ) -> ContiguousArray<JSONMember>? {
    JSONParts.of(member.value, in: held.bytes.readableBytesSpan, atMost: limit)
  }

  /// Whether a member of an object inside of the request has a name, however it is written.
  public mutating func isNamed(_ member: JSONMember, _ name: StaticString) -> Bool {
    member.isNamed(name, in: held.bytes.readableBytesSpan)
  }
}
