import ArgumentParser
import Cloakroom

/// The `cloakroom` command: the daemon and its operator's tools.
@main
struct CloakroomCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cloakroom",
    abstract: "A local sidecar that keeps an application's temporary data."
  )
  @Option var socket: String
  @Option var redis: String
  @Option var loops = 2
  func run() async throws {
    try await ThinSlice.run(socket: socket, redis: redis, loops: loops)
  }
}
