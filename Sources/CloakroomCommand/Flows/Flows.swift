import ArgumentParser
import CloakroomClient
import CloakroomWire

/// `cloakroom flows`: what an operator sees of flows.
struct Flows: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at flows, and check the files that define them.",
    subcommands: [ListFlows.self, ShowFlow.self, CheckFlows.self, FlowStats.self])
}

/// Whose flows these are.
struct FlowPlace: ParsableArguments {
  @OptionGroup var sidecar: SidecarOptions

  @OptionGroup var tenant: TenantOptions

  @Flag(help: "Print JSON, as the sidecar answers it; the default where no terminal reads it.")
  var json = false

  /// Asks the sidecar; also told whether to answer with a table.
  func outcome(
    _ environment: CommandEnvironment,
    _ ask: (_ exchange: Exchange, _ scope: String, _ isTable: Bool) throws(Exchange.Failure) ->
      Outcome
  ) -> Outcome {
    tenant.outcome(sidecar, environment) { exchange, scope throws(Exchange.Failure) in
      try ask(exchange, scope, environment.isOutputTerminal && !json)
    }
  }
}

/// Rows of text under each other, for a terminal.
enum TextTable {
  /// The rows with their cells in columns, a line each.
  static func text(_ rows: [[String]]) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        if column > 0 { line += "  " }
        line += cell
        if column < row.count - 1 {
          line += String(repeating: " ", count: max(widths[column] - cell.count, 0))
        }
      }
      return line + "\n"
    }.joined()
  }

  /// A text that a caller may have made up, so that it does a terminal no harm.
  static func harmless(_ node: JSONNode?) -> String {
    guard let node else { return "" }
    guard let text = node.string,
      text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
    else { return node.written }
    return text
  }
}
