internal import CloakroomWire

/// Holds one value against a schema.
///
/// What it costs to do something is taken from the budget before it is done. What several ways lead to is
/// remembered: each subschema is applied to each value a few times at most, however often it is referred to.
struct Validator {
  let schema: CompiledSchema
  let document: ParsedJSON
  private let limits: SchemaLimits
  var budget: Budget
  private(set) var violations: [SchemaViolation] = []
  /// Where in the value the validation is: of a member its name's node, of an element its index below zero.
  private var path: [Int] = []
  /// How many subschemas are being applied whose failure is no violation.
  private var quiet = 0
  private var depth = 0
  private var memory = ValidationMemory()
  /// The number that was looked at last, by its node.
  private var lastNumber: (node: Int, number: JSONNumber)?
  /// What searches for the schema's patterns have learnt so far.
  private var searches: [PatternSearch?] = []

  init(
    _ schema: CompiledSchema, _ document: ParsedJSON, limits: SchemaLimits, budget: Budget
  ) {
    self.schema = schema
    self.document = document
    self.limits = limits
    self.budget = budget
  }

  /// Applies a subschema to a value.
  ///
  /// - Parameters:
  ///   - node: the value, or the name of a member.
  ///   - marks: where to note what has been applied to which of the value's children; nil
  ///     if nobody asks.
  /// - Returns: whether the value is valid.
  mutating func evaluate(
    _ id: Int, _ node: Int, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    let keywords = schema.subschemas[id].keywords
    if keywords.isEmpty { return true }
    try budget.spend(4)
    guard depth < limits.evaluationDepth else { throw .exceeds(.evaluationDepth) }
    let isShared = schema.subschemas[id].isShared
    if isShared, let known = memory.result(of: id, at: node, marked: marks != nil, quiet > 0) {
      if known.isValid, marks != nil, let children = known.marks {
        try budget.spend(children.weight)
        marks?.formUnion(children)
      }
      return known.isValid
    }
    depth += 1
    defer { depth -= 1 }
    var own: Marks? = marks != nil || schema.subschemas[id].needsMarks ? Marks() : nil
    var isValid = true
    for keyword in keywords {
      // What failed has marked nothing, so nearly everything would be unevaluated.
      if !isValid, keyword.isUnevaluated { break }
      try budget.spend(3)
      if try !apply(keyword, of: id, to: node, &own) {
        isValid = false
        if isDone { break }
      }
    }
    if isValid, marks != nil, let own {
      try budget.spend(own.weight)
      marks?.formUnion(own)
    }
    if isShared {
      try budget.spend(4)
      memory.keep(isValid, of: id, at: node, marks != nil ? own : nil, quiet > 0)
    }
    return isValid
  }

  /// Applies a subschema to a child of the value, a member or an element.
  ///
  /// - Parameter step: of a member its name's node, of an element its index below zero.
  mutating func evaluate(
    _ id: Int, _ node: Int, at step: Int
  ) throws(SchemaFault) -> Bool {
    if schema.subschemas[id].keywords.isEmpty { return true }
    path.append(step)
    defer { path.removeLast() }
    var marks: Marks?
    return try evaluate(id, node, &marks)
  }

  /// Whether a value is valid against a subschema, which is no violation if it isn't.
  mutating func matches(
    _ id: Int, _ node: Int, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    quiet += 1
    defer { quiet -= 1 }
    return try evaluate(id, node, &marks)
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
    _ keyword: String?, of id: Int, at step: Int? = nil, _ message: @autoclosure () -> String
  ) -> Bool {
    guard !isDone else { return false }
    let location = schema.document.pointer(to: schema.subschemas[id].node)
    violations.append(
      SchemaViolation(
        instanceLocation: pointer(path + [step].compactMap { $0 }),
        keywordLocation: location + (keyword.map { "/" + $0 } ?? ""), message: message()))
    return false
  }

  /// The JSON Pointer to the end of a path, or as far along it as fits.
  private func pointer(_ steps: [Int]) -> String {
    var pointer = ""
    for step in steps {
      let token =
        step < 0
        ? String(-1 - step)
        : JSONPointer.escape(String(decoding: document.text(of: step), as: UTF8.self))
      guard pointer.utf8.count + 1 + token.utf8.count <= limits.locationBytes else { break }
      pointer += "/" + token
    }
    return pointer
  }

  /// A number's value.
  mutating func number(_ node: Int) throws(SchemaFault) -> JSONNumber {
    if let lastNumber, lastNumber.node == node { return lastNumber.number }
    try budget.spend(JSONNumber.weight(document.nodes[node].byteCount))
    let number = document.number(node)
    lastNumber = (node, number)
    return number
  }

  /// Which of the patterns that are searched for together match a string or a name, one bit each.
  mutating func search(
    _ number: Int, in node: Int, isOneEnough: Bool
  ) throws(SchemaFault) -> [UInt64] {
    if searches.isEmpty { searches = Array(repeating: nil, count: schema.patterns.count) }
    let search: PatternSearch
    if let known = searches[number] {
      search = known
    } else {
      try budget.spend(PatternSearch.cost(schema.patterns[number]))
      search = PatternSearch(schema.patterns[number])
      searches[number] = search
    }
    return try search.run(over: document.text(of: node), isOneEnough: isOneEnough, &budget)
  }

  private mutating func apply(
    _ keyword: Keyword, of id: Int, to node: Int, _ marks: inout Marks?
  ) throws(SchemaFault) -> Bool {
    switch keyword {
    case .nothing: return report(nil, of: id, "nothing is allowed here")
    case .reference(let target): return try evaluate(target, node, &marks)
    case .allOf, .anyOf, .oneOf, .not, .conditional, .dependentSchemas:
      return try applyCombination(keyword, of: id, to: node, &marks)
    case .type, .enumeration, .constant:
      return try applyToAny(keyword, of: id, to: node)
    case .multipleOf, .maximum, .exclusiveMaximum, .minimum, .exclusiveMinimum:
      guard document.nodes[node].kind == .number else { return true }
      return try applyToNumber(keyword, of: id, to: node)
    case .maxLength, .minLength, .pattern, .format:
      guard document.nodes[node].kind == .string else { return true }
      return try applyToString(keyword, of: id, to: node)
    case .maxItems, .minItems, .uniqueItems, .prefixItems, .items, .contains, .unevaluatedItems:
      guard document.nodes[node].kind == .array else { return true }
      return try applyToArray(keyword, of: id, to: node, &marks)
    case .maxProperties, .minProperties, .required, .dependentRequired, .properties,
      .propertyNames, .unevaluatedProperties:
      guard document.nodes[node].kind == .object else { return true }
      return try applyToObject(keyword, of: id, to: node, &marks)
    }
  }
}

/// The steps that a validation has left.
struct Budget: Sendable {
  private(set) var steps: Int

  /// Takes steps away; throws once there are none.
  @inline(__always)
  mutating func spend(_ count: Int) throws(SchemaFault) {
    let (left, isOverflow) = steps.subtractingReportingOverflow(count)
    steps = left
    guard !isOverflow, left >= 0 else { throw .exceeds(.steps) }
  }
}
