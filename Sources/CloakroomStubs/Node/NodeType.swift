import CloakroomWire

/// The type that a JSON Schema is in TypeScript, as far as the table's schemas go.
struct NodeType {
  /// What a caller may give.
  let given: String
  /// What a caller is answered.
  let answered: String
  /// Whether the caller says what is in the answer: its type has the parameter `T`.
  let isGeneric: Bool

  init(_ schema: JSONNode) {
    given = Self.text(schema, isGiven: true, name: nil)
    answered = Self.text(schema, isGiven: false, name: nil)
    isGeneric = Self.names(schema).contains { Self.openMembers.contains($0) }
  }

  /// The members of an answer that are the caller's own JSON.
  private static let openMembers: Set = ["value", "data", "message", "result"]

  private static func text(_ schema: JSONNode?, isGiven: Bool, name: String?) -> String {
    guard let schema else { return "unknown" }
    if let cases = schema["enum"]?.elements {
      return cases.map(\.written).joined(separator: " | ")
    }
    if let constant = schema["const"] { return constant.written }
    if let cases = schema["anyOf"]?.elements {
      return union(cases.map { text($0, isGiven: isGiven, name: nil) })
    }
    guard let type = schema["type"] else {
      guard !isGiven, let name, openMembers.contains(name) else { return "unknown" }
      // Where there is no value, null stands in its place.
      return name == "value" ? "T | null" : "T"
    }
    let types = type.kind == .array ? type.elements : [type]
    return union(types.map { Self.text($0.string, of: schema, isGiven: isGiven) })
  }

  private static func text(_ type: String?, of schema: JSONNode, isGiven: Bool) -> String {
    switch type {
    case "string": return "string"
    case "integer": return isGiven ? "number | bigint" : "number"
    case "number": return "number"
    case "boolean": return "boolean"
    case "null": return "null"
    case "array":
      let item = text(schema["items"], isGiven: isGiven, name: nil)
      return isGiven ? "ReadonlyArray<\(item)>" : "Array<\(item)>"
    case "object": return object(schema, isGiven: isGiven)
    default: return "unknown"
    }
  }

  private static func object(_ schema: JSONNode, isGiven: Bool) -> String {
    let members = schema["properties"]?.members ?? []
    if members.isEmpty {
      guard let others = schema["additionalProperties"], others.kind == .object else {
        // An interface has no index signature: as `object` it can be given too.
        return isGiven ? "object" : "Record<string, unknown>"
      }
      return "Record<string, \(text(others, isGiven: isGiven, name: nil))>"
    }
    let required = Set(schema["required"]?.elements.compactMap(\.string) ?? [])
    let texts = members.map { name, value in
      "\(name)\(required.contains(name) ? "" : "?"): \(text(value, isGiven: isGiven, name: name))"
    }
    return "{ \(texts.joined(separator: "; ")) }"
  }

  /// The names of all members that may be anything.
  private static func names(_ schema: JSONNode) -> [String] {
    if let items = schema["items"] { return names(items) }
    return (schema["properties"]?.members ?? []).flatMap { name, value in
      value["type"] == nil && value["enum"] == nil && value["const"] == nil
        ? [name] : names(value)
    }
  }

  private static func union(_ types: [String]) -> String {
    var seen: [String] = []
    for type in types where !seen.contains(type) { seen.append(type) }
    return seen.joined(separator: " | ")
  }
}
