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
/// what is no socket is somebody's file. A lock beside it keeps two sidecars that start together
/// from taking the same stale socket.
struct ListeningSocket {
  /// The socket's file descriptor, bound and listening.
  let descriptor: CInt
  /// Where it is; nil when systemd has made it.
  let path: String?
  private let lock: CInt
  private let inode: ino_t

  /// The first of the sockets that systemd hands over (sd_listen_fds(3)), if it hands over any.
  static func inherited(environment: [String: String]) -> ListeningSocket? {
    guard
      environment["LISTEN_PID"].flatMap({ Int32($0) }) == getpid(),
      let count = environment["LISTEN_FDS"].flatMap({ Int($0) }), count > 0
    else { return nil }
    unsetenv("LISTEN_PID")
    unsetenv("LISTEN_FDS")
    unsetenv("LISTEN_FDNAMES")
    let first: CInt = 3
    _ = fcntl(first, F_SETFD, FD_CLOEXEC)
    return ListeningSocket(descriptor: first, path: nil, lock: -1, inode: 0)
  }

  /// Takes the socket at the configured path.
  ///
  /// - Throws: what stands in the way.
  static func bind(_ socket: Configuration.Socket) throws(ListenFault) -> ListeningSocket {
    let lock = try takeLock(beside: socket.path)
    do throws(ListenFault) {
      try clear(socket.path)
      let descriptor = try listen(socket)
      var status = stat()
      lstat(socket.path, &status)
      return ListeningSocket(
        descriptor: descriptor, path: socket.path, lock: lock, inode: status.st_ino)
    } catch {
      Glibc.close(lock)
      throw error
    }
  }

  /// Removes the socket from its path, if it is still this one, and lets go of the lock.
  func remove() {
    guard let path else { return }
    var status = stat()
    if lstat(path, &status) == 0, status.st_ino == inode { unlink(path) }
    unlink(Self.lockPath(path))
    Glibc.close(lock)
  }

  // MARK: Steps

  private static func lockPath(_ path: String) -> String { path + ".lock" }

  private static func takeLock(beside path: String) throws(ListenFault) -> CInt {
    while true {
      let lock = open(lockPath(path), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0o600)
      guard lock >= 0 else {
        throw ListenFault(
          description: "can't make \(lockPath(path)): \(systemError()); the socket's folder has to "
            + "be there and be writable, or choose another --socket")
      }
      guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
        close(lock)
        throw ListenFault(
          description: "another sidecar holds \(lockPath(path)): it serves \(path) already")
      }
      // Whoever held the lock before may have removed it while we waited for nothing.
      var held = stat()
      var named = stat()
      if fstat(lock, &held) == 0, stat(lockPath(path), &named) == 0, held.st_ino == named.st_ino {
        return lock
      }
      close(lock)
    }
  }

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
      throw ListenFault(description: "somebody serves \(path) already: stop it first")
    }
    unlink(path)
  }

  private static func listen(_ settings: Configuration.Socket) throws(ListenFault) -> CInt {
    let descriptor = socket(
      AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ListenFault(description: "no socket: \(systemError())") }
    // Nobody may connect before mode and group are as configured.
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
