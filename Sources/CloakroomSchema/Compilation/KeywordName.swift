internal import CloakroomWire

/// All keywords that a schema may have. The last are annotations, which are no condition on a value; of these only
/// `contentSchema` must be a schema.
enum KeywordName: Int, CaseIterable {
  case schema, id, anchor, reference, definitions
  case type, enumeration, constant
  case multipleOf, maximum, exclusiveMaximum, minimum, exclusiveMinimum
  case maxLength, minLength, pattern, format
  case maxItems, minItems, uniqueItems, maxContains, minContains
  case maxProperties, minProperties, required, dependentRequired
  case prefixItems, items, contains
  case properties, patternProperties, additionalProperties, propertyNames, dependentSchemas
  case allOf, anyOf, oneOf, not, condition, then, otherwise
  case unevaluatedItems, unevaluatedProperties
  case title, description, standard, examples, comment, deprecated, readOnly, writeOnly
  case contentEncoding, contentMediaType, contentSchema

  /// The keyword as a schema has it.
  var text: String {
    switch self {
    case .schema: "$schema"
    case .id: "$id"
    case .anchor: "$anchor"
    case .reference: "$ref"
    case .definitions: "$defs"
    case .enumeration: "enum"
    case .constant: "const"
    case .condition: "if"
    case .otherwise: "else"
    case .standard: "default"
    case .comment: "$comment"
    default: "\(self)"
    }
  }

  /// Where the keyword that a member's name is stands among all; nil for one that is none.
  static func number(of name: Int, in document: ParsedJSON) -> Int? {
    table.number(of: name, in: document)
  }

  private static let table = MemberTable(
    allCases.map { (name: MemberName(Array($0.text.utf8)), number: $0.rawValue) })
}
