import ArgumentParser
import Cloakroom
import CloakroomCore
import Glibc

/// The `cloakroom` command: the sidecar and its operator's tools.
@main
struct CloakroomCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cloakroom",
    abstract: "A local sidecar that keeps an application's temporary data.",
    discussion: """
      EXAMPLES:
        cloakroom serve &
        cloakroom call kv.set '{"key":"user:1","value":"Alice","ttl":"1h"}'
        cloakroom call kv.get '{"key":"user:1"}'

      Each command's --help tells its exit statuses. \
      --generate-completion-script bash|zsh|fish prints completions for a shell.
      """,
    version: Daemon.version,
    subcommands: [
      Serve.self, Call.self, Health.self, Methods.self, Settings.self, Keys.self, Pending.self,
      Flows.self, Sessions.self, Bench.self,
    ]
  )

  static func main() async {
    // Swift's threads ask for a priority that only root may have, are well without it, and would write so to
    // syslog each time that somebody else runs the command.
    setenv("LIBDISPATCH_LOG", "NO", 0)
    // First of all, and not in the command: reading the command line takes long enough for a signal.
    if CommandLine.arguments.dropFirst().first == Serve._commandName {
      Daemon.ignoreEarlySignals()
    }
    if let complaint = complaint(about: CommandLine.arguments.dropFirst().first ?? "") {
      Terminal.write(Terminal.escaped(Array((complaint + "\n").utf8)), to: .error)
      Glibc.exit(ExitStatus.usage.rawValue)
    }
    await main(nil)
  }

  /// What is wrong with a first argument that is no command, and what may have been meant; nil when it is one, or
  /// an option.
  static func complaint(about name: String) -> String? {
    let names = configuration.subcommands.map { $0._commandName } + ["help"]
    guard !name.isEmpty, !name.hasPrefix("-"), !names.contains(name) else { return nil }
    if MethodGuess.complaint(about: name) == nil {
      return "\(name) is a method: cloakroom call \(name)"
    }
    return "there is no command \(name)\(Suggestion.hint(for: name, in: names))\n"
      + "`cloakroom --help` lists what there is"
  }
}
