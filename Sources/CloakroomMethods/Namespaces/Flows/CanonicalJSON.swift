internal import CloakroomCore
internal import CloakroomWire
internal import NIOCore

extension ByteBuffer {
  /// Writes a value so that what is the same is written the same: no white space, members by the bytes of
  /// their names, strings with as few escapes as can be. Numbers stay as they were written: 1 and 1.0 are
  /// two things here, which makes two versions where one would have done, and never one of two.
  ///
  /// - Throws: INVALID_PARAMS, with the place, for a member that comes twice and for half of a surrogate pair.
  mutating func writeCanonical(_ node: FlowNode) throws(RPCError) {
    switch node.kind {
    case .object:
      var isFirst = true
      let members = try node.members.map { (bytes: Array($0.name.utf8), value: $0.value) }
      for member in members.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
        writeStaticString(isFirst ? "{" : ",")
        isFirst = false
        writeJSONString(member.bytes.span.bytes)
        writeStaticString(":")
        try writeCanonical(member.value)
      }
      writeStaticString(isFirst ? "{}" : "}")
    case .array:
      writeStaticString("[")
      for (index, element) in try node.elements(atMost: .max).enumerated() {
        if index > 0 { writeStaticString(",") }
        try writeCanonical(element)
      }
      writeStaticString("]")
    case .string: writeJSONString(try node.string(longest: .max))
    case .number, .true, .false, .null: writeImmutableBuffer(node.bytes)
    }
  }
}
