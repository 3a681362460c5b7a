internal import CJansson

/// Reads a text into a value.
enum JSONReader {
  /// Reads a text. A member that comes twice is refused: a reader of the value may take the one
  /// that was not looked at.
  ///
  /// - Parameter depth: how deep the value may be nested.
  static func read(_ text: RawSpan, depth: Int) throws(SchemaFault) -> JSONValue {
    var error = json_error_t()
    var hasNUL = false
    let flags = Int(JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES)
    let root = text.withUnsafeBytes { bytes in
      // The library passes a NUL behind a number by.
      hasNUL = bytes.contains(0)
      return bytes.baseAddress.flatMap {
        json_loadb($0.assumingMemoryBound(to: CChar.self), bytes.count, flags, &error)
      }
    }
    guard let root else { throw .unreadable(message: message(of: error)) }
    defer { cloakroom_json_release(root) }
    guard !hasNUL else { throw .unreadable(message: "NUL byte in JSON") }
    return try copy(root, depth: depth)
  }

  /// What the library says, in words of our own: its own quote the text, which may be a secret.
  private static func message(of error: json_error_t) -> String {
    let (code, text) = withUnsafeBytes(of: error.text) { text in
      // An error's code is in the last byte of its text.
      (UInt32(text[text.count - 1]), String(decoding: text.prefix { $0 != 0 }, as: UTF8.self))
    }
    return switch code {
    case json_error_numeric_overflow.rawValue: "a number is too large for 64 bits"
    case json_error_duplicate_key.rawValue: "an object names a member twice"
    case json_error_null_byte_in_key.rawValue: "a member's name holds U+0000"
    case json_error_stack_overflow.rawValue: "nested too deep"
    default:
      text.hasPrefix("invalid Unicode") ? "a string holds half a surrogate pair" : "no valid JSON"
    }
  }

  private static func copy(
    _ value: UnsafeMutablePointer<json_t>, depth: Int
  ) throws(SchemaFault) -> JSONValue {
    switch value.pointee.type {
    case JSON_OBJECT:
      guard depth > 0 else { throw .exceeds(.depth) }
      var members: [JSONObject.Member] = []
      members.reserveCapacity(json_object_size(value))
      var iterator = json_object_iter(value)
      while let current = iterator, let member = json_object_iter_value(current) {
        let name = text(json_object_iter_key(current), json_object_iter_key_len(current))
        members.append(.init(name: name, value: try copy(member, depth: depth - 1)))
        iterator = json_object_iter_next(value, current)
      }
      return .object(JSONObject(members))
    case JSON_ARRAY:
      guard depth > 0 else { throw .exceeds(.depth) }
      var elements: [JSONValue] = []
      elements.reserveCapacity(json_array_size(value))
      for index in 0..<json_array_size(value) {
        guard let element = json_array_get(value, index) else { break }
        elements.append(try copy(element, depth: depth - 1))
      }
      return .array(JSONArray(elements))
    case JSON_STRING:
      return .string(text(json_string_value(value), json_string_length(value)))
    case JSON_INTEGER: return .number(.integer(json_integer_value(value)))
    case JSON_REAL: return .number(JSONNumber(json_real_value(value)))
    case JSON_TRUE: return .boolean(true)
    case JSON_FALSE: return .boolean(false)
    default: return .null
    }
  }

  private static func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> JSONText {
    JSONText(utf8: Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)))
  }
}
