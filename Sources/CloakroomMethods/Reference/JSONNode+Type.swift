internal import CloakroomWire

/// A JSON Schema in a few words, as far as the table's schemas go.
extension JSONNode {
  /// One of the table's own texts; nil when it is not JSON.
  init?(_ json: StaticString) {
    guard let node = try? JSONNode(Array("\(json)".utf8)) else { return nil }
    self = node
  }

  /// The type that a schema describes, for people: `string`, `integer or null`, `array of string (up to 32)`,
  /// `{found: boolean, value: any JSON, etag?: string}`.
  var typeForPeople: String {
    if let constant = self["const"] { return constant.written }
    if let cases = self["enum"] { return Self.alternatives(cases.elements.map(\.written)) }
    guard let type = self["type"] else { return "any JSON" }
    let names = type.kind == .array ? type.elements.compactMap(\.string) : [type.string ?? ""]
    return Self.alternatives(
      names.map { name in
        switch name {
        case "array": "array of \(self["items"]?.typeForPeople ?? "any JSON")\(limit("maxItems"))"
        case "object": objectForPeople
        case "integer", "number": name + rangeForPeople
        case "string": name + limit("maxLength", " bytes")
        default: name
        }
      })
  }

  /// What a number may be, where that is said.
  private var rangeForPeople: String {
    switch (self["minimum"]?.written, self["maximum"]?.written) {
    case (let least?, let most?): " (\(Self.grouped(least)) to \(Self.grouped(most)))"
    case (let least?, nil): " (from \(Self.grouped(least)))"
    case (nil, _): limit("maximum")
    }
  }

  /// The most of something, where that is said.
  private func limit(_ keyword: String, _ unit: String = "") -> String {
    self[keyword].map { " (up to \(Self.grouped($0.written))\(unit))" } ?? ""
  }

  /// A number with its thousands set apart.
  private static func grouped(_ number: String) -> String {
    guard number.utf8.count > 3, number.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else {
      return number
    }
    var text = ""
    for (place, digit) in number.enumerated() {
      if place > 0, (number.utf8.count - place) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
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
