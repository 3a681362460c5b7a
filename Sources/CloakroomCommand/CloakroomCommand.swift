import ArgumentParser

/// The `cloakroom` command: the sidecar and its operator's tools.
@main
struct CloakroomCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cloakroom",
    abstract: "A local sidecar that keeps an application's temporary data.",
    subcommands: [Serve.self, Call.self, Health.self, Methods.self, Bench.self]
  )
}
