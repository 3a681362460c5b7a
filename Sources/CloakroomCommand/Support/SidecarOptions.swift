import ArgumentParser
import CloakroomClient
import CloakroomCore

/// Where the sidecar is, and how long to wait for it.
struct SidecarOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The sidecar's socket.",
      discussion: """
        Without it: $CLOAKROOM_SOCKET, $RUNTIME_DIRECTORY/cloakroom.sock, \
        $XDG_RUNTIME_DIR/cloakroom.sock, /tmp/cloakroom-UID/cloakroom.sock.
        """, valueName: "path"),
    completion: .file(extensions: ["sock"]))
  var socket: String?

  @Option(
    help: ArgumentHelp("How long to wait for an answer.", valueName: "seconds"))
  var timeout = 10.0

  mutating func validate() throws {
    guard timeout > 0, timeout <= 86_400 else {
      throw ValidationError("--timeout is more than 0 and at most 86400 seconds")
    }
  }

  /// The timeout as a duration.
  var patience: Duration { .seconds(timeout) }

  /// Works out where the socket is.
  func location(_ environment: CommandEnvironment) throws(SocketPath.Fault) -> SidecarLocation {
    try SidecarLocation.resolve(
      flag: socket, environment: environment.variables, userID: environment.userID)
  }
}
