extension Validator {
  /// Applies a keyword that is about values of any type.
  mutating func applyToAny(
    _ keyword: Keyword, of subschema: Subschema, to value: JSONValue
  ) throws(SchemaFault) -> Bool {
    switch keyword {
    case .type(let types):
      return !types.isDisjoint(with: JSONTypes(of: value))
        || report("type", of: subschema, "must be \(types.names)")
    case .enumeration(let values):
      try budget.spend(value.weight)
      return values.contains(value)
        || report("enum", of: subschema, "is none of the values that are allowed")
    case .constant(let constant):
      try budget.spend(value.weight)
      return value == constant
        || report("const", of: subschema, "is not the one value that is allowed")
    default: return true
    }
  }

  /// Applies a keyword that is about numbers.
  mutating func applyToNumber(
    _ keyword: Keyword, of subschema: Subschema, to number: JSONNumber
  ) throws(SchemaFault) -> Bool {
    try budget.spend(number.weight)
    switch keyword {
    case .multipleOf(let divisor):
      return try number.isMultiple(of: divisor, &budget)
        || report("multipleOf", of: subschema, "is not a multiple of what it must be")
    case .maximum(let limit):
      return number <= limit || report("maximum", of: subschema, "must be at most \(limit.text)")
    case .exclusiveMaximum(let limit):
      return number < limit
        || report("exclusiveMaximum", of: subschema, "must be below \(limit.text)")
    case .minimum(let limit):
      return number >= limit || report("minimum", of: subschema, "must be at least \(limit.text)")
    case .exclusiveMinimum(let limit):
      return number > limit
        || report("exclusiveMinimum", of: subschema, "must be above \(limit.text)")
    default: return true
    }
  }

  /// Applies a keyword that is about strings.
  mutating func applyToString(
    _ keyword: Keyword, of subschema: Subschema, to text: JSONText
  ) throws(SchemaFault) -> Bool {
    try budget.spend(text.weight)
    switch keyword {
    case .maxLength(let limit):
      return text.length <= limit
        || report("maxLength", of: subschema, "is longer than \(limit) characters")
    case .minLength(let limit):
      return text.length >= limit
        || report("minLength", of: subschema, "is shorter than \(limit) characters")
    case .pattern(let pattern):
      return try pattern.matches(text, budget: &budget)
        || report("pattern", of: subschema, "does not match the pattern")
    case .format(let format):
      try budget.spend(text.utf8.count)
      return format.accepts(text)
        || report("format", of: subschema, "is not of the format \(format.rawValue)")
    default: return true
    }
  }
}
