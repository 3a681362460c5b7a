/// A value that is held against several schemas: read once.
///
/// ```swift
/// let instance = try JSONInstance(data.span.bytes)
/// var allowance = SchemaAllowance()                        // for all that is asked of it
/// if try condition.accepts(instance, &allowance) { … }
/// let violations = try schema.validate(instance, &allowance)
/// ```
public struct JSONInstance: Sendable {
  let value: JSONValue

  /// Reads a value.
  ///
  /// - Parameter text: the value as JSON, UTF-8.
  /// - Throws: `unreadable` or `exceeds`.
  public init(_ text: RawSpan, limits: SchemaLimits = SchemaLimits()) throws(SchemaFault) {
    guard text.byteCount <= limits.valueBytes else { throw .exceeds(.valueBytes) }
    value = try JSONReader.read(text, limits)
  }

  /// Whether a place within it is the same in another: both have nothing there, or equal values, where 1
  /// is 1.0 and members have no order.
  public func isSame(as other: JSONInstance, at pointer: JSONPointer) -> Bool {
    pointer.value(in: value) == pointer.value(in: other.value)
  }

  /// Whether there is something at a place within it.
  public func has(_ pointer: JSONPointer) -> Bool { pointer.value(in: value) != nil }
}

/// The steps that are left for holding values against schemas, however many of these there are.
public struct SchemaAllowance: Sendable {
  var budget: Budget

  /// As many steps as one validation may take.
  public init(limits: SchemaLimits = SchemaLimits()) { budget = Budget(steps: limits.steps) }
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
    var validator = Validator(subschemas, limits: limits, budget: allowance.budget)
    defer { allowance.budget = validator.budget }
    var marks: Marks?
    _ = try validator.evaluate(0, instance.value, &marks)
    return validator.violations
  }

  /// Whether a value is as the schema wants it. Costs less than to be told in what it isn't.
  public func accepts(
    _ instance: JSONInstance, _ allowance: inout SchemaAllowance
  ) throws(SchemaFault) -> Bool {
    var validator = Validator(subschemas, limits: limits, budget: allowance.budget)
    defer { allowance.budget = validator.budget }
    var marks: Marks?
    return try validator.matches(0, instance.value, &marks)
  }
}
