internal import CloakroomWire

/// Makes the subschemas of a schema out of its JSON. Takes n log n for n bytes of it.
struct SchemaCompiler {
  let limits: SchemaLimits
  let document: ParsedJSON
  private var subschemas: [Subschema] = []
  private var patterns: [Pattern] = []
  /// The subschema that each node of the document is, -1 for one that is none.
  private var ids: [Int32]
  /// How long the JSON Pointer to each node is, in bytes.
  private let pointerBytes: [Int32]
  /// How many states patterns may still have.
  private var patternStates: Int
  private var memoryBytes: Int
  private var locationBytes = 0
  private var uriBytes = 0
  private var references = SchemaReferences()

  /// Compiles a schema. The first subschema is the whole.
  static func compile(
    _ document: ParsedJSON, limits: SchemaLimits
  ) throws(SchemaFault) -> CompiledSchema {
    var compiler = Self(document, limits: limits)
    _ = try compiler.compile(0, base: .unnamed)
    for (subschema, target) in try compiler.references.resolved(in: document, compiler.ids) {
      compiler.subschemas[subschema].keywords.insert(.reference(target), at: 0)
    }
    try compiler.refuseEndlessApplication()
    compiler.findShared()
    return CompiledSchema(
      document: document, subschemas: compiler.subschemas, patterns: compiler.patterns,
      patternStates: limits.patternStates - compiler.patternStates,
      memoryBytes: compiler.memoryBytes)
  }

  private init(_ document: ParsedJSON, limits: SchemaLimits) {
    self.document = document
    self.limits = limits
    patternStates = limits.patternStates
    memoryBytes = document.memoryBytes
    ids = Array(repeating: -1, count: document.nodes.count)
    pointerBytes = document.pointerBytes
  }

  /// Takes note of memory that the compiled schema has.
  private mutating func hold(_ bytes: Int) throws(SchemaFault) {
    memoryBytes += bytes
    guard memoryBytes <= limits.compiledBytes else { throw .exceeds(.compiledBytes) }
  }

  /// Compiles a schema that is within another, and what is in it.
  ///
  /// - Returns: its index.
  mutating func compile(_ node: Int, in site: SchemaSite) throws(SchemaFault) -> Int {
    try compile(node, base: site.base)
  }

  private mutating func compile(
    _ node: Int, base: URIReference
  ) throws(SchemaFault) -> Int {
    let id = subschemas.count
    guard id < limits.subschemas else { throw .exceeds(.subschemas) }
    // Names come again and again in the places of what is in them.
    locationBytes += Int(pointerBytes[node])
    guard pointerBytes[node] <= limits.locationBytes, locationBytes <= 16 * limits.schemaBytes
    else { throw .exceeds(.locationBytes) }
    subschemas.append(Subschema(node: node))
    ids[node] = Int32(clamping: id)
    try hold(MemoryLayout<Subschema>.stride)
    switch document.nodes[node].kind {
    case .true: break
    case .false: subschemas[id].keywords = [.nothing]
    case .object:
      var site = try SchemaSite(node, in: document, base: base)
      if site.isEmpty {
        if node == 0 { _ = references.name(base, at: node) }
        break
      }
      site = site.relative(to: try identify(site, id))
      let keywords = try keywords(of: site)
      try hold(
        keywords.reduce(32) { $0 + MemoryLayout<Keyword>.stride + $1.memoryBytes })
      subschemas[id].keywords = keywords
    default:
      throw .refused(
        at: document.pointer(to: node), message: "a schema must be an object, true or false")
    }
    return id
  }

  /// Takes note of what a schema is called, and of what it refers to.
  ///
  /// - Returns: what references in it are relative to.
  private mutating func identify(
    _ site: SchemaSite, _ id: Int
  ) throws(SchemaFault) -> URIReference {
    if let dialect = try site.text(.schema), !Self.dialects.contains(dialect.string) {
      throw site.fault(.schema, "must be JSON Schema 2020-12")
    }
    var base = site.base
    if let text = try site.name(.id, bytes: limits.locationBytes) {
      guard let uri = URIReference(text), uri.fragment ?? "" == "" else {
        throw site.fault(.id, "must be a URI reference without a fragment")
      }
      base = try resolved(uri, base)
      guard references.name(base, at: site.node) else {
        throw site.fault(.id, "is the name of another schema already")
      }
    } else if site.node == 0 {
      _ = references.name(base, at: site.node)
    }
    if let anchor = try site.name(.anchor, bytes: limits.locationBytes) {
      guard Self.isAnchor(anchor) else { throw site.fault(.anchor, "must be a plain name") }
      try holdURI(base, anchor.utf8.count)
      guard references.anchor(anchor.string, in: base, id) else {
        throw site.fault(.anchor, "is the name of another schema already")
      }
    }
    if let text = try site.name(.reference, bytes: 4 * limits.locationBytes) {
      guard let uri = URIReference(text) else {
        throw site.fault(.reference, "must be a URI reference")
      }
      references.refer(
        from: id, to: try resolved(uri, base), at: site[.reference] ?? site.node)
    }
    return base
  }

