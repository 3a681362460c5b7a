/// A name that needs no escaping wherever it stands: in a key of the store, a metric's label, a file's name, a
/// media type. Services, flows and their steps, rate policies and tokens' purposes have such names.
public enum PlainName {
  /// How long one is at most, in bytes.
  public static let longest = 64

  /// The rule, for people.
  public static let rule = "1 to \(longest) of A-Z a-z 0-9 . _ -"

  /// Whether a text is such a name.
  public static func accepts(_ text: String) -> Bool {
    (1...longest).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
