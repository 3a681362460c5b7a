public import CloakroomCore
internal import COpenSSL

/// Random UUIDs that are secrets: version 4 of RFC 9562, section 5.4, of 122 random bits.
public enum RandomUUID {
  private static let byteCount = 16

  /// A new one, in lowercase.
  ///
  /// Its bits are asked for one by one, so that none that nobody has yet lies in memory.
  ///
  /// - Throws: INTERNAL when there are no random bits.
  public static func make() throws(RPCError) -> String {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    try cryptography { () throws(CryptoFault) in
      guard RAND_priv_bytes(&bytes, Int32(byteCount)) == 1 else { throw CryptoFault() }
    }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    return text(of: bytes)
  }

  private static func text(of bytes: [UInt8]) -> String {
    let digits = StaticString("0123456789abcdef")
    return String(unsafeUninitializedCapacity: 36) { text in
      var place = 0
      for (index, byte) in bytes.enumerated() {
        if index == 4 || index == 6 || index == 8 || index == 10 {
          text[place] = UInt8(ascii: "-")
          place += 1
        }
        text[place] = digits.utf8Start[Int(byte >> 4)]
        text[place + 1] = digits.utf8Start[Int(byte & 15)]
        place += 2
      }
      return place
    }
  }

  /// Reads a UUID of version 4, in whatever case it was written.
  ///
  /// - Returns: its text in lowercase; nil for any other text.
  public static func canonical(_ text: String) -> String? {
    guard text.utf8.count == 36 else { return nil }
    for (place, byte) in text.utf8.enumerated() {
      switch place {
      case 8, 13, 18, 23:
        guard byte == UInt8(ascii: "-") else { return nil }
      case 14:
        guard byte == UInt8(ascii: "4") else { return nil }
      case 19:
        guard "89abAB".utf8.contains(byte) else { return nil }
      default:
        guard isHexDigit(byte) else { return nil }
      }
    }
    return text.lowercased()
  }

  private static func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"):
      true
    default: false
    }
  }
}
