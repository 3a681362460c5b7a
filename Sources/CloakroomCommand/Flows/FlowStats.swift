import ArgumentParser
import CloakroomClient
import CloakroomWire

/// `cloakroom flows stats`: where people give up.
struct FlowStats: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Tell how people come through a flow.",
    discussion: """
      On a terminal there is a bar for each step: how many have come to it, how many of them have \
      completed it, and how many have given up there. Into a pipe it is a plain table, with --json \
      the sidecar's own answer. Times are right within 5 %.

      EXAMPLES:
        cloakroom flows stats project
        cloakroom flows stats project --service web --from 2026-11-01T00:00:00Z --version 3
        cloakroom flows stats project --json | jq '.steps[] | [.id, .abandoned]'

      \(ExitStatus.help)
      """)

  @OptionGroup var sidecar: SidecarOptions
  @OptionGroup var tenant: TenantOptions

  @Argument(help: "The flow's name.") var name: String

  @Option(help: ArgumentHelp("Of this version alone.", valueName: "number"))
  var version: Int64?

  @Option(help: ArgumentHelp("From this hour on, as RFC 3339 writes it.", valueName: "time"))
  var from: String?

  @Option(help: ArgumentHelp("To this hour, likewise.", valueName: "time"))
  var to: String?

  @Flag(help: "Print the sidecar's own answer.")
  var json = false

  func run() throws { try outcome(.process).finish() }

  /// The numbers.
  func outcome(_ environment: CommandEnvironment) -> Outcome {
    tenant.outcome(sidecar, environment) { exchange, scope throws(Exchange.Failure) in
      var params: [UInt8] = Array("{\"name\":".utf8)
      JSONString.quote(name, into: &params)
      if let version { params += Array(",\"version\":\(version)".utf8) }
      for (name, time) in [("from", from), ("to", to)] {
        guard let time else { continue }
        params += Array(",\"\(name)\":".utf8)
        JSONString.quote(time, into: &params)
      }
      params += Array(",\"scope\":\(scope)}".utf8)
      switch try exchange.call("flow.stats", params) {
      case .result(let stats):
        if json { return Outcome(output: Array(stats.bytes) + [0x0A]) }
        let text = FlowStatsTable.text(stats, hasBars: environment.isOutputTerminal)
        return Outcome(output: Array(text.utf8))
      case .error(let error):
        return .failure(.failure, "\(error)")
      }
    }
  }
}
