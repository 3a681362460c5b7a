import ArgumentParser
import Cloakroom

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
}
