internal import CloakroomWire

/// A schema object while it is compiled: where it is, and its keywords' values in their types.
struct SchemaSite {
  let document: ParsedJSON
  /// The object.
  let node: Int
  /// What references in it are relative to.
  let base: URIReference
  /// The node of each keyword's value, 0 without it.
  private let values: [Int32]

  /// Finds the keywords of an object.
  ///
  /// - Throws: `refused` for a member that is none.
  init(_ node: Int, in document: ParsedJSON, base: URIReference) throws(SchemaFault) {
    self.document = document
    self.node = node
    self.base = base
    var values: [Int32] = []
    var name = node + 1
    for _ in 0..<document.nodes[node].count {
      guard let keyword = KeywordName.number(of: name, in: document) else {
        throw .refused(
          at: document.pointer(to: name + 1),
          message: "not a keyword of JSON Schema 2020-12 that is supported")
      }
      if values.isEmpty { values = Array(repeating: 0, count: KeywordName.allCases.count) }
      values[keyword] = Int32(clamping: name + 1)
      name = document.next(name + 1)
    }
    self.values = values
  }

  /// The same in another base.
  private init(_ other: SchemaSite, base: URIReference) {
    document = other.document
    node = other.node
    values = other.values
    self.base = base
  }

  /// The same with what references in it are relative to.
  func relative(to base: URIReference) -> SchemaSite { SchemaSite(self, base: base) }

  /// Whether it has no keyword at all.
  var isEmpty: Bool { values.isEmpty }

  /// The node of a keyword's value, nil without it.
  subscript(keyword: KeywordName) -> Int? {
    guard !values.isEmpty else { return nil }
    let node = Int(values[keyword.rawValue])
    return node > 0 ? node : nil
  }

  /// A fault at a keyword.
  func fault(_ keyword: KeywordName, _ message: String) -> SchemaFault {
    fault(at: self[keyword] ?? node, message)
  }

  /// A fault at a node.
  func fault(at node: Int, _ message: String) -> SchemaFault {
    .refused(at: document.pointer(to: node), message: message)
  }

  private func kind(_ node: Int) -> JSONKind { document.nodes[node].kind }

  func text(_ keyword: KeywordName) throws(SchemaFault) -> JSONText? {
    guard let node = self[keyword] else { return nil }
    guard kind(node) == .string else { throw fault(keyword, "must be a string") }
    return JSONText(utf8: Array(document.text(of: node)))
  }

  /// A text that names something, of a bounded length.
  func name(_ keyword: KeywordName, bytes limit: Int) throws(SchemaFault) -> JSONText? {
    guard let text = try text(keyword) else { return nil }
    guard text.utf8.count <= limit else { throw fault(keyword, "has at most \(limit) bytes") }
    return text
  }

  func number(_ keyword: KeywordName) throws(SchemaFault) -> JSONNumber? {
    guard let node = self[keyword] else { return nil }
    guard kind(node) == .number else { throw fault(keyword, "must be a number") }
    return document.number(node)
  }

  func flag(_ keyword: KeywordName) throws(SchemaFault) -> Bool {
    guard let node = self[keyword] else { return false }
    switch kind(node) {
    case .true: return true
    case .false: return false
    default: throw fault(keyword, "must be true or false")
    }
  }

  /// A count: an integer from 0 on. One beyond 64 bits is as good as the largest.
  func count(_ keyword: KeywordName) throws(SchemaFault) -> Int? {
    guard let number = try number(keyword) else { return nil }
    guard number.isInteger, number >= .integer(0) else {
      throw fault(keyword, "must be an integer from 0 on")
    }
    guard case .integer(let count) = number else { return .max }
    return Int(clamping: count)
  }

  func array(_ keyword: KeywordName) throws(SchemaFault) -> [Int]? {
    guard let node = self[keyword] else { return nil }
    guard kind(node) == .array else { throw fault(keyword, "must be an array") }
    return document.elements(of: node)
  }

  /// The names of the members that a keyword holds; the value of each is the node behind it.
  func members(_ keyword: KeywordName) throws(SchemaFault) -> [Int]? {
    guard let node = self[keyword] else { return nil }
    guard kind(node) == .object else { throw fault(keyword, "must be an object") }
    return document.memberNames(of: node)
  }

  /// Names, none of them twice.
  func names(_ keyword: KeywordName) throws(SchemaFault) -> [MemberName]? {
    try self[keyword].map { node throws(SchemaFault) in try names(at: node) }
  }

  /// Names, none of them twice, that a node holds.
  func names(at node: Int) throws(SchemaFault) -> [MemberName] {
    guard kind(node) == .array else { throw fault(at: node, "must be an array of strings") }
    var names: [MemberName] = []
    var known: Set<JSONText> = []
    for element in document.elements(of: node) {
      guard kind(element) == .string else {
        throw fault(at: node, "must be an array of strings")
      }
      let name = Array(document.text(of: element))
      guard known.insert(JSONText(utf8: name)).inserted else {
        throw fault(at: node, "must not name anything twice")
      }
      names.append(MemberName(name))
    }
    return names
  }
}

extension ParsedJSON {
  /// An array's elements.
  func elements(of array: Int) -> [Int] {
    var elements: [Int] = []
    elements.reserveCapacity(Int(nodes[array].count))
    var element = array + 1
    for _ in 0..<nodes[array].count {
      elements.append(element)
      element = next(element)
    }
    return elements
  }

  /// The names of an object's members; the value of each is the node behind it.
  func memberNames(of object: Int) -> [Int] {
    var names: [Int] = []
    names.reserveCapacity(Int(nodes[object].count))
    var name = object + 1
    for _ in 0..<nodes[object].count {
      names.append(name)
      name = next(name + 1)
    }
    return names
  }
}
