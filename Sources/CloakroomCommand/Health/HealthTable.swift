import CloakroomClient
import CloakroomWire

/// The answer of `system.health` for people: whatever is in it, a line each.
enum HealthTable {
  /// Status and reasons first, then every other member with its number in units.
  static func text(_ health: JSONNode) -> String {
    var rows: [(label: String, value: String)] = []
    if let status = health["status"] { rows.append(("status", TextTable.harmless(status))) }
    for (list, label) in [("degraded", "degraded"), ("remarks", "remark")] {
      for entry in health[list]?.elements ?? [] {
        let what = TextTable.harmless(entry["what"] ?? entry)
        let reason = entry["reason"].map { TextTable.harmless($0) }
        rows.append((label, reason.map { "\(what): \($0)" } ?? what))
      }
    }
    for member in health.members
    where !["status", "degraded", "remarks"].contains(member.name) {
      rows += self.rows(member.name, member.value, under: "")
    }
    let width = rows.map(\.label.count).max() ?? 0
    return rows.map { row in
      row.label + String(repeating: " ", count: width - row.label.count + 2) + row.value + "\n"
    }.joined()
  }

  /// A table with the status in green or red, what is degraded in red, and remarks in yellow.
  static func coloured(_ table: [UInt8], isWell: Bool) -> [UInt8] {
    Colour.painted(table) { _, line in
      switch String(decoding: line.prefix { $0 != 0x20 }, as: UTF8.self) {
      case "status": isWell ? .good : .bad
      case "degraded": .bad
      case "remark": .remark
      default: nil
      }
    }
  }

  private static func rows(
    _ name: String, _ value: JSONNode, under label: String
  ) -> [(label: String, value: String)] {
    guard value.kind == .object else {
      let (words, text) = cell(name, value)
      return [(label + words, text)]
    }
    return value.members.flatMap { member in
      rows(member.name, member.value, under: label + words(name) + " ")
    }
  }

  /// A label without its unit, and a value with it.
  private static func cell(_ name: String, _ value: JSONNode) -> (label: String, text: String) {
    if let number = value.double {
      if name.hasSuffix("Ms") { return (words(name.dropLast(2)), Numbers.milliseconds(number)) }
      if name.hasSuffix("Rate") {
        return (words(name), Numbers.fixed(number * 100, places: 2) + " %")
      }
      if name.hasSuffix("Bytes") { return (words(name.dropLast(5)), Numbers.bytes(number)) }
    }
    switch value.kind {
    case .true: return (words(name), "yes")
    case .false: return (words(name), "no")
    default: return (words(name), TextTable.harmless(value))
    }
  }

  /// `roundTrip` as `round trip`.
  private static func words(_ name: some StringProtocol) -> String {
    name.reduce(into: "") { text, character in
      if character.isUppercase {
        text += " " + character.lowercased()
      } else {
        text.append(character)
      }
    }
  }
}
