import ArgumentParser

/// `cloakroom flows`: what an operator does about flows.
struct Flows: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at flows.", subcommands: [FlowStats.self])
}
