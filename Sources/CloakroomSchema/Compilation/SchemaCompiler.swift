/// Makes the subschemas of a schema out of its JSON.
struct SchemaCompiler {
  let limits: SchemaLimits
  private(set) var subschemas: [Subschema] = []
  /// How many states patterns may still have.
  private var patternStates: Int
  private var pointerBytes = 0
  private var references = SchemaReferences()

  /// Compiles a schema. The first subschema is the whole.
  static func compile(
    _ value: JSONValue, limits: SchemaLimits
  ) throws(SchemaFault) -> (subschemas: [Subschema], patternStates: Int) {
    var compiler = Self(limits: limits, patternStates: limits.patternStates)
    _ = try compiler.compile(value, at: "", base: .unnamed)
    for (subschema, target) in try compiler.references.resolved() {
      compiler.subschemas[subschema].keywords.insert(.reference(target), at: 0)
    }
    try compiler.refuseEndlessApplication()
    return (compiler.subschemas, limits.patternStates - compiler.patternStates)
  }

  private init(limits: SchemaLimits, patternStates: Int) {
    self.limits = limits
    self.patternStates = patternStates
  }

  /// Compiles a schema and what is in it.
  ///
  /// - Returns: its index.
  mutating func compile(
    _ value: JSONValue, at pointer: String, base: URIReference
  ) throws(SchemaFault) -> Int {
    let id = subschemas.count
    guard id < limits.subschemas else { throw .exceeds(.subschemas) }
    // Each subschema keeps its pointer, in which names come again and again.
    pointerBytes += pointer.utf8.count
    guard pointer.utf8.count <= limits.locationBytes, pointerBytes <= 16 * limits.schemaBytes
    else { throw .exceeds(.locationBytes) }
    subschemas.append(Subschema(location: pointer, keywords: []))
    references.register(id, at: pointer)
    switch value {
    case .boolean(true): break
    case .boolean(false): subschemas[id].keywords = [.nothing]
    case .object(let object):
      for member in object.members where !Self.keywords.contains(member.name.string) {
        throw .refused(
          at: pointer + "/" + JSONPointer.escape(member.name.string),
          message: "not a keyword of JSON Schema 2020-12 that is supported")
      }
      let base = try identify(object, id, at: pointer, base)
      let site = SchemaSite(object: object, pointer: pointer, base: base)
      subschemas[id].keywords = try keywords(of: site)
    default: throw .refused(at: pointer, message: "a schema must be an object, true or false")
    }
    return id
  }

  /// Takes note of what a schema is called, and of what it refers to.
  ///
  /// - Returns: what references in it are relative to.
  private mutating func identify(
    _ object: JSONObject, _ id: Int, at pointer: String, _ base: URIReference
  ) throws(SchemaFault) -> URIReference {
    let site = SchemaSite(object: object, pointer: pointer, base: base)
    if let dialect = try site.text("$schema"), !Self.dialects.contains(dialect.string) {
      throw site.fault("$schema", "must be JSON Schema 2020-12")
    }
    var base = base
    if let text = try site.text("$id") {
      guard let uri = URIReference(text), uri.fragment ?? "" == "" else {
        throw site.fault("$id", "must be a URI reference without a fragment")
      }
      base = uri.resolved(against: base)
      guard references.name(base, at: pointer) else {
        throw site.fault("$id", "is the name of another schema already")
      }
    } else if pointer.isEmpty {
      _ = references.name(base, at: pointer)
    }
    if let anchor = try site.text("$anchor") {
      guard Self.isAnchor(anchor) else { throw site.fault("$anchor", "must be a plain name") }
      guard references.anchor(anchor.string, in: base, id) else {
        throw site.fault("$anchor", "is the name of another schema already")
      }
    }
    if let text = try site.text("$ref") {
      guard let uri = URIReference(text) else {
        throw site.fault("$ref", "must be a URI reference")
      }
      references.refer(
        from: id, to: uri.resolved(against: base), at: site.location(of: "$ref"))
    }
    return base
  }

  private static func isAnchor(_ name: JSONText) -> Bool {
    guard let first = name.utf8.first, Format.isLetter(first) || first == UInt8(ascii: "_") else {
      return false
    }
    return name.utf8.allSatisfy {
      Format.isLetter($0) || Format.isDigit($0) || Format.isOne(of: "-._", $0)
    }
  }

  /// Compiles a pattern that is at a location.
  mutating func pattern(_ text: JSONText, at location: String) throws(SchemaFault) -> Pattern {
    do throws(PatternFault) {
      return try Pattern(text, depth: limits.depth, allowance: &patternStates)
    } catch {
      switch error {
      case .tooManyStates: throw .exceeds(.patternStates)
      case .syntax(let message, let position):
        throw .refused(at: location, message: "\(message), at character \(position) of the pattern")
      }
    }
  }

  /// Refuses a schema that is applied to a value in order to know whether it applies to that value:
  /// it would never come to an end.
  private func refuseEndlessApplication() throws(SchemaFault) {
    enum Progress { case new, begun, done }
    var progress = Array(repeating: Progress.new, count: subschemas.count)
    // Not recursive: a chain of references may be as long as there are subschemas.
    var stack: [(id: Int, rest: [Int])] = []
    for start in subschemas.indices where progress[start] == .new {
      progress[start] = .begun
      stack.append((start, subschemas[start].keywords.flatMap(\.inPlace)))
      while var top = stack.popLast() {
        guard let next = top.rest.popLast() else {
          progress[top.id] = .done
          continue
        }
        stack.append(top)
        switch progress[next] {
        case .done: break
        case .begun:
          throw .refused(
            at: subschemas[next].location, message: "refers to itself for the same value")
        case .new:
          progress[next] = .begun
          stack.append((next, subschemas[next].keywords.flatMap(\.inPlace)))
        }
      }
    }
  }
}
