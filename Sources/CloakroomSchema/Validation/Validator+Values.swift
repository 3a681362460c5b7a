internal import CloakroomWire

extension Validator {
  /// Applies a keyword that is about values of any type.
  mutating func applyToAny(
    _ keyword: Keyword, of id: Int, to node: Int
  ) throws(SchemaFault) -> Bool {
    switch keyword {
    case .type(let types):
      return try isOf(types, node)
        || report("type", of: id, "must be \(types.names)")
    case .enumeration(let values):
      return try values.holds(node, of: document, in: schema.document, &budget)
        || report("enum", of: id, "is none of the values that are allowed")
    case .constant(let constant):
      return try document.isEqual(node, to: schema.document, constant, &budget)
        || report("const", of: id, "is not the one value that is allowed")
    default: return true
    }
  }

  private mutating func isOf(_ types: JSONTypes, _ node: Int) throws(SchemaFault) -> Bool {
    let place = document.nodes[node]
    if !types.isDisjoint(with: JSONTypes(of: place.kind)) { return true }
    guard types.contains(.integer), place.kind == .number else { return false }
    return place.isWhole ? true : try number(node).isInteger
  }

  /// Applies a keyword that is about numbers.
  mutating func applyToNumber(
    _ keyword: Keyword, of id: Int, to node: Int
  ) throws(SchemaFault) -> Bool {
    // Two numbers that agree in many digits are compared by all of these.
    try budget.spend(1 + document.nodes[node].byteCount / 64)
    let number = try number(node)
    switch keyword {
    case .multipleOf(let divisor):
      return try number.isMultiple(of: divisor, &budget)
        || report("multipleOf", of: id, "is not a multiple of what it must be")
    case .maximum(let limit):
      return number <= limit || report("maximum", of: id, "must be at most \(limit.text)")
    case .exclusiveMaximum(let limit):
      return number < limit
        || report("exclusiveMaximum", of: id, "must be below \(limit.text)")
    case .minimum(let limit):
      return number >= limit || report("minimum", of: id, "must be at least \(limit.text)")
    case .exclusiveMinimum(let limit):
      return number > limit
        || report("exclusiveMinimum", of: id, "must be above \(limit.text)")
    default: return true
    }
  }

  /// Applies a keyword that is about strings.
  mutating func applyToString(
    _ keyword: Keyword, of id: Int, to node: Int
  ) throws(SchemaFault) -> Bool {
    let bytes = document.nodes[node].byteCount
    switch keyword {
    case .maxLength(let limit):
      try budget.spend(1 + bytes / 16)
      return document.length(of: node) <= limit
        || report("maxLength", of: id, "is longer than \(limit) characters")
    case .minLength(let limit):
      try budget.spend(1 + bytes / 16)
      return document.length(of: node) >= limit
        || report("minLength", of: id, "is shorter than \(limit) characters")
    case .pattern(let pattern):
      return try search(pattern, in: node, isOneEnough: true).contains { $0 != 0 }
        || report("pattern", of: id, "does not match the pattern")
    case .format(let format):
      try budget.spend(8 + bytes)
      return format.accepts(document.text(of: node))
        || report("format", of: id, "is not of the format \(format.rawValue)")
    default: return true
    }
  }
}
