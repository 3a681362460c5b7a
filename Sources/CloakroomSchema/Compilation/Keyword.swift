/// A keyword of a compiled schema. Subschemas are meant by their index.
enum Keyword: Sendable {
  /// The schema `false`.
  case nothing
  case reference(Int)

  case type(JSONTypes)
  case enumeration(Set<JSONValue>)
  case constant(JSONValue)

  case multipleOf(JSONNumber)
  case maximum(JSONNumber)
  case exclusiveMaximum(JSONNumber)
  case minimum(JSONNumber)
  case exclusiveMinimum(JSONNumber)

  case maxLength(Int)
  case minLength(Int)
  case pattern(Pattern)
  case format(Format)

  case maxItems(Int)
  case minItems(Int)
  case uniqueItems
  case prefixItems([Int])
  /// What the elements from an index on are held against.
  case items(Int, from: Int)
  case contains(Int, minimum: Int, maximum: Int?)

  case maxProperties(Int)
  case minProperties(Int)
  case required([JSONText])
  case dependentRequired([(name: JSONText, required: [JSONText])])
  case properties(PropertyRules)
  case propertyNames(Int)
  case dependentSchemas([(name: JSONText, schema: Int)])

  case allOf([Int])
  case anyOf([Int])
  case oneOf([Int])
  case not(Int)
  case conditional(if: Int, then: Int?, else: Int?)

  case unevaluatedItems(Int)
  case unevaluatedProperties(Int)

  /// The subschemas that are applied to the very value that this keyword is applied to.
  var inPlace: [Int] {
    switch self {
    case .reference(let id), .not(let id): [id]
    case .allOf(let ids), .anyOf(let ids), .oneOf(let ids): ids
    case .conditional(let condition, let then, let otherwise):
      [condition] + [then, otherwise].compactMap { $0 }
    case .dependentSchemas(let entries): entries.map(\.schema)
    default: []
    }
  }

  /// Whether the keyword is applied to what no other keyword was.
  var isUnevaluated: Bool {
    switch self {
    case .unevaluatedItems, .unevaluatedProperties: true
    default: false
    }
  }
}

/// `properties`, `patternProperties` and `additionalProperties`, which leave members to each other.
struct PropertyRules: Sendable {
  var named: [JSONText: Int] = [:]
  var patterns: [(pattern: Pattern, schema: Int)] = []
  var additional: Int?
}

/// A set of JSON's types.
struct JSONTypes: OptionSet, Sendable {
  let rawValue: UInt8

  static let null = Self(rawValue: 1)
  static let boolean = Self(rawValue: 2)
  static let object = Self(rawValue: 4)
  static let array = Self(rawValue: 8)
  static let number = Self(rawValue: 16)
  static let string = Self(rawValue: 32)
  static let integer = Self(rawValue: 64)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The type of a name; nil if there is none.
  init?(named name: String) {
    switch name {
    case "null": self = .null
    case "boolean": self = .boolean
    case "object": self = .object
    case "array": self = .array
    case "number": self = .number
    case "string": self = .string
    case "integer": self = .integer
    default: return nil
    }
  }

  /// The types that a value has: whole numbers are numbers as well.
  init(of value: JSONValue) {
    switch value {
    case .null: self = .null
    case .boolean: self = .boolean
    case .object: self = .object
    case .array: self = .array
    case .string: self = .string
    case .number(let number): self = number.isInteger ? [.number, .integer] : .number
    }
  }

  /// The names, for people.
  var names: String {
    let all: [(Self, String)] = [
      (.null, "null"), (.boolean, "boolean"), (.object, "object"), (.array, "array"),
      (.number, "number"), (.string, "string"), (.integer, "integer"),
    ]
    return all.filter { contains($0.0) }.map(\.1).joined(separator: " or ")
  }
}

/// A schema within a compiled schema.
struct Subschema: Sendable {
  /// Where it is, as JSON Pointer into the schema's text.
  let location: String
  /// In the order in which they are applied: what is about the unevaluated comes last.
  var keywords: [Keyword]

  /// Whether it must be known what the other keywords have been applied to.
  var needsMarks: Bool { keywords.last?.isUnevaluated ?? false }
}
