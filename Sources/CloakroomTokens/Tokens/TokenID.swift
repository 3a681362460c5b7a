internal import CloakroomCore

/// Names of tokens, `jti`.
public enum TokenID {
  /// How many random bytes a name has: RFC 7519, section 4.1.7; as long as a UUID, and all of it random.
  private static let randomBytes = 16

  /// A new name: 128 random bits.
  ///
  /// - Parameter prefix: what it begins with.
  static func random(prefix: StaticString) throws(RPCError) -> String {
    var bytes = (UInt64(0), UInt64(0))
    try withUnsafeMutableBytes(of: &bytes) { bytes throws(RPCError) in
      try cryptography { () throws(CryptoFault) in try RandomBytes.shared.fill(bytes) }
    }
    let head = prefix.utf8CodeUnitCount
    let count = head + Base64URL.encodedCount(randomBytes)
    return withUnsafeBytes(of: &bytes) { bytes in
      String(unsafeUninitializedCapacity: count) { text in
        let text = UnsafeMutableRawBufferPointer(text)
        text.copyMemory(from: UnsafeRawBufferPointer(start: prefix.utf8Start, count: head))
        Base64URL.encode(
          bytes, into: UnsafeMutableRawBufferPointer(rebasing: text[head..<count]))
        return count
      }
    }
  }

  /// Whether a name is one that the sidecar gives to tokens with a prefix.
  public static func isOne(_ id: String, prefix: StaticString) -> Bool {
    id.utf8.starts(
      with: UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount))
      && id.utf8.count == prefix.utf8CodeUnitCount + Base64URL.encodedCount(randomBytes)
  }

  /// The longest name that is kept as it is, in bytes.
  private static let longest = 64

  /// What a token's name is kept under: the name itself, or its SHA-256 where it is longer than those
  /// that the sidecar gives or has other characters than base64url.
  public static func storable(_ id: String) -> String {
    let isPlain = id.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
    if isPlain, (1...longest).contains(id.utf8.count) { return id }
    // The dot keeps it apart from all names that are kept as they are.
    return "sha256.\(Base64URL.text(SHA256.digest(of: Array(id.utf8))))"
  }
}
