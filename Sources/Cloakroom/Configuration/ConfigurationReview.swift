internal import CloakroomCore
internal import Glibc

/// What `serve --check` finds in a configuration that can be read: what would fail later, and what can't be meant.
struct ConfigurationReview {
  /// Where each setting that is set comes from, by its key.
  let places: [String: ConfigurationFault.Place]
  /// The configuration file.
  let file: String
  /// The file of the store's password.
  let passwordFile: String?

  /// Everything that is wrong.
  func faults(_ configuration: Configuration) -> [ConfigurationFault] {
    var faults: [ConfigurationFault] = []
    func find(_ key: String, _ message: String?) {
      guard let message else { return }
      faults.append(ConfigurationFault(places[key] ?? .whole, message))
    }
    find("socket.path", Self.listening(configuration.socket))
    find("socket.mode", Self.mode(configuration.socket.mode))
    find("store.passwordFile", passwordFile.flatMap(Self.password))
    find("accessLog.path", configuration.accessLog.path.flatMap(Self.appended))
    find("metrics.path", configuration.metrics.path.flatMap(Self.metrics))
    return faults + hidden(configuration.policy)
  }

  private static func mode(_ mode: UInt32) -> String? {
    mode & 0o111 == 0
      ? nil : "has bits to execute, which mean nothing for a socket: 666 is for everybody"
  }

  /// What keeps a socket from being made. One that is there may be systemd's, in a folder that is too; and what is
  /// in /run is mostly made when the service starts (`RuntimeDirectory=`).
  private static func listening(_ socket: Configuration.Socket) -> String? {
    var status = stat()
    if lstat(socket.path, &status) == 0 {
      return status.st_mode & S_IFMT == S_IFSOCK
        ? nil : "\(socket.path) is there and is no socket: remove it, or choose another path"
    }
    guard socket.privateFolder == nil, !socket.path.hasPrefix("/run/") else { return nil }
    return replaced(socket.path)
  }

  private static func password(_ path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & 0o007 != 0 else { return nil }
    return "\(path) can be read by everybody: chmod 640 it"
  }

  /// What keeps a file from being opened and written to.
  private static func appended(_ path: String) -> String? {
    if isFolder(path) { return "\(path) can't be written: \(SystemError.text(EISDIR))" }
    if isAllowed(path, F_OK) {
      return isAllowed(path, W_OK) ? nil : "\(path) can't be written: \(SystemError.text(errno))"
    }
    return replaced(path)
  }

  /// What keeps a file from being made.
  private static func replaced(_ path: String) -> String? {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    return isAllowed(folder, W_OK | X_OK)
      ? nil : "no file can be made in \(folder): \(SystemError.text(errno))"
  }

  private static func metrics(_ path: String) -> String? {
    guard path.hasSuffix(".prom") else {
      return "has to end in .prom: node_exporter reads no other file"
    }
    if isFolder(path) { return "\(path) can't be written: \(SystemError.text(EISDIR))" }
    // It is written to another name and renamed.
    return replaced(path)
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// By the effective user, as opening is.
  private static func isAllowed(_ path: String, _ access: Int32) -> Bool {
    faccessat(AT_FDCWD, path, access, AT_EACCESS) == 0
  }

  /// Services that nobody gets who doesn't ask for them.
  private func hidden(_ policy: Policy) -> [ConfigurationFault] {
    guard let open = policy.services.firstIndex(where: { $0.members.everyone }) else { return [] }
    let name = policy.services[open].name
    return policy.services[(open + 1)...].map { service in
      ConfigurationFault(
        .member(file: file, key: ConfigurationFile.services + "." + service.name),
        "comes behind \(name), which everybody is: put \(name) last")
    }
  }
}
