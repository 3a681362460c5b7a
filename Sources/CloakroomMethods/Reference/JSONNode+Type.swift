internal import CloakroomWire

/// A JSON Schema in a few words, as far as the table's schemas go.
extension JSONNode {
  /// One of the table's own texts; nil when it is not JSON.
  init?(_ json: StaticString) {
    guard let node = try? JSONNode(Array("\(json)".utf8)) else { return nil }
    self = node
  }

  /// The type that a schema describes, for people: `string`, `integer or null`, `array of string`,
  /// `{found: boolean, value: any JSON, etag?: string}`.
  var typeForPeople: String {
    if let constant = self["const"] { return constant.written }
    if let cases = self["enum"] { return Self.alternatives(cases.elements.map(\.written)) }
    guard let type = self["type"] else { return "any JSON" }
    let names = type.kind == .array ? type.elements.compactMap(\.string) : [type.string ?? ""]
    return Self.alternatives(
      names.map { name in
        switch name {
        case "array": "array of \(self["items"]?.typeForPeople ?? "any JSON")"
        case "object": objectForPeople
        default: name
        }
      })
  }

  private var objectForPeople: String {
    guard let properties = self["properties"]?.members, !properties.isEmpty else { return "object" }
    let required = self["required"]?.elements.compactMap(\.string) ?? []
    let members = properties.map { name, schema in
      "\(name)\(required.contains(name) ? "" : "?"): \(schema.typeForPeople)"
    }
    return "{\(members.joined(separator: ", "))}"
  }

  private static func alternatives(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return "\(names.dropLast().joined(separator: ", ")) or \(last)"
  }
}
