import ArgumentParser
import CloakroomClient
import CloakroomWire

/// `cloakroom flows list`
struct ListFlows: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the flows of a service, with their versions and live sessions.",
    discussion: """
      On a terminal there is a line for each version of a flow, the current one marked with *. Into a \
      pipe, and with --json, each flow is a line of JSON.

      EXAMPLES:
        cloakroom flows list
        cloakroom flows list --service shop --scope organization=org_1
        cloakroom flows list --json | jq -r 'select(.liveSessions > 0).name'

      \(ExitStatus.help)
      """)

  @OptionGroup var place: FlowPlace

  func run() throws { try outcome(.process).finish() }

  /// The list.
  func outcome(_ environment: CommandEnvironment) -> Outcome {
    place.outcome(environment) { exchange, scope, isTable throws(Exchange.Failure) in
      var flows: [JSONNode] = []
      var cursor = "null"
      repeat {
        let params = #"{"cursor":\#(cursor),"count":1000,"scope":\#(scope)}"#
        switch try exchange.call("flow.list", Array(params.utf8)) {
        case .result(let result):
          flows += result["flows"]?.elements ?? []
          cursor = result["cursor"]?.written ?? "null"
        case .error(let error):
          return Outcome(complaint: "\(error)\n", status: .failure)
        }
      } while cursor != "null"
      guard isTable else {
        return Outcome(output: flows.flatMap { Array($0.bytes) + [UInt8(ascii: "\n")] })
      }
      return .success(TextTable.text(Self.rows(of: flows)))
    }
  }

  private static func rows(of flows: [JSONNode]) -> [[String]] {
    var rows = [["FLOW", "VERSION", "LIVE", "DEFINED", "BY"]]
    for flow in flows {
      let isClosed = flow["closed"]?.kind == .true
      for version in flow["versions"]?.elements ?? [] {
        let number = version["version"]?.written ?? ""
        let isCurrent = number == flow["version"]?.written
        rows.append([
          TextTable.harmless(flow["name"]),
          number + (isCurrent ? (isClosed ? " closed" : " *") : ""),
          version["liveSessions"]?.written ?? "", TextTable.harmless(version["definedAt"]),
          isCurrent ? TextTable.harmless(flow["source"]) : "",
        ])
      }
    }
    return rows
  }
}
