import ArgumentParser

/// `cloakroom pending`: what an operator does about pending operations.
struct Pending: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Inspect and reopen pending operations.", subcommands: [DeadOperations.self])
}
