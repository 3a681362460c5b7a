import CloakroomWire

// Spans can't be handed to the expectation macros, so the tests ask by arrays and strings.

/// What the scanner says of a text.
func scanned(_ bytes: [UInt8], depthLimit: Int = 128) -> Result<JSONKind, JSONFault> {
  do throws(JSONFault) {
    return .success(try JSONScanner.validate(bytes.span.bytes, depthLimit: depthLimit))
  } catch {
    return .failure(error)
  }
}

/// What the scanner says of a text.
func scanned(_ text: String) -> Result<JSONKind, JSONFault> { scanned(Array(text.utf8)) }

extension RequestScanner {
  mutating func scan(_ text: String) throws(JSONFault) {
    let bytes = Array(text.utf8)
    try scan(bytes.span.bytes)
  }

  mutating func scan(_ text: String, from: Int, to end: Int) throws(JSONFault) {
    let bytes = Array(text.utf8)
    try scan(bytes.span.bytes, from: from, to: end)
  }
}

extension BatchScanner {
  static func isBatch(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return isBatch(bytes.span.bytes)
  }

  mutating func scan(_ text: String) throws(JSONFault) {
    let bytes = Array(text.utf8)
    try scan(bytes.span.bytes)
  }
}

extension ByteRange {
  func holds(_ literal: StaticString, in text: String) -> Bool {
    let bytes = Array(text.utf8)
    return holds(literal, in: bytes.span.bytes)
  }
}
