internal import CloakroomCore
internal import CloakroomSchema

/// A place in a session's data whose value is never stored in clear.
struct SensitiveMember: Sendable, Equatable {
  /// What becomes of the value.
  enum Mode: String, Sendable, CaseIterable {
    /// It is taken, sealed, and given back at checkout alone.
    case seal
    /// A call that brings it is refused.
    case refuse
  }

  /// Where it is.
  let pointer: JSONPointer
  let mode: Mode

  /// Reads the member of a definition: pointers, or objects of a pointer and a mode.
  static func all(_ node: FlowNode?) throws(RPCError) -> [SensitiveMember] {
    guard let node else { return [] }
    var members: [SensitiveMember] = []
    for element in try node.elements(atMost: FlowReader.mostPointers) {
      let member = try Self(element)
      for other in members
      where other.pointer.holds(member.pointer) || member.pointer.holds(other.pointer) {
        throw element.fault(
          other.pointer == member.pointer
            ? "the place comes twice" : "lies within another of these places, or holds it")
      }
      members.append(member)
    }
    return members
  }

  private init(_ node: FlowNode) throws(RPCError) {
    var place = node
    var mode = Mode.seal
    if node.kind == .object {
      let members = try node.members(of: ["pointer", "mode"])
      guard let pointer = members["pointer"] else { throw node.fault("pointer is missing") }
      place = pointer
      if let given = members["mode"] {
        guard let known = Mode(rawValue: try given.string(longest: 16)) else {
          throw given.fault("must be seal or refuse")
        }
        mode = known
      }
    } else if node.kind != .string {
      throw node.fault("must be a JSON Pointer, or an object of a pointer and a mode")
    }
    pointer = try place.jsonPointer
    guard !pointer.path.isEmpty else { throw place.fault("must lead to a member of the data") }
    self.mode = mode
  }
}
