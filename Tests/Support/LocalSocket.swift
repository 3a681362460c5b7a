internal import Glibc

/// Sockets of this machine, as far as starting a server needs them.
enum LocalSocket {
  /// A TCP port of 127.0.0.1 that was free just now.
  static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw RedisServer.Failure("socket: errno \(errno)") }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 ? getsockname(descriptor, address, &length) : -1
      }
    }
    guard result == 0 else { throw RedisServer.Failure("bind: errno \(errno)") }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Whether a server at a Unix socket answers PING, or asks for a password, before the time is up.
  ///
  /// - Parameter isRunning: whether there is a server to wait for.
  static func answersPing(
    at path: String, within patience: Duration, while isRunning: () -> Bool
  ) -> Bool {
    var answers = false
    let isDecided = becomesTrue(within: patience) {
      let answer = ping(path)
      answers = answer.hasPrefix("+PONG") || answer.hasPrefix("-NOAUTH")
      return answers || !isRunning()
    }
    return isDecided && answers
  }

  private static func ping(_ path: String) -> String {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var patience = timeval(tv_sec: 1, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    guard UnixAddress.with(path, { connect(descriptor, $0, $1) }) == 0 else { return "" }
    let request = Array("PING\r\n".utf8)
    guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) > 0 else {
      return ""
    }
    var answer = [UInt8](repeating: 0, count: 64)
    let count = recv(descriptor, &answer, answer.count, 0)
    return String(decoding: answer.prefix(max(count, 0)), as: UTF8.self)
  }
}
