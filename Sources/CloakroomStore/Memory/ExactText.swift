/// A text that equals another only if it has the same bytes, as it is in Redis: to `String`, `é` in one
/// scalar and in two are the same.
struct ExactText: Sendable, Hashable {
  /// The text.
  let text: String

  init(_ text: String) { self.text = text }

  func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }

  static func == (left: Self, right: Self) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }
}
