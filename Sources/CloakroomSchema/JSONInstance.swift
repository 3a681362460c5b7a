internal import CloakroomWire

/// A value that is held against several schemas: read once.
///
/// ```swift
/// let instance = try JSONInstance(data.span.bytes)
/// var allowance = SchemaAllowance()                        // for all that is asked of it
/// if try condition.accepts(instance, &allowance) { … }
/// let violations = try schema.validate(instance, &allowance)
/// ```
public struct JSONInstance: Sendable {
  let document: ParsedJSON

  /// Reads a value.
  ///
  /// - Parameter text: the value as JSON, UTF-8.
  /// - Throws: `unreadable` or `exceeds`.
  public init(_ text: RawSpan, limits: SchemaLimits = SchemaLimits()) throws(SchemaFault) {
    guard text.byteCount <= limits.valueBytes else { throw .exceeds(.valueBytes) }
    document = try Self.read(text, limits)
  }

  /// Reads a text, with every number and every name as it is. A member that comes twice is refused: a reader of
  /// the value may take the one that was not looked at.
  ///
  /// - Throws: `exceeds` for what is nested too deep, `unreadable` with its place for what is no JSON or can be
  ///   read in several ways.
  static func read(_ text: RawSpan, _ limits: SchemaLimits) throws(SchemaFault) -> ParsedJSON {
    do throws(ParsedJSON.Fault) {
      return try ParsedJSON(
        text, depthLimit: limits.depth, pointerBytes: limits.locationBytes)
    } catch {
      switch error {
      case .json(.tooDeep): throw .exceeds(.depth)
      case .json(.invalidUTF8): throw .unreadable(at: "", message: "a string is no UTF-8")
      case .json, .tooMany: throw .unreadable(at: "", message: "no valid JSON")
      case .repeatedName(let place):
        throw .unreadable(at: place, message: "an object names a member twice")
      case .loneSurrogate(let place, let isName):
        let what = isName ? "a member's name" : "a string"
        throw .unreadable(at: place, message: "\(what) holds half a surrogate pair")
      }
    }
  }

  /// Whether a place within it is the same in another: both have nothing there, or equal values, where 1
  /// is 1.0 and members have no order.
  ///
  /// - Parameter allowance: the steps that are left; less afterwards.
  /// - Throws: `exceeds`, if it can't be told.
  public func isSame(
    as other: JSONInstance, at pointer: JSONPointer, _ allowance: inout SchemaAllowance
  ) throws(SchemaFault) -> Bool {
    let node = try node(at: pointer, &allowance.budget)
    let otherNode = try other.node(at: pointer, &allowance.budget)
    guard let node, let otherNode else { return node == otherNode }
    let (text, otherText) = (document.text(of: node), other.document.text(of: otherNode))
    // Mostly nothing has changed at all.
    try allowance.budget.spend(text.count / 64)
    if document.nodes[node].kind == other.document.nodes[otherNode].kind,
      ParsedJSON.areEqual(text, otherText)
    {
      return true
    }
    return try document.isEqual(node, to: other.document, otherNode, &allowance.budget)
  }

  /// Whether there is something at a place within it.
  public func has(_ pointer: JSONPointer) -> Bool {
    var budget = Budget(steps: .max)
    return ((try? node(at: pointer, &budget)) ?? nil) != nil
  }

  private func node(
    at pointer: JSONPointer, _ budget: inout Budget
  ) throws(SchemaFault) -> Int? {
    try pointer.node(in: document) { array, index throws(SchemaFault) in
      try budget.spend(index / 4)
      var element = array + 1
      for _ in 0..<index { element = document.next(element) }
      return element
    }
  }
}

/// The steps that are left for holding values against schemas, however many of these there are.
public struct SchemaAllowance: Sendable {
  var budget: Budget

  /// As many steps as one validation may take.
  public init(limits: SchemaLimits = SchemaLimits()) { budget = Budget(steps: limits.steps) }

  /// How many steps are left; below zero once it was asked for more than there were.
  public var steps: Int { budget.steps }
}

extension JSONSchema {
  /// Holds a value against the schema.
  ///
  /// - Parameter allowance: the steps that are left; less afterwards.
  /// - Returns: as `validate(_:)` of a text.
  /// - Throws: `exceeds`, if it can't be told whether the value is valid.
  public func validate(
    _ instance: JSONInstance, _ allowance: inout SchemaAllowance
  ) throws(SchemaFault) -> [SchemaViolation] {
    var validator = Validator(
      compiled, instance.document, limits: limits, budget: allowance.budget)
    defer { allowance.budget = validator.budget }
    var marks: Marks?
    _ = try validator.evaluate(0, 0, &marks)
    return validator.violations
  }

  /// Whether a value is as the schema wants it. Costs less than to be told in what it isn't.
  public func accepts(
    _ instance: JSONInstance, _ allowance: inout SchemaAllowance
  ) throws(SchemaFault) -> Bool {
    var validator = Validator(
      compiled, instance.document, limits: limits, budget: allowance.budget)
    defer { allowance.budget = validator.budget }
    var marks: Marks?
    return try validator.matches(0, 0, &marks)
  }
}
