import CloakroomClient
import CloakroomWire

/// The answer of `flow.stats` for people.
enum FlowStatsTable {
  /// How many columns the longest bar takes.
  static let barWidth = 30

  /// Totals in a line, and a line for each step.
  ///
  /// - Parameter hasBars: whether each step has a bar: full blocks for those who have completed it, shaded
  ///   ones for those who have come to it and have not.
  static func text(_ stats: JSONNode, hasBars: Bool) -> String {
    let steps = stats["steps"]?.elements ?? []
    var rows = [["step", "entered", "completed", "gave up", "median", "p90", "errors"]]
    for step in steps {
      rows.append([
        printable(step["id"]?.string ?? ""), count(step, "entered"), count(step, "completed"),
        count(step, "abandoned"), time(step, "medianMs"), time(step, "p90Ms"), errors(step),
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let most = steps.map { number($0, "entered") }.max() ?? 0
    var text = totals(stats) + "\n"
    guard !steps.isEmpty else { return text + "No step was come to in that time.\n" }
    for (place, row) in rows.enumerated() {
      var line = ""
      for (column, cell) in row.enumerated() {
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        // Texts from the left, numbers from the right.
        line += column == 0 || column == row.count - 1 ? cell + blanks : blanks + cell
        line += "  "
        guard column == 0, hasBars else { continue }
        line += place == 0 ? blank : bar(steps[place - 1], most)
        line += "  "
      }
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    return text
  }

  private static func totals(_ stats: JSONNode) -> String {
    let parts = ["created", "completed", "abandoned", "deleted", "dead", "live"].map {
      "\(count(stats, $0)) \($0)"
    }
    let name = printable(stats["name"]?.string ?? "")
    let version = stats["version"]?.integer.map { " version \($0)" } ?? ""
    let (from, to) = (stats["fromAt"]?.string ?? "", stats["toAt"]?.string ?? "")
    return "\(name)\(version), \(from.prefix(13)) to \(to.prefix(13)) UTC\n"
      + parts.joined(separator: ", ")
  }

  private static let blank = String(repeating: " ", count: barWidth)

  private static func bar(_ step: JSONNode, _ most: Int) -> String {
    guard most > 0 else { return blank }
    func columns(_ count: Int) -> Int {
      count <= 0 ? 0 : min(barWidth, max(1, Int(Double(count) / Double(most) * Double(barWidth))))
    }
    let entered = columns(number(step, "entered"))
    let completed = min(entered, columns(number(step, "completed")))
    return String(repeating: "█", count: completed)
      + String(repeating: "░", count: entered - completed)
      + String(repeating: " ", count: barWidth - entered)
  }

  private static func number(_ node: JSONNode, _ name: String) -> Int { node[name]?.integer ?? 0 }

  private static func count(_ node: JSONNode, _ name: String) -> String {
    Numbers.grouped(number(node, name))
  }

  private static func time(_ node: JSONNode, _ name: String) -> String {
    node[name]?.double.map { Numbers.milliseconds($0) } ?? "-"
  }

  private static func errors(_ step: JSONNode) -> String {
    (step["errors"]?.elements ?? []).map {
      "\(printable($0["keyword"]?.string ?? "")) \(count($0, "count"))"
    }.joined(separator: ", ")
  }

  /// A name as it is, unless it could do a terminal harm.
  private static func printable(_ text: String) -> String {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
      ? text
      : String(text.unicodeScalars.map { (0x20..<0x7F).contains($0.value) ? Character($0) : "?" })
  }
}
