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
    let result = UnixAddress.with(path) { bind(descriptor, $0, $1) }
    guard result == 0, kind != SOCK_STREAM || listen(descriptor, 16) == 0 else {
      throw LineClient.Failure.system(errno)
    }
  }

  deinit { close(descriptor) }

  /// The next datagram as text; nil when none comes in time.
  func receive(within patience: Duration = .seconds(10)) -> String? {
    var bytes = [UInt8](repeating: 0, count: 4096)
    var count = -1
    let isThere = becomesTrue(within: patience) {
      count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
      return count >= 0
    }
    return isThere ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
  }
}
