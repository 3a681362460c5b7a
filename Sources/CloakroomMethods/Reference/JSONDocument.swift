internal import CloakroomWire
internal import NIOCore

/// Writes a JSON text from the outside in; commas are seen to.
struct JSONDocument {
  /// What has been written.
  private(set) var text = ByteBuffer()
  private var needsComma = false

  /// Writes an object, a member when it has a name, else an element.
  mutating func object(_ name: String? = nil, _ write: (inout Self) -> Void) {
    enclose("{", "}", name, write)
  }

  /// Writes an array, a member when it has a name, else an element.
  mutating func array(_ name: String? = nil, _ write: (inout Self) -> Void) {
    enclose("[", "]", name, write)
  }

  /// Writes a member that is a string.
  mutating func string(_ name: String, _ value: String) {
    begin(name)
    text.writeJSONString(value)
  }

  /// Writes an element that is a string.
  mutating func element(_ value: String) {
    begin(nil)
    text.writeJSONString(value)
  }

  /// Writes a member whose JSON is there already.
  mutating func json(_ name: String, _ json: String) {
    begin(name)
    text.writeString(json)
  }

  private mutating func enclose(
    _ opening: StaticString, _ closing: StaticString, _ name: String?, _ write: (inout Self) -> Void
  ) {
    begin(name)
    text.writeStaticString(opening)
    needsComma = false
    write(&self)
    text.writeStaticString(closing)
    needsComma = true
  }

  private mutating func begin(_ name: String?) {
    if needsComma { text.writeStaticString(",") }
    needsComma = true
    guard let name else { return }
    text.writeJSONString(name)
    text.writeStaticString(":")
  }
}