  /// What a reference means, seen from a base. Bases come again with each reference to them.
  private mutating func resolved(
    _ uri: URIReference, _ base: URIReference
  ) throws(SchemaFault) -> URIReference {
    try holdURI(base, 0)
    let resolved = uri.resolved(against: base)
    try holdURI(resolved, 0)
    return resolved
  }

  private mutating func holdURI(_ uri: URIReference, _ more: Int) throws(SchemaFault) {
    uriBytes += uri.byteCount + more
    guard uriBytes <= 2 * limits.schemaBytes else { throw .exceeds(.locationBytes) }
  }

  /// What `$schema` may be.
  private static let dialects: Set<String> = [
    "https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2020-12/schema#",
  ]

  private static func isAnchor(_ name: JSONText) -> Bool {
    guard let first = name.utf8.first, Format.isLetter(first) || first == UInt8(ascii: "_") else {
      return false
    }
    return name.utf8.allSatisfy {
      Format.isLetter($0) || Format.isDigit($0) || Format.isOne(of: "-._", $0)
    }
  }

  /// Compiles patterns that are searched for together, each of which is at a node.
  ///
  /// - Returns: their number.
  mutating func pattern(
    _ texts: [JSONText], at nodes: [Int], of site: SchemaSite
  ) throws(SchemaFault) -> Int {
    do throws(PatternFault) {
      patterns.append(
        try Pattern(texts, depth: limits.depth, allowance: &patternStates))
    } catch {
      switch error.reason {
      case .tooManyStates: throw .exceeds(.patternStates)
      case .syntax(let message, let position):
        throw site.fault(
          at: nodes[error.pattern], "\(message), at character \(position) of the pattern")
      }
    }
    try hold(patterns.last?.memoryBytes ?? 0)
    return patterns.count - 1
  }

  // MARK: The whole

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
      while !stack.isEmpty {
        guard let next = stack[stack.count - 1].rest.popLast() else {
          progress[stack.removeLast().id] = .done
          continue
        }
        switch progress[next] {
        case .done: break
        case .begun:
          throw .refused(
            at: document.pointer(to: subschemas[next].node),
            message: "refers to itself for the same value")
        case .new:
          progress[next] = .begun
          stack.append((next, subschemas[next].keywords.flatMap(\.inPlace)))
        }
      }
    }
  }

  /// Finds the subschemas that several ways lead to. All others are applied to a value as often as what they are
  /// in; to remember what these have come to is enough for the whole to take no more than one application of each
  /// subschema to each value.
  private mutating func findShared() {
    var ways = [Int](repeating: 0, count: subschemas.count)
    for subschema in subschemas {
      for keyword in subschema.keywords {
        for id in keyword.applied { ways[id] += 1 }
      }
    }
    for id in subschemas.indices { subschemas[id].isShared = ways[id] > 1 }
  }
}

/// What a schema is made to, which nothing changes any more.
final class CompiledSchema: Sendable {
  let document: ParsedJSON
  let subschemas: [Subschema]
  let patterns: [Pattern]
  let patternStates: Int
  let memoryBytes: Int

  init(
    document: ParsedJSON, subschemas: [Subschema], patterns: [Pattern], patternStates: Int,
    memoryBytes: Int
  ) {
    self.document = document
    self.subschemas = subschemas
    self.patterns = patterns
    self.patternStates = patternStates
    self.memoryBytes = memoryBytes
  }
}

extension ParsedJSON {
  /// How long the JSON Pointer to each node is, in bytes; of a name, of its value.
  fileprivate var pointerBytes: [Int32] {
    var lengths = [Int32](repeating: 0, count: nodes.count)
    for (node, place) in nodes.enumerated() where place.count > 0 {
      if place.kind == .object {
        for name in memberNames(of: node) {
          let escapes = text(of: name).reduce(into: 0) { count, byte in
            if byte == UInt8(ascii: "~") || byte == UInt8(ascii: "/") { count += 1 }
          }
          lengths[name + 1] =
            lengths[node] &+ 1 &+ Int32(clamping: nodes[name].byteCount + escapes)
        }
      } else if place.kind == .array {
        for (index, element) in elements(of: node).enumerated() {
          lengths[element] = lengths[node] &+ 1 &+ Int32(clamping: String(index).utf8.count)
        }
      }
    }
    return lengths
  }
}
