import CloakroomWire

/// The type that a JSON Schema is in Python, as far as the table's schemas go.
struct PythonType {
  /// What a caller may give: anything that acts like it.
  let given: String
  /// What a caller is answered: the decoder's own types.
  let answered: String

  init(_ schema: JSONNode) {
    given = Self.given(schema)
    answered = Self.answered(schema)
  }

  private static func given(_ schema: JSONNode?) -> String {
    guard let schema else { return "Any" }
    if let cases = schema["enum"]?.elements { return literal(cases) }
    guard let type = schema["type"] else { return "Any" }
    var names: [String] = []
    for type in type.kind == .array ? type.elements : [type] {
      let name =
        switch type.string {
        case "string": "str"
        case "integer": "int"
        case "number": "float"
        case "boolean": "bool"
        case "null": "None"
        case "array": "Sequence[\(given(schema["items"]))]"
        case "object": "Mapping[str, Any]"
        default: "Any"
        }
      if !names.contains(name) { names.append(name) }
    }
    return names.count == 1 ? names[0] : "Union[\(names.joined(separator: ", "))]"
  }

  /// A choice of texts; of anything else there is none in the table.
  private static func literal(_ cases: [JSONNode]) -> String {
    let texts = cases.compactMap(\.string)
    guard texts.count == cases.count, !texts.isEmpty else { return "Any" }
    return "Literal[\(texts.map(PythonText.literal).joined(separator: ", "))]"
  }

  /// Containers are as the decoder makes them; what is in them is for the caller to look at.
  private static func answered(_ schema: JSONNode) -> String {
    switch schema["type"]?.string {
    case "object": "Dict[str, Any]"
    case "array": "List[Any]"
    case "boolean": "bool"
    case "string": "str"
    default: "Any"
    }
  }
}
