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
    help: ArgumentHelp(
      "How long to wait for an answer: seconds, or with a unit as 500ms. (default: 10s, and what a call "
        + "waits itself)", valueName: "duration"))
  var timeout: Timeout?

  /// How long to wait for an answer.
  ///
  /// - Parameter waits: for how long the call itself may wait, in milliseconds.
  func patience(waits: Int64 = 0) -> Duration {
    timeout?.duration ?? .seconds(10) + .milliseconds(waits)
  }

  /// Works out where the socket is.
  func location(_ environment: CommandEnvironment) throws(SocketPath.Fault) -> SidecarLocation {
    try SidecarLocation.resolve(
      flag: socket, environment: environment.variables, userID: environment.userID)
  }
}
