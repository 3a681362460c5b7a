/// Names of tokens, `jti`.
public enum TokenID {
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
