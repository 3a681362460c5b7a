internal import Glibc

extension LocalSocket {
  /// A Unix socket that listens at a path.
  static func listening(at path: String) throws -> Int32 {
    let descriptor = stream()
    guard descriptor >= 0 else { throw ChildProcess.Failure("socket: errno \(errno)") }
    guard withAddress(path, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 64) == 0 else {
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
    guard withAddress(path, { connect(descriptor, $0, $1) }) == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  private static func stream() -> Int32 {
    socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  }

  private static func withAddress(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { field in
      for (index, byte) in path.utf8.prefix(field.count - 1).enumerated() { field[index] = byte }
    }
    return withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
