internal import CloakroomCore

/// A token taken apart at its dots (RFC 7515 and RFC 7516, sections 7.1).
enum CompactToken {
  /// Where the parts of a signed token lie: header, payload, signature.
  case signed(header: Range<Int>, payload: Range<Int>, signature: Range<Int>)
  /// Where the parts of a sealed token lie.
  case sealed(
    header: Range<Int>, key: Range<Int>, vector: Range<Int>, ciphertext: Range<Int>,
    tag: Range<Int>)

  /// Finds the parts.
  ///
  /// - Throws: TOKEN_INVALID for a token with other than two or four dots.
  init(_ token: UnsafeRawBufferPointer) throws(RPCError) {
    var parts: [Range<Int>] = []
    var start = 0
    for (index, byte) in token.enumerated() where byte == UInt8(ascii: ".") {
      parts.append(start..<index)
      start = index + 1
      guard parts.count <= 4 else { throw .badToken("it has too many parts") }
    }
    parts.append(start..<token.count)
    switch parts.count {
    case 3:
      self = .signed(header: parts[0], payload: parts[1], signature: parts[2])
    case 5:
      self = .sealed(
        header: parts[0], key: parts[1], vector: parts[2], ciphertext: parts[3], tag: parts[4])
    default:
      throw .badToken("it has not three parts, or five")
    }
  }
}
