/// A text that equals another only if it has the same bytes, as it is in Redis: to `String`, `é` in one
/// scalar and in two are the same.
///
/// Whatever a caller may spell is compared, and kept in sets and dictionaries, as one of these.
public struct ByteString: Sendable, Hashable, ExpressibleByStringLiteral {
  /// The text.
  public let text: String

  /// The bytes of a text.
  public init(_ text: String) { self.text = text }

  /// The bytes of a text that the program knows.
  public init(stringLiteral text: String) { self.text = text }

  /// Hashes the bytes.
  public func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  /// Whether two texts have the same bytes.
  public static func == (left: Self, right: Self) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }
}
