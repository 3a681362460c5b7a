/// Why a schema can't be defined, or a value can't be held against one.
///
/// No fault holds a piece of a value.
public enum SchemaFault: Error, Sendable, Equatable {
  /// The schema can't be used as it is: which part of it, as JSON Pointer (RFC 6901) into the
  /// schema, and what is wrong there.
  case refused(at: String, message: String)
  /// The schema's or the value's text is no JSON, or none that can be looked into: a member that
  /// comes twice, half a surrogate pair. Where, as JSON Pointer, and what is wrong there.
  case unreadable(at: String, message: String)
  /// The schema, the value, or the work of holding one against the other is larger than a limit.
  case exceeds(Limit)

  /// A limit of `SchemaLimits` that was exceeded.
  public enum Limit: String, Sendable {
    /// `SchemaLimits.schemaBytes`
    case schemaBytes
    /// `SchemaLimits.valueBytes`
    case valueBytes
    /// `SchemaLimits.depth`
    case depth
    /// `SchemaLimits.evaluationDepth`
    case evaluationDepth
    /// `SchemaLimits.subschemas`
    case subschemas
    /// `SchemaLimits.patternStates`
    case patternStates
    /// `SchemaLimits.locationBytes`
    case locationBytes
    /// `SchemaLimits.compiledBytes`
    case compiledBytes
    /// `SchemaLimits.steps`
    case steps
  }
}

/// One thing in which a value is not as its schema wants it.
public struct SchemaViolation: Sendable, Equatable {
  /// Where in the value, as JSON Pointer (RFC 6901); empty for the whole value. It holds names of
  /// members, which are part of the value, and is thus for the caller and for no log.
  public let instanceLocation: String
  /// The keyword, as JSON Pointer into the schema that holds it, behind any reference.
  public let keywordLocation: String
  /// What is wrong, for people. Never a piece of the value.
  public let message: String

  /// Describes a violation.
  public init(instanceLocation: String, keywordLocation: String, message: String) {
    self.instanceLocation = instanceLocation
    self.keywordLocation = keywordLocation
    self.message = message
  }
}
