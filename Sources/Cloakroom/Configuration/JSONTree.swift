internal import CJansson
internal import CloakroomCore

/// JSON as a tree of values that outlives the parser's own, members in the order they came in.
indirect enum JSONTree: Sendable, Equatable {
  case object([Member])
  case array([JSONTree])
  case string(String)
  case integer(Int)
  case real(Double)
  case boolean(Bool)
  case null

  /// One member of an object.
  struct Member: Sendable, Equatable {
    let name: String
    let value: JSONTree
  }

  /// Where a text stops being JSON.
  struct SyntaxFault: Error, Equatable {
    let line: Int
    let column: Int
    let message: String
  }

  /// Parses a text. A member that comes twice is a fault: one of the two would be ignored.
  init(parsing text: [UInt8]) throws(SyntaxFault) {
    var error = json_error_t()
    let flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY
    let root = text.withUnsafeBytes { bytes in
      json_loadb(bytes.baseAddress, bytes.count, Int(flags), &error)
    }
    guard let root else {
      throw SyntaxFault(
        line: max(Int(error.line), 1), column: max(Int(error.column), 1),
        message: Self.message(of: error) + Self.hint(text, at: Int(error.position)))
    }
    defer { cloakroom_json_release(root) }
    self.init(copying: root)
  }

  /// What the parser says, without the piece of the text that it quotes: that may be a secret.
  private static func message(of error: json_error_t) -> String {
    let bytes = withUnsafeBytes(of: error.text) { Array($0.prefix { $0 != 0 }) }
    let words = String(decoding: bytes, as: UTF8.self).split(separator: " ")
    return words.prefix { $0 != "near" }.joined(separator: " ")
  }

  /// What people do who write JSON by hand, where the parser has stopped.
  ///
  /// - Parameter position: how many bytes the parser has read, its last token included.
  private static func hint(_ text: [UInt8], at position: Int) -> String {
    func isSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
    if text.allSatisfy(isSpace) { return ": the file is empty; {} is a configuration of defaults" }
    let read = text.prefix(max(position, 0))
    let rest = read.reversed().drop(while: isSpace)
    switch rest.first {
    case UInt8(ascii: "/"), UInt8(ascii: "#"):
      return ": JSON has no comments; a member named // is one"
    case UInt8(ascii: "'"):
      return ": names and texts stand between double quotes"
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      let before = rest.dropFirst().drop(while: isSpace).first
      return before == UInt8(ascii: ",") ? ": there is a comma too many before it" : ""
    default:
      let letters = rest.prefix { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
      let word = String(decoding: letters.reversed(), as: UTF8.self)
      return words.contains(word) ? ": JSON has true, false and null, and no \(word)" : ""
    }
  }

  /// What other languages have in the place of JSON's three words, and for numbers that it hasn't got.
  private static let words: Set = [
    "True", "False", "TRUE", "FALSE", "yes", "no", "on", "off", "Null", "NULL", "None", "nil",
    "undefined", "NaN", "Infinity",
  ]

  // The depth of recursion is the parser's limit, JSON_PARSER_MAX_DEPTH (2048).
  private init(copying value: UnsafeMutablePointer<json_t>) {
    switch value.pointee.type {
    case JSON_OBJECT:
      var members: [Member] = []
      var iterator = json_object_iter(value)
      while let current = iterator, let member = json_object_iter_value(current) {
        let name = Self.string(json_object_iter_key(current), json_object_iter_key_len(current))
        members.append(Member(name: name, value: JSONTree(copying: member)))
        iterator = json_object_iter_next(value, current)
      }
      self = .object(members)
    case JSON_ARRAY:
      self = .array(
        (0..<json_array_size(value)).compactMap { index in
          json_array_get(value, index).map(JSONTree.init(copying:))
        })
    case JSON_STRING:
      self = .string(Self.string(json_string_value(value), json_string_length(value)))
    case JSON_INTEGER: self = .integer(Int(json_integer_value(value)))
    case JSON_REAL: self = .real(json_real_value(value))
    case JSON_TRUE: self = .boolean(true)
    case JSON_FALSE: self = .boolean(false)
    default: self = .null
    }
  }

  private static func string(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
    let bytes = UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension JSONTree {
  /// A life, as seconds or as a text with a unit; nil for anything else.
  var life: TimeToLive? {
    do throws(RPCError) {
      switch self {
      case .string(let text): return try TimeToLive(text: text.utf8)
      case .integer(let seconds): return try TimeToLive(seconds: Int64(seconds))
      default: return nil
      }
    } catch {
      return nil
    }
  }
}
