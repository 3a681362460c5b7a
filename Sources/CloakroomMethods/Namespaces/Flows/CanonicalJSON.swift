internal import CloakroomCore
internal import CloakroomWire
internal import NIOCore

extension ByteBuffer {
  /// Writes a value so that what is the same is written the same: no white space, members by the bytes of
  /// their names, strings with as few escapes as can be. Numbers stay as they were written: 1 and 1.0 are
  /// two things here, which makes two versions where one would have done, and never one of two.
  ///
  /// Takes n log n for n bytes.
  ///
  /// - Throws: INVALID_PARAMS, with the place, for a member that comes twice and for half of a surrogate pair.
  mutating func writeCanonical(_ value: ByteBuffer) throws(RPCError) {
    let document: ParsedJSON
    do throws(ParsedJSON.Fault) {
      document = try ParsedJSON(value.readableBytesSpan)
    } catch {
      switch error {
      case .json, .tooMany: throw Self.refusal("is no JSON", at: "")
      case .repeatedName(let place): throw Self.refusal("the member comes twice", at: place)
      case .loneSurrogate(let place, let isName):
        throw Self.refusal(
          isName
            ? "a member's name holds half of a surrogate pair" : "holds half of a surrogate pair",
          at: place)
      }
    }
    var text: [UInt8] = []
    text.reserveCapacity(value.readableBytes)
    Self.write(0, of: document, into: &text)
    writeBytes(text)
  }

  private static func refusal(_ message: String, at place: String) -> RPCError {
    RPCError(
      .invalidParams, "\(place.isEmpty ? "the definition" : place): \(message)",
      details: [.text("pointer", place)])
  }

  private static func write(
    _ node: Int, of document: ParsedJSON, into text: inout [UInt8]
  ) {
    switch document.nodes[node].kind {
    case .object:
      var separator = UInt8(ascii: "{")
      for name in document.sortedNames(of: node, by: { $0.lexicographicallyPrecedes($1) }) {
        text.append(separator)
        separator = UInt8(ascii: ",")
        document.writeString(name, into: &text)
        text.append(UInt8(ascii: ":"))
        write(name + 1, of: document, into: &text)
      }
      if separator == UInt8(ascii: "{") { text.append(separator) }
      text.append(UInt8(ascii: "}"))
    case .array:
      text.append(UInt8(ascii: "["))
      var element = node + 1
      for index in 0..<document.nodes[node].count {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        write(element, of: document, into: &text)
        element = document.next(element)
      }
      text.append(UInt8(ascii: "]"))
    case .string: document.writeString(node, into: &text)
    case .number, .true, .false, .null: text += document.text(of: node)
    }
  }
}
