internal import CloakroomWire

/// Reads a text into a value, with every number and every name as it is.
struct JSONReader {
  /// The next byte to be read.
  private var at = 0
  /// Where in the value that is.
  private var path: [JSONPointer.Step] = []
  private let locationBytes: Int

  /// Reads a text. A member that comes twice is refused: a reader of the value may take the one
  /// that was not looked at.
  ///
  /// - Throws: `exceeds` for what is nested too deep, `unreadable` with its place for what is no JSON or can be
  ///   read in several ways.
  static func read(_ text: RawSpan, _ limits: SchemaLimits) throws(SchemaFault) -> JSONValue {
    do throws(JSONFault) {
      try JSONScanner.validate(text, depthLimit: limits.depth)
    } catch {
      switch error {
      case .tooDeep: throw .exceeds(.depth)
      case .invalidUTF8: throw .unreadable(at: "", message: "a string is no UTF-8")
      case .syntax, .loneSurrogate, .outOfBounds:
        throw .unreadable(at: "", message: "no valid JSON")
      }
    }
    var reader = JSONReader(locationBytes: limits.locationBytes)
    return try reader.value(text)
  }

  private init(locationBytes: Int) { self.locationBytes = locationBytes }

  /// What is wrong where the reader is.
  private func fault(_ message: String) -> SchemaFault {
    .unreadable(at: JSONPointer.pointer(along: path, bytes: locationBytes), message: message)
  }

  // What follows reads a text that was scanned: its grammar holds, and its depth is bounded.

  private mutating func value(_ text: RawSpan) throws(SchemaFault) -> JSONValue {
    switch next(text) {
    case UInt8(ascii: "{"): return .object(try object(text))
    case UInt8(ascii: "["): return .array(try array(text))
    case UInt8(ascii: "\""):
      return .string(try string(text, "a string holds half a surrogate pair"))
    case UInt8(ascii: "t"): return literal("true", .boolean(true))
    case UInt8(ascii: "f"): return literal("false", .boolean(false))
    case UInt8(ascii: "n"): return literal("null", .null)
    default: return .number(number(text))
    }
  }

  private mutating func object(_ text: RawSpan) throws(SchemaFault) -> JSONObject {
    var members: [JSONObject.Member] = []
    at += 1
    while let byte = next(text), byte != UInt8(ascii: "}") {
      if byte == UInt8(ascii: ",") {
        at += 1
        _ = next(text)
      }
      let name = try string(text, "a member's name holds half a surrogate pair")
      // The colon.
      _ = next(text)
      at += 1
      path.append(.member(name))
      members.append(.init(name: name, value: try value(text)))
      path.removeLast()
    }
    at += 1
    let object = JSONObject(members)
    if let name = object.repeatedName {
      path.append(.member(name))
      throw fault("an object names a member twice")
    }
    return object
  }

  private mutating func array(_ text: RawSpan) throws(SchemaFault) -> JSONArray {
    var elements: [JSONValue] = []
    at += 1
    while let byte = next(text), byte != UInt8(ascii: "]") {
      if byte == UInt8(ascii: ",") { at += 1 }
      path.append(.element(elements.count))
      elements.append(try value(text))
      path.removeLast()
    }
    at += 1
    return JSONArray(elements)
  }

  /// The string whose opening quote is next.
  private mutating func string(
    _ text: RawSpan, _ problem: StaticString
  ) throws(SchemaFault) -> JSONText {
    let start = at + 1
    at = start
    while let byte = byte(text), byte != UInt8(ascii: "\"") {
      at += byte == UInt8(ascii: "\\") ? 2 : 1
    }
    let content = ByteRange(start..<max(min(at, text.byteCount), start))
    at += 1
    var utf8: [UInt8] = []
    utf8.reserveCapacity(content.count)
    do throws(JSONFault) {
      try JSONString.decode(text, content, into: &utf8)
    } catch {
      throw fault("\(problem)")
    }
    return JSONText(utf8: utf8)
  }

  private mutating func number(_ text: RawSpan) -> JSONNumber {
    let start = at
    while let byte = byte(text), Self.isOfNumber(byte) { at += 1 }
    return JSONNumber(text, ByteRange(start..<at))
  }

  private mutating func literal(_ word: StaticString, _ value: JSONValue) -> JSONValue {
    at += word.utf8CodeUnitCount
    return value
  }

  private static func isOfNumber(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
      true
    default: false
    }
  }

  private func byte(_ text: RawSpan) -> UInt8? {
    at < text.byteCount ? text.unsafeLoad(fromByteOffset: at, as: UInt8.self) : nil
  }

  /// The next byte that is no white space.
  private mutating func next(_ text: RawSpan) -> UInt8? {
    while let byte = byte(text), byte <= 0x20 { at += 1 }
    return byte(text)
  }
}
