/// What a schema and its use may cost: a schema comes from a client, and so does what it is held
/// against.
public struct SchemaLimits: Sendable, Equatable {
  /// The longest schema, in bytes of its JSON.
  public var schemaBytes = 256 << 10
  /// The longest value that is looked into, in bytes of its JSON.
  public var valueBytes = 1 << 20
  /// How deep the JSON of a schema or of a value, or the groups of a pattern, may be nested.
  public var depth = 128
  /// How many subschemas may be applied within one another, each reference being one.
  public var evaluationDepth = 512
  /// How many subschemas a schema may have.
  public var subschemas = 10_000
  /// How many states the automata of all patterns of a schema may have together.
  public var patternStates = 20_000
  /// How much memory a compiled schema may take, in bytes.
  public var compiledBytes = 4 << 20
  /// How many steps one validation may take. A step is what takes some 10 ns: a member looked at, a character of a
  /// text that a pattern is searched in, a state of a pattern visited, four digits of a long number; to apply a
  /// subschema to a value takes a few. The whole takes some 30 ms of a core.
  public var steps = 2_000_000
  /// How many violations of one value are told; validation ends with the last of them.
  public var violations = 32
  /// How long a location may be, in bytes of its JSON Pointer. Where a longer one in a value is
  /// violated, the nearest container's is told; a schema that has longer ones is refused.
  public var locationBytes = 1_024

  /// The limits as they are unless they are set.
  public init() {}
}
