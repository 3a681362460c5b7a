internal import CloakroomCore
internal import Glibc

/// Why the sidecar could not take its socket.
public struct ListenFault: Error, Sendable, CustomStringConvertible {
  /// What is wrong, and what to do.
  public let description: String
}

/// The socket that the sidecar listens on: made at its path, or handed over by systemd.
///
/// A path is taken only when nothing lives there: a socket that answers is another sidecar's, and
/// what is no socket is another program's file. A lock beside it keeps two sidecars that start together
/// from taking the same stale socket.
struct ListeningSocket {
  /// The socket's file descriptor, bound and listening.
  let descriptor: CInt
  /// Where it is; nil when it has no file.
  let path: String?
  /// Whether systemd has made it.
  let isInherited: Bool
  /// The lock beside it; -1 when systemd has made it.
  let lock: CInt
  private let inode: ino_t

  private init(descriptor: CInt, path: String?, isInherited: Bool, lock: CInt) {
    self.descriptor = descriptor
    self.path = path
    self.isInherited = isInherited
    self.lock = lock
    inode = path.flatMap { Self.inode(of: $0) } ?? 0
  }

  /// Takes the socket at the configured path.
  ///
  /// - Parameter held: the lock of this sidecar's earlier socket at the same path; it stays with the
  ///   caller when this throws.
  /// - Throws: what stands in the way.
  static func bind(
    _ socket: Configuration.Socket, holding held: CInt? = nil
  ) throws(ListenFault) -> ListeningSocket {
    let isHeld = held.map { isNamed($0, lockPath(socket.path)) } ?? false
    let lock = if isHeld, let held { held } else { try takeLock(beside: socket.path) }
    do throws(ListenFault) {
      try clear(socket.path)
      let descriptor = try listen(socket)
      if let held, !isHeld { Glibc.close(held) }
      return ListeningSocket(
        descriptor: descriptor, path: socket.path, isInherited: false, lock: lock)
    } catch {
      if !isHeld { Glibc.close(lock) }
      throw error
    }
  }

  /// Whether its path leads to it.
  var isInPlace: Bool { path.map { Self.inode(of: $0) == inode } ?? true }

  /// Removes the socket from its path, if it is still this one, and lets go of the lock.
  func remove() {
    guard let path, !isInherited else { return }
    if isInPlace { unlink(path) }
    if Self.isNamed(lock, Self.lockPath(path)) { unlink(Self.lockPath(path)) }
    Glibc.close(lock)
  }

  /// The number of the socket at a path; nil when there is none.
  private static func inode(of path: String) -> ino_t? {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
    return status.st_ino
  }

  // MARK: The lock

  private static func lockPath(_ path: String) -> String { path + ".lock" }

  private static func takeLock(beside path: String) throws(ListenFault) -> CInt {
    while true {
      let lock = open(lockPath(path), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard lock >= 0 else { throw noLock(beside: path, errno) }
      guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
        close(lock)
        throw ListenFault(
          description: inode(of: path) == nil
            ? "another sidecar holds \(lockPath(path)): its socket is gone, and it makes it again"
            : "another sidecar holds \(lockPath(path)): it serves \(path) already")
      }
      // The previous holder of the lock may have removed it while this one waited.
      if isNamed(lock, lockPath(path)) { return lock }
      close(lock)
    }
  }

  /// Why there is no lock, and what to do.
  private static func noLock(beside path: String, _ error: CInt) -> ListenFault {
    let lock = lockPath(path)
    var status = stat()
    if lstat(lock, &status) == 0, status.st_uid != geteuid() {
      return ListenFault(
        description: "\(lock) is there already and belongs to user \(status.st_uid), who alone can "
          + "remove it: choose another --socket, in a folder that is yours")
    }
    return ListenFault(
      description: "can't make \(lock): \(SystemError.text(error)); the socket's folder has to "
        + "be there and be writable, or choose another --socket")
  }

  /// Whether a descriptor's file is the one at a path.
  private static func isNamed(_ descriptor: CInt, _ path: String) -> Bool {
    var held = stat()
    var named = stat()
    return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino
      && held.st_dev == named.st_dev
  }

  // MARK: The socket

