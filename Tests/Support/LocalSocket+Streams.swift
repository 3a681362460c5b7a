internal import Glibc

extension LocalSocket {
  /// A Unix socket that listens at a path.
  static func listening(at path: String) throws -> Int32 {
    let descriptor = stream()
    guard descriptor >= 0 else { throw ChildProcess.Failure("socket: errno \(errno)") }
    guard UnixAddress.with(path, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 64) == 0
    else {
      let failure = ChildProcess.Failure("\(path): errno \(errno)")
      close(descriptor)
      throw failure
    }
    return descriptor
  }

  /// A Unix socket that is connected to a path; nil when nobody is there.
  static func connected(to path: String) -> Int32? {
    let descriptor = stream()
    guard descriptor >= 0 else { return nil }
    guard UnixAddress.with(path, { connect(descriptor, $0, $1) }) == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  private static func stream() -> Int32 {
    socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  }
}
