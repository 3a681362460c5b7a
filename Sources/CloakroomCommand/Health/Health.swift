import ArgumentParser
import CloakroomClient
import CloakroomWire

/// `cloakroom health`: whether the sidecar is well, for people and for probes.
struct Health: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell how the sidecar is.",
    discussion: """
      Prints a table on a terminal and the sidecar's own JSON into a pipe. A probe asks with \
      --quiet and a --timeout below its own, and uses the exit status.

      EXAMPLES:
        cloakroom health
        cloakroom health --quiet --timeout 1 || echo "not well"
        cloakroom health | jq -r '.degraded[].reason'

      EXIT STATUS: 0 well; 1 degraded, or refused to tell; 64 wrong usage; 69 no sidecar answers; \
      76 what answers is no sidecar; 124 no answer in time.
      """)

  @OptionGroup var sidecar: SidecarOptions

  @Flag(name: .shortAndLong, help: "Print nothing: the exit status says it.")
  var quiet = false

  func run() throws { try outcome(.process).finish() }

  /// The answer and what it comes to.
  func outcome(_ environment: CommandEnvironment) -> Outcome {
    var outcome: Outcome
    do throws(Exchange.Failure) {
      let exchange = Exchange(options: sidecar, environment: environment)
      switch try exchange.call("system.health", nil) {
      case .result(let health):
        outcome = report(health, environment)
      case .error(let error):
        outcome = .failure(.failure, "\(error)")
      }
    } catch {
      outcome = error.outcome
    }
    return quiet ? Outcome(status: outcome.status) : outcome
  }

  private func report(_ health: JSONNode, _ environment: CommandEnvironment) -> Outcome {
    guard let status = health["status"]?.string else {
      return .failure(.protocol, "what answers system.health doesn't tell its status")
    }
    let text: [UInt8]
    if environment.isOutputTerminal {
      let table = Terminal.escaped(Array(HealthTable.text(health).utf8))
      text = environment.hasColours ? HealthTable.coloured(table, isWell: status == "ok") : table
    } else {
      text = Array(health.bytes) + [0x0A]
    }
    return Outcome(
      output: text, isVerbatim: true, status: status == "ok" ? .success : .failure)
  }
}
