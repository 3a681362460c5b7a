public import CloakroomCore
internal import Glibc

/// Where the sidecar's socket is, and who said so.
public struct SidecarLocation: Sendable, Equatable {
  /// What the location comes from.
  public enum Origin: Sendable, Equatable {
    /// An option of the command line.
    case flag
    /// An environment variable; with its name.
    case environment(String)
    /// Nothing was said.
    case fallback
  }

  /// The socket.
  public let socket: SocketPath
  /// What named it.
  public let origin: Origin

  /// The socket's path.
  public var path: String { socket.path }

  /// A location that was found otherwise.
  public init(socket: SocketPath, origin: Origin) {
    self.socket = socket
    self.origin = origin
  }

  /// Works out where the sidecar is, in the same way as the sidecar itself.
  ///
  /// - Parameters:
  ///   - flag: the path that the command line gave.
  ///   - environment: the process's environment variables.
  ///   - userID: the user who asks.
  public static func resolve(
    flag: String?, environment: [String: String], userID: UInt32
  ) throws(SocketPath.Fault) -> SidecarLocation {
    let socket = try SocketPath.resolve(flag: flag, environment: environment, userID: userID)
    guard flag == nil else { return SidecarLocation(socket: socket, origin: .flag) }
    // Which variable it was is told by asking again with that one alone.
    for name in ["CLOAKROOM_SOCKET", "RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"] {
      let alone = environment.filter { $0.key == name }
      if socket.privateFolder == nil,
        let same = try? SocketPath.resolve(flag: nil, environment: alone, userID: userID),
        same == socket
      {
        return SidecarLocation(socket: socket, origin: .environment(name))
      }
    }
    return SidecarLocation(socket: socket, origin: .fallback)
  }

  /// What nobody there means, and what to do about it.
  ///
  /// - Parameter fault: why there was no answer.
  public func explanation(of fault: ClientFault) -> String {
    """
    no sidecar answers at \(path) (\(origin)): \(fault)
    \(advice(on: fault))
    """
  }

  /// Whether there is something at the path that is no socket.
  private var isOther: Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFSOCK
  }

  private func advice(on fault: ClientFault) -> String {
    switch fault {
    case .unreachable(errno: EACCES), .unreachable(errno: EPERM):
      """
      this user may not connect: `ls -l \(path)` tells who may; as root,
      `usermod -aG GROUP USER` lets a user in from its next login on
      """
    case .unreachable(errno: ECONNREFUSED) where isOther:
      "that is no socket: say where the sidecar's is with --socket PATH or CLOAKROOM_SOCKET"
    case .unreachable(errno: ECONNREFUSED):
      "nobody listens there any more: start the sidecar again with `\(start)`"
    case .untrusted:
      "anyone with access to that folder could pose as the sidecar: say where it is with --socket PATH"
    case .closed:
      "it may be stopping, or have as many connections as it takes: try again"
    default:
      "start one with `\(start)`, or say where it is with --socket PATH or CLOAKROOM_SOCKET"
    }
  }

  /// The command that starts a sidecar there.
  private var start: String {
    switch origin {
    case .flag: "cloakroom serve --socket \(path)"
    case .environment, .fallback: "cloakroom serve"
    }
  }
}

extension SidecarLocation.Origin: CustomStringConvertible {
  /// Where the path comes from.
  public var description: String {
    switch self {
    case .flag: "from --socket"
    case .environment(let name): "from \(name)"
    case .fallback: "the default, as nothing else was said"
    }
  }
}
