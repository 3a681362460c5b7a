internal import CloakroomWire

/// A keyword of a compiled schema. Subschemas are meant by their index.
enum Keyword: Sendable {
  /// The schema `false`.
  case nothing
  case reference(Int)

  case type(JSONTypes)
  case enumeration(ValueTable)
  /// The value, by its node in the schema's document.
  case constant(Int)

  case multipleOf(JSONNumber)
  case maximum(JSONNumber)
  case exclusiveMaximum(JSONNumber)
  case minimum(JSONNumber)
  case exclusiveMinimum(JSONNumber)

  case maxLength(Int)
  case minLength(Int)
  /// A pattern of the schema, by its number.
  case pattern(Int)
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
  case required([MemberName])
  case dependentRequired([(name: MemberName, required: [MemberName])])
  case properties(PropertyRules)
  case propertyNames(Int)
  case dependentSchemas([(name: MemberName, schema: Int)])

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

  /// All subschemas that are applied by the keyword, each as often as it may be applied to one value.
  var applied: [Int] {
    switch self {
    case .prefixItems(let ids): ids
    case .items(let id, _), .contains(let id, _, _), .propertyNames(let id),
      .unevaluatedItems(let id),
      .unevaluatedProperties(let id):
      [id]
    case .properties(let rules):
      rules.named.values + (rules.patterns?.schemas ?? []) + [rules.additional].compactMap { $0 }
    default: inPlace
    }
  }

  /// How much memory it takes beside its own place, in bytes, about.
  var memoryBytes: Int {
    func names(_ names: [MemberName]) -> Int { names.reduce(32) { $0 + 48 + $1.utf8.count } }
    return switch self {
    case .enumeration(let table): table.memoryBytes
    case .required(let required): names(required)
    case .dependentRequired(let entries):
      entries.reduce(32) { $0 + names([$1.name]) + names($1.required) }
    case .dependentSchemas(let entries): entries.reduce(32) { $0 + names([$1.name]) + 8 }
    case .properties(let rules):
      64 + rules.named.memoryBytes + (rules.patterns?.schemas.count ?? 0) * 8
    case .prefixItems(let ids), .allOf(let ids), .anyOf(let ids), .oneOf(let ids):
      32 + ids.count * 8
    case .multipleOf(let number), .maximum(let number), .exclusiveMaximum(let number),
      .minimum(let number), .exclusiveMinimum(let number):
      number.memoryBytes
    default: 0
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
final class PropertyRules: Sendable {
  let named: MemberTable
  /// Patterns of the schema that are searched for together, by their number, and what each is about.
  let patterns: (number: Int, schemas: [Int])?
  let additional: Int?

  init(named: MemberTable, patterns: (number: Int, schemas: [Int])?, additional: Int?) {
    self.named = named
    self.patterns = patterns
    self.additional = additional
  }
}

/// Values of a schema's document, found by their hashes.
final class ValueTable: Sendable {
  /// Sorted.
  private let hashes: [UInt64]
  private let nodes: [UInt32]

  /// A table of nodes of a document.
  init(_ values: [Int], in document: ParsedJSON) throws(SchemaFault) {
    // A schema is no longer than its own limit, and each of its values is looked at once.
    var budget = Budget(steps: .max)
    var entries: [(hash: UInt64, node: Int)] = []
    for value in values { entries.append((try document.hash(of: value, &budget), value)) }
    entries.sort { $0.hash < $1.hash }
    hashes = entries.map(\.hash)
    nodes = entries.map { UInt32(clamping: $0.node) }
  }

  /// Whether a value of another document is among these.
  func holds(
    _ node: Int, of document: ParsedJSON, in own: ParsedJSON, _ budget: inout Budget
  ) throws(SchemaFault) -> Bool {
    let hash = try document.hash(of: node, &budget)
    var (low, high) = (0, hashes.count)
    while low < high {
      let middle = (low + high) / 2
      if hashes[middle] < hash { low = middle + 1 } else { high = middle }
    }
    while low < hashes.count, hashes[low] == hash {
      if try document.isEqual(node, to: own, Int(nodes[low]), &budget) { return true }
      low += 1
    }
    return false
  }

  /// How much memory it takes, in bytes, about.
  var memoryBytes: Int { 64 + hashes.count * 12 }
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

  /// The types that a value of a kind has; a number may be an integer as well.
  init(of kind: JSONKind) {
    switch kind {
    case .null: self = .null
    case .true, .false: self = .boolean
    case .object: self = .object
    case .array: self = .array
    case .string: self = .string
    case .number: self = .number
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
  /// In the order in which they are applied: what is about the unevaluated comes last.
  var keywords: [Keyword] = []
  /// Its node in the schema's document.
  let node: Int
  /// Whether several ways lead to it, so that it may be applied to one value more than once.
  var isShared = false

  /// Whether it must be known what the other keywords have been applied to.
  var needsMarks: Bool { keywords.last?.isUnevaluated ?? false }
}