  /// Makes sure that nothing is at the path: a stale socket is removed, all else is left alone.
  private static func clear(_ path: String) throws(ListenFault) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ListenFault(
        description: "\(path) is there and is no socket: remove it, or choose another --socket")
    }
    let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { throw ListenFault(description: "no socket: \(systemError())") }
    defer { close(probe) }
    // A socket whose backlog is full would block; it is alive all the same.
    _ = fcntl(probe, F_SETFL, O_NONBLOCK)
    let result = withAddress(path) { connect(probe, $0, $1) }
    guard result != 0, errno == ECONNREFUSED else {
      throw ListenFault(description: "another process serves \(path) already: stop it first")
    }
    unlink(path)
  }

  private static func listen(_ settings: Configuration.Socket) throws(ListenFault) -> CInt {
    let descriptor = socket(
      AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ListenFault(description: "no socket: \(systemError())") }
    // No client may connect before mode and group are as configured.
    let mask = umask(0o777)
    let isBound = withAddress(settings.path) { Glibc.bind(descriptor, $0, $1) } == 0
    let error = systemError()
    umask(mask)
    do throws(ListenFault) {
      guard isBound else {
        throw ListenFault(description: "can't make the socket \(settings.path): \(error)")
      }
      if let group = settings.groupID, chown(settings.path, uid_t.max, group) != 0 {
        throw ListenFault(
          description: "can't give \(settings.path) to group \(group): \(systemError())")
      }
      guard chmod(settings.path, settings.mode) == 0 else {
        throw ListenFault(description: "can't set the mode of \(settings.path): \(systemError())")
      }
      guard Glibc.listen(descriptor, settings.backlog) == 0 else {
        throw ListenFault(description: "can't listen on \(settings.path): \(systemError())")
      }
    } catch {
      close(descriptor)
      if isBound { unlink(settings.path) }
      throw error
    }
    return descriptor
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
  ) -> CInt {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { bytes in
      // The configuration has held the path to 107 bytes; the last stays zero in any case.
      for (index, byte) in path.utf8.prefix(bytes.count - 1).enumerated() { bytes[index] = byte }
    }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }

  private static func systemError() -> String { SystemError.text(errno) }
}

// MARK: From systemd

extension ListeningSocket {
  /// The first descriptor that is handed over (sd_listen_fds(3)).
  private static let firstInherited: CInt = 3

  /// The sockets that systemd hands over; empty when it hands over none.
  ///
  /// - Throws: what is wrong with one of them: a client that can't be asked for its user must not be
  ///   served, and what can't be listened on would leave clients hanging.
  static func inherited(
    environment: [String: String]
  ) throws(ListenFault) -> [ListeningSocket] {
    guard
      environment["LISTEN_PID"].flatMap({ Int32($0) }) == getpid(),
      let count = environment["LISTEN_FDS"].flatMap({ CInt($0) }), count > 0,
      count < CInt.max - firstInherited
    else { return [] }
    unsetenv("LISTEN_PID")
    unsetenv("LISTEN_FDS")
    unsetenv("LISTEN_FDNAMES")
    var sockets: [ListeningSocket] = []
    for descriptor in firstInherited..<(firstInherited + count) {
      sockets.append(try take(descriptor))
    }
    return sockets
  }

  private static func take(_ descriptor: CInt) throws(ListenFault) -> ListeningSocket {
    if let fault = fault(of: descriptor) {
      throw ListenFault(
        description: "descriptor \(descriptor), which systemd has handed over, is \(fault): in the "
          + ".socket unit, ListenStream= has to be the path of a Unix socket, with Accept=no")
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    return ListeningSocket(
      descriptor: descriptor, path: path(of: descriptor), isInherited: true, lock: -1)
  }

  /// What a descriptor is that is no Unix socket to accept connections from; nil when it is one.
  private static func fault(of descriptor: CInt) -> String? {
    guard fcntl(descriptor, F_GETFD) >= 0 else { return "not open" }
    guard let domain = option(SO_DOMAIN, of: descriptor) else { return "no socket" }
    switch domain {
    case AF_UNIX: break
    case AF_INET, AF_INET6: return "an Internet socket, whose clients nobody can tell apart"
    default: return "no Unix socket"
    }
    guard option(SO_TYPE, of: descriptor) == CInt(SOCK_STREAM.rawValue) else {
      return "no stream socket"
    }
    guard option(SO_ACCEPTCONN, of: descriptor) == 1 else { return "not listening" }
    return nil
  }

  private static func option(_ name: CInt, of descriptor: CInt) -> CInt? {
    var value: CInt = 0
    var size = socklen_t(MemoryLayout<CInt>.size)
    return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
  }

  /// Where a socket is bound; nil when that is no file.
  private static func path(of descriptor: CInt) -> String? {
    var address = sockaddr_un()
    var size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor, $0, &size)
      }
    }
    guard result == 0 else { return nil }
    let bytes = withUnsafeBytes(of: &address.sun_path) { Array($0.prefix { $0 != 0 }) }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }
}
