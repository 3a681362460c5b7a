import ArgumentParser

/// `cloakroom pending`: what an operator does about pending operations.
struct Pending: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look after pending operations.", subcommands: [DeadOperations.self])
}
