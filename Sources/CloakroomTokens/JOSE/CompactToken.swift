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
    guard
      let first = Self.dot(in: token, from: 0), let second = Self.dot(in: token, from: first + 1)
    else { throw .badToken("it has not three parts, or five") }
    guard let third = Self.dot(in: token, from: second + 1) else {
      self = .signed(
        header: 0..<first, payload: first + 1..<second, signature: second + 1..<token.count)
      return
    }
    guard let fourth = Self.dot(in: token, from: third + 1) else {
      throw .badToken("it has not three parts, or five")
    }
    guard Self.dot(in: token, from: fourth + 1) == nil else {
      throw .badToken("it has too many parts")
    }
    self = .sealed(
      header: 0..<first, key: first + 1..<second, vector: second + 1..<third,
      ciphertext: third + 1..<fourth, tag: fourth + 1..<token.count)
  }

  private static func dot(in token: UnsafeRawBufferPointer, from start: Int) -> Int? {
    token.index(of: UInt8(ascii: "."), from: start)
  }
}
