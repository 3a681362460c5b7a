extension SchemaCompiler {
  /// What `$schema` may be.
  static let dialects: Set<String> = [
    "https://json-schema.org/draft/2020-12/schema", "https://json-schema.org/draft/2020-12/schema#",
  ]

  /// All keywords that a schema may have. The last are annotations, which are no condition on a
  /// value; of these only `contentSchema` must be a schema.
  static let keywords: Set<String> = [
    "$schema", "$id", "$anchor", "$ref", "$defs",
    "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum",
    "exclusiveMinimum", "maxLength", "minLength", "pattern", "format", "maxItems", "minItems",
    "uniqueItems", "maxContains", "minContains", "maxProperties", "minProperties", "required",
    "dependentRequired", "prefixItems", "items", "contains", "properties", "patternProperties",
    "additionalProperties", "propertyNames", "dependentSchemas", "allOf", "anyOf", "oneOf", "not",
    "if", "then", "else", "unevaluatedItems", "unevaluatedProperties",
    "title", "description", "default", "examples", "$comment", "deprecated", "readOnly",
    "writeOnly", "contentEncoding", "contentMediaType", "contentSchema",
  ]

  /// The keywords of a schema object but for references, in the order in which they are applied:
  /// first what costs little.
  mutating func keywords(of site: SchemaSite) throws(SchemaFault) -> [Keyword] {
    _ = try schemas("$defs", of: site)
    _ = try schema("contentSchema", of: site)
    for annotation in ["title", "description", "$comment", "contentEncoding", "contentMediaType"] {
      _ = try site.text(annotation)
    }
    for annotation in ["deprecated", "readOnly", "writeOnly"] { _ = try site.flag(annotation) }
    _ = try site.array("examples")

    var keywords: [Keyword] = []
    try addValueKeywords(of: site, to: &keywords)
    try addNumberKeywords(of: site, to: &keywords)
    try addStringKeywords(of: site, to: &keywords)
    try addArrayKeywords(of: site, to: &keywords)
    try addObjectKeywords(of: site, to: &keywords)
    try addCombinations(of: site, to: &keywords)
    if let id = try schema("unevaluatedItems", of: site) { keywords.append(.unevaluatedItems(id)) }
    if let id = try schema("unevaluatedProperties", of: site) {
      keywords.append(.unevaluatedProperties(id))
    }
    return keywords
  }

  private func addValueKeywords(
    of site: SchemaSite, to keywords: inout [Keyword]
  ) throws(SchemaFault) {
    if let value = site["type"] {
      var names: [JSONText] = []
      if case .string(let name) = value {
        names.append(name)
      } else {
        names += try site.names("type") ?? []
      }
      var types: JSONTypes = []
      for name in names {
        guard let type = JSONTypes(named: name.string) else {
          throw site.fault("type", "must name JSON's types, or integer")
        }
        types.formUnion(type)
      }
      guard !types.isEmpty else { throw site.fault("type", "must name a type") }
      keywords.append(.type(types))
    }
    if let values = try site.array("enum") { keywords.append(.enumeration(Set(values))) }
    if let value = site["const"] { keywords.append(.constant(value)) }
  }

  private func addNumberKeywords(
    of site: SchemaSite, to keywords: inout [Keyword]
  ) throws(SchemaFault) {
    if let divisor = try site.number("multipleOf") {
      guard divisor > .integer(0) else { throw site.fault("multipleOf", "must be above 0") }
      keywords.append(.multipleOf(divisor))
    }
    if let limit = try site.number("maximum") { keywords.append(.maximum(limit)) }
    if let limit = try site.number("exclusiveMaximum") { keywords.append(.exclusiveMaximum(limit)) }
    if let limit = try site.number("minimum") { keywords.append(.minimum(limit)) }
    if let limit = try site.number("exclusiveMinimum") { keywords.append(.exclusiveMinimum(limit)) }
  }

  private mutating func addStringKeywords(
    of site: SchemaSite, to keywords: inout [Keyword]
  ) throws(SchemaFault) {
    if let count = try site.count("maxLength") { keywords.append(.maxLength(count)) }
    if let count = try site.count("minLength") { keywords.append(.minLength(count)) }
    if let name = try site.text("format") {
      guard let format = Format(rawValue: name.string) else {
        let known = Format.allCases.map(\.rawValue).joined(separator: ", ")
        throw site.fault("format", "must be one of \(known)")
      }
      keywords.append(.format(format))
    }
    if let text = try site.text("pattern") {
      keywords.append(.pattern(try pattern(text, at: site.location(of: "pattern"))))
    }
  }

  private mutating func addArrayKeywords(
    of site: SchemaSite, to keywords: inout [Keyword]
  ) throws(SchemaFault) {
    if let count = try site.count("maxItems") { keywords.append(.maxItems(count)) }
    if let count = try site.count("minItems") { keywords.append(.minItems(count)) }
    if try site.flag("uniqueItems") { keywords.append(.uniqueItems) }
    let prefix = try schemaArray("prefixItems", of: site) ?? []
    if !prefix.isEmpty { keywords.append(.prefixItems(prefix)) }
    if let id = try schema("items", of: site) { keywords.append(.items(id, from: prefix.count)) }
    let minimum = try site.count("minContains")
    let maximum = try site.count("maxContains")
    if let id = try schema("contains", of: site) {
      keywords.append(.contains(id, minimum: minimum ?? 1, maximum: maximum))
    }
  }

  private mutating func addObjectKeywords(
    of site: SchemaSite, to keywords: inout [Keyword]
  ) throws(SchemaFault) {
    if let count = try site.count("maxProperties") { keywords.append(.maxProperties(count)) }
    if let count = try site.count("minProperties") { keywords.append(.minProperties(count)) }
    if let names = try site.names("required") { keywords.append(.required(names)) }
    if let members = try site.members("dependentRequired") {
      var entries: [(name: JSONText, required: [JSONText])] = []
      for member in members {
        let location = site.location(of: "dependentRequired", .member(member.name))
        entries.append((member.name, try SchemaSite.names(member.value, at: location)))
      }
      keywords.append(.dependentRequired(entries))
    }
    if let id = try schema("propertyNames", of: site) { keywords.append(.propertyNames(id)) }
    var rules = PropertyRules()
    for (name, id) in try schemas("properties", of: site) { rules.named[name] = id }
    for (text, id) in try schemas("patternProperties", of: site) {
      let location = site.location(of: "patternProperties", .member(text))
      rules.patterns.append((try pattern(text, at: location), id))
    }
    rules.additional = try schema("additionalProperties", of: site)
    if !rules.named.isEmpty || !rules.patterns.isEmpty || rules.additional != nil {
      keywords.append(.properties(rules))
    }
  }

  private mutating func addCombinations(
    of site: SchemaSite, to keywords: inout [Keyword]
  ) throws(SchemaFault) {
    let dependent = try schemas("dependentSchemas", of: site)
    if !dependent.isEmpty { keywords.append(.dependentSchemas(dependent)) }
    if let ids = try schemaArray("allOf", of: site) { keywords.append(.allOf(ids)) }
    if let ids = try schemaArray("anyOf", of: site) { keywords.append(.anyOf(ids)) }
    if let ids = try schemaArray("oneOf", of: site) { keywords.append(.oneOf(ids)) }
    if let id = try schema("not", of: site) { keywords.append(.not(id)) }
    let condition = try schema("if", of: site)
    let then = try schema("then", of: site)
    let otherwise = try schema("else", of: site)
    if let condition {
      keywords.append(.conditional(if: condition, then: then, else: otherwise))
    }
  }

  /// Compiles the schema that a keyword holds.
  private mutating func schema(
    _ keyword: String, of site: SchemaSite
  ) throws(SchemaFault) -> Int? {
    guard let value = site[keyword] else { return nil }
    return try compile(value, at: site.location(of: keyword), base: site.base)
  }

  /// Compiles the array of schemas that a keyword holds, which must not be empty.
  private mutating func schemaArray(
    _ keyword: String, of site: SchemaSite
  ) throws(SchemaFault) -> [Int]? {
    guard let values = try site.array(keyword) else { return nil }
    guard !values.isEmpty else { throw site.fault(keyword, "must not be empty") }
    var ids: [Int] = []
    for (index, value) in values.enumerated() {
      let location = site.location(of: keyword, .element(index))
      ids.append(try compile(value, at: location, base: site.base))
    }
    return ids
  }

  /// Compiles the schemas that a keyword holds by name.
  private mutating func schemas(
    _ keyword: String, of site: SchemaSite
  ) throws(SchemaFault) -> [(name: JSONText, schema: Int)] {
    var ids: [(name: JSONText, schema: Int)] = []
    for member in try site.members(keyword) ?? [] {
      let location = site.location(of: keyword, .member(member.name))
      ids.append((member.name, try compile(member.value, at: location, base: site.base)))
    }
    return ids
  }
}
