/// A JSON Schema, draft 2020-12, compiled from its text: defined once, then held against values.
///
/// ```swift
/// let schema = try JSONSchema(definition.span.bytes)        // once; throws what is wrong with it
/// let violations = try schema.validate(value.span.bytes)    // for each value
/// if violations.isEmpty { … }
/// ```
///
/// - All keywords of the core, applicator, unevaluated, validation and meta-data vocabularies are
///   supported, but for `$dynamicRef`, `$dynamicAnchor` and `$vocabulary`. A keyword that is not
///   supported or not known is refused when the schema is defined, as is one whose value is not
///   what it must be: nothing that reads like a condition is passed over.
/// - `format` is a condition; the supported formats are those of `Format`, and others are refused.
///   `contentEncoding`, `contentMediaType` and `contentSchema` are annotations, as the
///   specification has it.
/// - `$ref` reaches everything within the schema, by `$id`, `$anchor` and JSON Pointer. Nothing is
///   fetched; a reference that leads elsewhere is refused.
/// - `pattern` and `patternProperties` know the subset of ECMA-262 that `Pattern` describes.
/// - Numbers are compared, and `multipleOf` is decided, in decimal, exactly and of any size. Members that
///   come twice are refused.
///
/// All work is bounded by `SchemaLimits`. A schema may be used by several threads at once.
public struct JSONSchema: Sendable {
  let compiled: CompiledSchema
  let limits: SchemaLimits
  /// How many states the automata of its patterns have together.
  public var patternStates: Int { compiled.patternStates }
  /// How many subschemas it has, itself included.
  public var subschemaCount: Int { compiled.subschemas.count }
  /// How much memory it takes, in bytes, about; copies of it share that.
  public var memoryBytes: Int { compiled.memoryBytes }

  /// Compiles a schema.
  ///
  /// - Parameters:
  ///   - text: the schema as JSON, UTF-8.
  ///   - limits: what the schema and each validation may cost.
  /// - Throws: what is wrong with the schema, and where.
  public init(_ text: RawSpan, limits: SchemaLimits = SchemaLimits()) throws(SchemaFault) {
    guard text.byteCount <= limits.schemaBytes else { throw .exceeds(.schemaBytes) }
    compiled = try SchemaCompiler.compile(
      JSONInstance.read(text, limits), limits: limits)
    self.limits = limits
  }

  /// Holds a value against the schema.
  ///
  /// - Parameter text: the value as JSON, UTF-8.
  /// - Returns: what is not as the schema wants it, at most `SchemaLimits.violations`; nothing if
  ///   the value is valid.
  /// - Throws: `unreadable` or `exceeds`, if it can't be told whether the value is valid.
  public func validate(_ text: RawSpan) throws(SchemaFault) -> [SchemaViolation] {
    var allowance = SchemaAllowance(limits: limits)
    return try validate(JSONInstance(text, limits: limits), &allowance)
  }
}
