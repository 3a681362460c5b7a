/// Where the sidecar's socket is, worked out in the same way by the daemon and by its clients.
///
/// The first of: what was asked for by flag, `CLOAKROOM_SOCKET` or the configuration file;
/// `cloakroom.sock` in systemd's `$RUNTIME_DIRECTORY` (systemd.exec(5)); in `$XDG_RUNTIME_DIR` (XDG
/// Base Directory Specification); and, when there is nothing else, in a folder of the user's own
/// under `/tmp`.
public struct SocketPath: Sendable, Equatable {
  /// Why there is no socket path.
  public enum Fault: Error, Sendable, Equatable {
    /// The path is longer than the kernel takes; with its length in bytes.
    case tooLong(path: String, bytes: Int)
    /// The path is empty or holds a NUL byte.
    case notAPath
  }

  /// The longest path that a socket can have, in bytes: `sun_path` of unix(7) less its NUL.
  public static let longest = 107

  /// The socket's path.
  public let path: String
  /// The folder that has to be the user's alone (see `PrivateFolder`), when nothing but `/tmp` was
  /// left to put the socket in; nil otherwise.
  public let privateFolder: String?

  /// Takes a path as it is.
  public init(_ path: String) throws(Fault) {
    try self.init(path: path, privateFolder: nil)
  }

  private init(path: String, privateFolder: String?) throws(Fault) {
    guard !path.isEmpty, !path.utf8.contains(0) else { throw .notAPath }
    guard path.utf8.count <= Self.longest else {
      throw .tooLong(path: path, bytes: path.utf8.count)
    }
    self.path = path
    self.privateFolder = privateFolder
  }

  /// Works out where the socket is. Nothing is looked up: neither files nor the process's own
  /// environment.
  ///
  /// - Parameters:
  ///   - flag: the path that the command line gave.
  ///   - environment: the process's environment variables.
  ///   - file: the path that the configuration file gave.
  ///   - userID: the user who asks.
  public static func resolve(
    flag: String?, environment: [String: String], file: String? = nil, userID: UInt32
  ) throws(Fault) -> SocketPath {
    // An environment variable that is set to nothing counts as not set, as it does in the XDG
    // specification; an empty flag or file entry is somebody's mistake.
    let variable = { (name: String) in environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    if let asked = flag ?? variable("CLOAKROOM_SOCKET") ?? file {
      return try SocketPath(asked)
    }
    if let folders = variable("RUNTIME_DIRECTORY"),
      let first = folders.split(separator: ":").first
    {
      return try SocketPath("\(first)/cloakroom.sock")
    }
    // The XDG specification: a relative path there is invalid and to be ignored.
    if let folder = variable("XDG_RUNTIME_DIR"), folder.hasPrefix("/") {
      return try SocketPath("\(folder)/cloakroom.sock")
    }
    let folder = "/tmp/cloakroom-\(userID)"
    return try SocketPath(path: "\(folder)/cloakroom.sock", privateFolder: folder)
  }
}

extension SocketPath.Fault: CustomStringConvertible {
  /// What is wrong, and what to do.
  public var description: String {
    switch self {
    case .tooLong(let path, let bytes):
      "the socket path \(path) has \(bytes) bytes, and a Unix socket's path at most "
        + "\(SocketPath.longest): choose a shorter one"
    case .notAPath:
      "the socket path is empty or holds a NUL: give the path of a file"
    }
  }
}
