internal import Glibc
internal import Support

/// A Unix socket of the test's own: one that listens, or one that takes datagrams.
final class BoundSocket: Sendable {
  /// Its file descriptor.
  let descriptor: Int32

  /// Makes a socket at a path and, if it is a stream's, listens.
  ///
  /// - Parameter isInherited: whether programs that are started get it as well.
  init(_ path: String, _ kind: __socket_type = SOCK_STREAM, isInherited: Bool = false) throws {
    let flags = isInherited ? 0 : Int32(SOCK_CLOEXEC.rawValue)
    descriptor = socket(AF_UNIX, Int32(kind.rawValue) | flags, 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { field in
      for (index, byte) in path.utf8.prefix(field.count - 1).enumerated() { field[index] = byte }
    }
    let result = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0, kind != SOCK_STREAM || listen(descriptor, 16) == 0 else {
      throw LineClient.Failure.system(errno)
    }
  }

  deinit { close(descriptor) }

  /// The next datagram as text; nil when none comes in time.
  func receive(within patience: Duration = .seconds(10)) -> String? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    var count = -1
    eventually(within: patience) {
      count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
      return count >= 0
    }
    return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
