/// A schema object while it is compiled: where it is, and its keywords' values in their types.
struct SchemaSite {
  let object: JSONObject
  /// Where the object is, as JSON Pointer.
  let pointer: String
  /// What references in it are relative to.
  let base: URIReference

  /// The value of a keyword, nil without it.
  subscript(keyword: String) -> JSONValue? { object[JSONText(keyword)] }

  /// Where a keyword is.
  func location(of keyword: String, _ step: JSONPointer.Step? = nil) -> String {
    pointer + "/" + JSONPointer.escape(keyword) + (step.map { "/" + $0.token } ?? "")
  }

  /// A fault at a keyword.
  func fault(_ keyword: String, _ message: String) -> SchemaFault {
    .refused(at: location(of: keyword), message: message)
  }

  func text(_ keyword: String) throws(SchemaFault) -> JSONText? {
    guard let value = self[keyword] else { return nil }
    guard case .string(let text) = value else { throw fault(keyword, "must be a string") }
    return text
  }

  func number(_ keyword: String) throws(SchemaFault) -> JSONNumber? {
    guard let value = self[keyword] else { return nil }
    guard case .number(let number) = value else { throw fault(keyword, "must be a number") }
    return number
  }

  func flag(_ keyword: String) throws(SchemaFault) -> Bool {
    guard let value = self[keyword] else { return false }
    guard case .boolean(let flag) = value else { throw fault(keyword, "must be true or false") }
    return flag
  }

  /// A count: an integer from 0 on. One beyond 64 bits is as good as the largest.
  func count(_ keyword: String) throws(SchemaFault) -> Int? {
    guard let number = try number(keyword) else { return nil }
    guard number.isInteger, number >= .integer(0) else {
      throw fault(keyword, "must be an integer from 0 on")
    }
    guard case .integer(let count) = number else { return .max }
    return Int(clamping: count)
  }

  func array(_ keyword: String) throws(SchemaFault) -> [JSONValue]? {
    guard let value = self[keyword] else { return nil }
    guard case .array(let array) = value else { throw fault(keyword, "must be an array") }
    return array.elements
  }

  func members(_ keyword: String) throws(SchemaFault) -> [JSONObject.Member]? {
    guard let value = self[keyword] else { return nil }
    guard case .object(let object) = value else { throw fault(keyword, "must be an object") }
    return object.members
  }

  /// Names, none of them twice.
  func names(_ keyword: String) throws(SchemaFault) -> [JSONText]? {
    try self[keyword].map { value throws(SchemaFault) in
      try Self.names(value, at: location(of: keyword))
    }
  }

  static func names(_ value: JSONValue, at location: String) throws(SchemaFault) -> [JSONText] {
    guard case .array(let array) = value else {
      throw .refused(at: location, message: "must be an array of strings")
    }
    var names: [JSONText] = []
    for element in array.elements {
      guard case .string(let name) = element else {
        throw .refused(at: location, message: "must be an array of strings")
      }
      names.append(name)
    }
    guard Set(names).count == names.count else {
      throw .refused(at: location, message: "must not name anything twice")
    }
    return names
  }
}
