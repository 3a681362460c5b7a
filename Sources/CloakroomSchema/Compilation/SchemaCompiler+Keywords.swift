internal import CloakroomWire

extension SchemaCompiler {
  /// The keywords of a schema object but for references, in the order in which they are applied:
  /// first what costs little.
  mutating func keywords(of site: SchemaSite) throws(SchemaFault) -> [Keyword] {
    _ = try schemas(.definitions, of: site)
    _ = try schema(.contentSchema, of: site)
    for annotation in [
      KeywordName.title, .description, .comment, .contentEncoding, .contentMediaType,
    ] {
      _ = try site.text(annotation)
    }
    for annotation in [KeywordName.deprecated, .readOnly, .writeOnly] {
      _ = try site.flag(annotation)
    }
    _ = try site.array(.examples)

    var keywords: [Keyword] = []
    try addValueKeywords(of: site, to: &keywords)
    try addNumberKeywords(of: site, to: &keywords)
    try addStringKeywords(of: site, to: &keywords)
    try addArrayKeywords(of: site, to: &keywords)
    try addObjectKeywords(of: site, to: &keywords)
    try addCombinations(of: site, to: &keywords)
    if let id = try schema(.unevaluatedItems, of: site) { keywords.append(.unevaluatedItems(id)) }
    if let id = try schema(.unevaluatedProperties, of: site) {
      keywords.append(.unevaluatedProperties(id))
    }
    return keywords
  }

  private func addValueKeywords(
    of site: SchemaSite, to keywords: inout [Keyword]
  ) throws(SchemaFault) {
    if let value = site[.type] {
      let isOne = site.document.nodes[value].kind == .string
      let names = isOne ? [try site.text(.type)?.utf8 ?? []] : try site.names(at: value).map(\.utf8)
      var types: JSONTypes = []
      for name in names {
        guard let type = JSONTypes(named: String(decoding: name, as: UTF8.self)) else {
          throw site.fault(.type, "must name JSON's types, or integer")
        }
        types.formUnion(type)
      }
      guard !types.isEmpty else { throw site.fault(.type, "must name a type") }
      keywords.append(.type(types))
    }
    if let values = try site.array(.enumeration) {
      keywords.append(.enumeration(try ValueTable(values, in: site.document)))
    }
    if let value = site[.constant] { keywords.append(.constant(value)) }
  }

  private func addNumberKeywords(
    of site: SchemaSite, to keywords: inout [Keyword]
  ) throws(SchemaFault) {
    if let divisor = try site.number(.multipleOf) {
      guard divisor > .integer(0) else { throw site.fault(.multipleOf, "must be above 0") }
      keywords.append(.multipleOf(divisor))
    }
    if let limit = try site.number(.maximum) { keywords.append(.maximum(limit)) }
    if let limit = try site.number(.exclusiveMaximum) { keywords.append(.exclusiveMaximum(limit)) }
    if let limit = try site.number(.minimum) { keywords.append(.minimum(limit)) }
    if let limit = try site.number(.exclusiveMinimum) { keywords.append(.exclusiveMinimum(limit)) }
  }

  private mutating func addStringKeywords(
    of site: SchemaSite, to keywords: inout [Keyword]
  ) throws(SchemaFault) {
    if let count = try site.count(.maxLength) { keywords.append(.maxLength(count)) }
    if let count = try site.count(.minLength) { keywords.append(.minLength(count)) }
    if let name = try site.text(.format) {
      guard let format = Format(rawValue: name.string) else {
        let known = Format.allCases.map(\.rawValue).joined(separator: ", ")
        throw site.fault(.format, "must be one of \(known)")
      }
      keywords.append(.format(format))
    }
    if let text = try site.text(.pattern), let node = site[.pattern] {
      keywords.append(.pattern(try pattern([text], at: [node], of: site)))
    }
  }

