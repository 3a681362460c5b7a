internal import CJansson

/// What jansson, a JSON library in wide use, says of a text: the scanner is held against it.
///
/// The two differ where jansson can't hold what the grammar allows, and says so: numbers out of
/// range, escaped lone surrogates, an escaped NUL in a member's name, and values nested deeper
/// than 2048. Whether the rest of such a text is valid is then not known.
enum JanssonVerdict {
  case accepts(JanssonValue)
  case refuses
  case cannotTell

  init(_ text: UnsafeRawBufferPointer) {
    var error = json_error_t()
    let flags = Int(JSON_DECODE_ANY) | Int(JSON_ALLOW_NUL)
    // jansson refuses a null pointer, which an empty text may have.
    let start = text.baseAddress.map { $0.assumingMemoryBound(to: CChar.self) }
    guard let start, let loaded = json_loadb(start, text.count, flags, &error) else {
      self = text.isEmpty || !Self.isLimit(error) ? .refuses : .cannotTell
      return
    }
    self = .accepts(JanssonValue(owning: loaded))
  }

  /// jansson keeps an error's code in the last byte of its text.
  private static func isLimit(_ error: json_error_t) -> Bool {
    withUnsafeBytes(of: error.text) { text in
      let code = UInt32(text[text.count - 1])
      if code == json_error_numeric_overflow.rawValue
        || code == json_error_stack_overflow.rawValue
        || code == json_error_null_byte_in_key.rawValue
      {
        return true
      }
      return text.starts(with: "invalid Unicode".utf8)
    }
  }

  /// Whether the scanner's verdict goes with this one.
  ///
  /// - Parameter fault: what the scanner refused the text for, nil if it accepted it.
  /// - Parameter atNUL: whether it refused a NUL byte, of which jansson accepts one behind a
  ///   number by mistake.
  func agrees(refused: Bool, atNUL: Bool) -> Bool {
    switch self {
    case .accepts: !refused || atNUL
    case .refuses: refused
    case .cannotTell: true
    }
  }
}

/// A value that jansson has read; the one owner of its reference.
final class JanssonValue {
  private let value: UnsafeMutablePointer<json_t>

  fileprivate init(owning value: UnsafeMutablePointer<json_t>) { self.value = value }

  deinit { cloakroom_json_release(value) }

  /// The number of an array's elements; 0 for any other value.
  var count: Int { json_array_size(value) }

  /// Whether the value is an object.
  var isObject: Bool { value.pointee.type == JSON_OBJECT }

  /// Whether the value is an array.
  var isArray: Bool { value.pointee.type == JSON_ARRAY }

  /// The bytes of an object's member that is a string, nil if there is no such.
  func string(_ name: String) -> [UInt8]? {
    guard let member = json_object_get(value, name), let start = json_string_value(member) else {
      return nil
    }
    return Array(UnsafeRawBufferPointer(start: start, count: json_string_length(member)))
  }

  /// Whether an object has a member.
  func has(_ name: String) -> Bool { json_object_get(value, name) != nil }
}
