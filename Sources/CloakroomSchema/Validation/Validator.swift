/// Holds one value against a schema.
struct Validator {
  private let subschemas: [Subschema]
  private let limits: SchemaLimits
  var budget: Budget
  private(set) var violations: [SchemaViolation] = []
  /// Where in the value the validation is.
  var path: [JSONPointer.Step] = []
  /// How many subschemas are being applied whose failure is no violation.
  private var quiet = 0
  private var depth = 0

  init(_ subschemas: [Subschema], limits: SchemaLimits, budget: Budget) {
    self.subschemas = subschemas
    self.limits = limits
    self.budget = budget
  }

  /// Applies a subschema to a value.
  ///
  /// - Parameter marks: where to note what has been applied to which of the value's children; nil
  ///   if nobody asks.
  /// - Returns: whether the value is valid.
  mutating func evaluate(
    _ id: Int, _ value: JSONValue, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    try budget.spend(1)
    guard depth < limits.evaluationDepth else { throw .exceeds(.evaluationDepth) }
    depth += 1
    defer { depth -= 1 }
    let subschema = subschemas[id]
    var own: Marks? = marks != nil || subschema.needsMarks ? Marks() : nil
    var isValid = true
    for keyword in subschema.keywords {
      // What failed has marked nothing, so nearly everything would be unevaluated.
      if !isValid, keyword.isUnevaluated { break }
      try budget.spend(1)
      if try !apply(keyword, of: subschema, to: value, &own) {
        isValid = false
        if isDone { return false }
      }
    }
    if isValid, marks != nil, let own {
      try budget.spend(own.weight)
      marks?.formUnion(own)
    }
    return isValid
  }

  /// Applies a subschema to a child of the value, a member or an element.
  mutating func evaluate(
    _ id: Int, _ value: JSONValue, at step: JSONPointer.Step
  ) throws(SchemaFault) -> Bool {
    path.append(step)
    defer { path.removeLast() }
    var marks: Marks?
    return try evaluate(id, value, &marks)
  }

  /// Whether a value is valid against a subschema, which is no violation if it isn't.
  mutating func matches(
    _ id: Int, _ value: JSONValue, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    quiet += 1
    defer { quiet -= 1 }
    return try evaluate(id, value, &marks)
  }

  /// Whether nothing more is to be found out once something has failed.
  var isDone: Bool { quiet > 0 || violations.count >= limits.violations }

  /// Takes note of a violation.
  ///
  /// - Parameters:
  ///   - keyword: the keyword; nil if it is the subschema as a whole.
  ///   - step: the child of the value that it is about, nil for the value itself.
  ///   - message: what is wrong, without a piece of the value.
  /// - Returns: false: it is not valid.
  mutating func report(
    _ keyword: String?, of subschema: Subschema, at step: JSONPointer.Step? = nil,
    _ message: @autoclosure () -> String
  ) -> Bool {
    guard !isDone else { return false }
    let steps = step.map { path + [$0] } ?? path
    violations.append(
      SchemaViolation(
        instanceLocation: JSONPointer.pointer(along: steps, bytes: limits.locationBytes),
        keywordLocation: subschema.location + (keyword.map { "/" + $0 } ?? ""),
        message: message()))
    return false
  }

  private mutating func apply(
    _ keyword: Keyword, of subschema: Subschema, to value: JSONValue, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    switch keyword {
    case .nothing: return report(nil, of: subschema, "nothing is allowed here")
    case .reference(let id): return try evaluate(id, value, &marks)
    case .allOf, .anyOf, .oneOf, .not, .conditional, .dependentSchemas:
      return try applyCombination(keyword, of: subschema, to: value, &marks)
    case .type, .enumeration, .constant:
      return try applyToAny(keyword, of: subschema, to: value)
    case .multipleOf, .maximum, .exclusiveMaximum, .minimum, .exclusiveMinimum:
      guard case .number(let number) = value else { return true }
      return try applyToNumber(keyword, of: subschema, to: number)
    case .maxLength, .minLength, .pattern, .format:
      guard case .string(let text) = value else { return true }
      return try applyToString(keyword, of: subschema, to: text)
    case .maxItems, .minItems, .uniqueItems, .prefixItems, .items, .contains, .unevaluatedItems:
      guard case .array(let array) = value else { return true }
      return try applyToArray(keyword, of: subschema, to: array, &marks)
    case .maxProperties, .minProperties, .required, .dependentRequired, .properties,
      .propertyNames, .unevaluatedProperties:
      guard case .object(let object) = value else { return true }
      return try applyToObject(keyword, of: subschema, to: object, &marks)
    }
  }
}

/// The steps that a validation has left.
struct Budget: Sendable {
  private(set) var steps: Int

  /// Takes steps away; throws once there are none.
  @inline(__always)
  mutating func spend(_ count: Int) throws(SchemaFault) {
    steps -= count
    guard steps >= 0 else { throw .exceeds(.steps) }
  }
}

/// Which members of an object, or elements of an array, keywords have been applied to; by index.
struct Marks {
  private var words: [UInt64] = []

  /// What it costs to look at all of them, in steps of a validation.
  var weight: Int { 1 + words.count / 8 }

  func contains(_ index: Int) -> Bool {
    index / 64 < words.count && words[index / 64] >> UInt64(index % 64) & 1 == 1
  }

  mutating func insert(_ index: Int) {
    reserve(index / 64 + 1)
    words[index / 64] |= 1 << UInt64(index % 64)
  }

  mutating func formUnion(_ other: Self) {
    reserve(other.words.count)
    for (index, word) in other.words.enumerated() { words[index] |= word }
  }

  private mutating func reserve(_ count: Int) {
    guard words.count < count else { return }
    words.append(contentsOf: repeatElement(0, count: count - words.count))
  }
}
