import CloakroomClient

/// JSON Schemas in a few words.
enum SchemaText {
  /// What a schema takes, as `integer | string`.
  static func type(of schema: String) -> String {
    guard let node = try? JSONNode(Array(schema.utf8)) else { return "any" }
    return type(of: node)
  }

  private static func type(of schema: JSONNode) -> String {
    if let values = schema["enum"]?.elements {
      return values.map(\.written).joined(separator: " | ")
    }
    if let value = schema["const"] { return value.written }
    if let types = schema["type"]?.elements, !types.isEmpty {
      return types.compactMap(\.string).joined(separator: " | ")
    }
    guard let type = schema["type"]?.string else { return "any" }
    if type == "array", let items = schema["items"] {
      return "array of \(self.type(of: items))"
    }
    return type
  }
}
