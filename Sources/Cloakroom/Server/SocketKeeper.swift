internal import CloakroomCore
internal import Glibc
internal import Logging
internal import Synchronization

/// Keeps the sockets that the sidecar listens on where clients find them.
///
/// Somebody may remove a socket's file, or put another in its place: the sidecar would go on and serve nobody.
/// That is noticed, said once, and undone as soon as the place is free.
final class SocketKeeper: Sendable {
  private struct State {
    var sockets: [ListeningSocket]
    /// Why clients don't find a socket; nil when they do.
    var problem: String?
  }

  private let settings: Configuration.Socket
  private let logger: Logger
  private let state: Mutex<State>

  /// Takes the sockets that systemd hands over, or else the configured one.
  ///
  /// - Throws: what stands in the way.
  init(
    _ settings: Configuration.Socket, environment: [String: String], logger: Logger
  ) throws {
    self.settings = settings
    self.logger = logger
    var sockets = try ListeningSocket.inherited(environment: environment)
    if sockets.isEmpty {
      try Self.makeFolder(of: settings)
      sockets = [try ListeningSocket.bind(settings)]
    }
    state = Mutex(State(sockets: sockets))
  }

  /// The sockets as they are now.
  var sockets: [ListeningSocket] { state.withLock(\.sockets) }

  /// Why clients don't find a socket; nil when they do.
  var problem: String? { state.withLock(\.problem) }

  /// Looks whether the sockets are in their places.
  ///
  /// - Returns: the socket that is to be served in place of the one that was there so far; nil when nothing
  ///   is to be changed.
  func look() -> ListeningSocket? {
    guard let lost = sockets.first(where: { !$0.isInPlace }) else {
      settle(nil)
      return nil
    }
    let path = lost.path ?? settings.path
    guard !lost.isInherited else {
      settle("the socket \(path) is gone: restart the .socket unit that makes it")
      return nil
    }
    do {
      try Self.makeFolder(of: settings)
      let fresh = try ListeningSocket.bind(settings, holding: lost.lock)
      state.withLock {
        $0.sockets = [fresh]
        $0.problem = nil
      }
      logger.warning("the socket's file was gone: made it again", metadata: ["socket": "\(path)"])
      return fresh
    } catch {
      settle("clients don't find this sidecar any more, its socket is gone: \(error)")
      return nil
    }
  }

  /// Notes how things stand, and tells the log what is new.
  private func settle(_ problem: String?) {
    let before = state.withLock { state in
      let before = state.problem
      state.problem = problem
      return before
    }
    guard before != problem else { return }
    if let problem {
      logger.error("\(problem)")
    } else {
      logger.notice("the socket is in its place again")
    }
  }

  /// Removes what this sidecar has made.
  func remove() {
    for socket in sockets { socket.remove() }
  }

  private static func makeFolder(of settings: Configuration.Socket) throws(PrivateFolder.Fault) {
    guard let folder = settings.privateFolder else { return }
    try PrivateFolder.make(folder, userID: geteuid())
  }
}