  private mutating func addArrayKeywords(
    of site: SchemaSite, to keywords: inout [Keyword]
  ) throws(SchemaFault) {
    if let count = try site.count(.maxItems) { keywords.append(.maxItems(count)) }
    if let count = try site.count(.minItems) { keywords.append(.minItems(count)) }
    if try site.flag(.uniqueItems) { keywords.append(.uniqueItems) }
    let prefix = try schemaArray(.prefixItems, of: site) ?? []
    if !prefix.isEmpty { keywords.append(.prefixItems(prefix)) }
    if let id = try schema(.items, of: site) { keywords.append(.items(id, from: prefix.count)) }
    let minimum = try site.count(.minContains)
    let maximum = try site.count(.maxContains)
    if let id = try schema(.contains, of: site) {
      keywords.append(.contains(id, minimum: minimum ?? 1, maximum: maximum))
    }
  }

  private mutating func addObjectKeywords(
    of site: SchemaSite, to keywords: inout [Keyword]
  ) throws(SchemaFault) {
    if let count = try site.count(.maxProperties) { keywords.append(.maxProperties(count)) }
    if let count = try site.count(.minProperties) { keywords.append(.minProperties(count)) }
    if let names = try site.names(.required) { keywords.append(.required(names)) }
    if let members = try site.members(.dependentRequired) {
      var entries: [(name: MemberName, required: [MemberName])] = []
      for member in members {
        entries.append((name(member, of: site), try site.names(at: member + 1)))
      }
      keywords.append(.dependentRequired(entries))
    }
    if let id = try schema(.propertyNames, of: site) { keywords.append(.propertyNames(id)) }
    let named = try schemas(.properties, of: site)
    let patterns = try schemas(.patternProperties, of: site)
    let additional = try schema(.additionalProperties, of: site)
    guard !named.isEmpty || !patterns.isEmpty || additional != nil else { return }
    var together: (number: Int, schemas: [Int])?
    if !patterns.isEmpty {
      let texts = patterns.map { JSONText(utf8: Array(site.document.text(of: $0.member))) }
      let number = try pattern(texts, at: patterns.map { $0.member + 1 }, of: site)
      together = (number, patterns.map(\.schema))
    }
    keywords.append(
      .properties(
        PropertyRules(
          named: MemberTable(named.map { (name: name($0.member, of: site), number: $0.schema) }),
          patterns: together, additional: additional)))
  }

  private mutating func addCombinations(
    of site: SchemaSite, to keywords: inout [Keyword]
  ) throws(SchemaFault) {
    let dependent = try schemas(.dependentSchemas, of: site)
    if !dependent.isEmpty {
      keywords.append(
        .dependentSchemas(dependent.map { (name: name($0.member, of: site), schema: $0.schema) }))
    }
    if let ids = try schemaArray(.allOf, of: site) { keywords.append(.allOf(ids)) }
    if let ids = try schemaArray(.anyOf, of: site) { keywords.append(.anyOf(ids)) }
    if let ids = try schemaArray(.oneOf, of: site) { keywords.append(.oneOf(ids)) }
    if let id = try schema(.not, of: site) { keywords.append(.not(id)) }
    let condition = try schema(.condition, of: site)
    let then = try schema(.then, of: site)
    let otherwise = try schema(.otherwise, of: site)
    if let condition {
      keywords.append(.conditional(if: condition, then: then, else: otherwise))
    }
  }

  private func name(_ member: Int, of site: SchemaSite) -> MemberName {
    MemberName(Array(site.document.text(of: member)))
  }

  /// Compiles the schema that a keyword holds.
  private mutating func schema(
    _ keyword: KeywordName, of site: SchemaSite
  ) throws(SchemaFault) -> Int? {
    guard let node = site[keyword] else { return nil }
    return try compile(node, in: site)
  }

  /// Compiles the array of schemas that a keyword holds, which must not be empty.
  private mutating func schemaArray(
    _ keyword: KeywordName, of site: SchemaSite
  ) throws(SchemaFault) -> [Int]? {
    guard let values = try site.array(keyword) else { return nil }
    guard !values.isEmpty else { throw site.fault(keyword, "must not be empty") }
    var ids: [Int] = []
    for node in values { ids.append(try compile(node, in: site)) }
    return ids
  }

  /// Compiles the schemas that a keyword holds by name.
  private mutating func schemas(
    _ keyword: KeywordName, of site: SchemaSite
  ) throws(SchemaFault) -> [(member: Int, schema: Int)] {
    var ids: [(member: Int, schema: Int)] = []
    for member in try site.members(keyword) ?? [] {
      ids.append((member, try compile(member + 1, in: site)))
    }
    return ids
  }
}
