internal import CloakroomCore
internal import Glibc

/// Connects stream sockets.
enum Connector {
  /// Connects to a Unix socket or a TCP port, and leaves the socket blocking.
  ///
  /// A name is looked up first, which takes as long as the system's resolver takes.
  static func connect(
    to address: RedisEndpoint.Address, before deadline: Deadline
  ) throws(ClientFault) -> Descriptor {
    switch address {
    case .unix(let path): try connect(path: path, before: deadline)
    case .tcp(let host, let port): try connect(host: host, port: port, before: deadline)
    }
  }

  private static func connect(
    path: String, before deadline: Deadline
  ) throws(ClientFault) -> Descriptor {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
      guard path.utf8.count < field.count else { return false }
      field.copyBytes(from: path.utf8)
      return true
    }
    guard fits else { throw .unreachable(errno: ENAMETOOLONG) }
    let descriptor = try open(family: AF_UNIX)
    let result = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        connect(
          descriptor.number, address, socklen_t(MemoryLayout<sockaddr_un>.size), before: deadline)
      }
    }
    try check(result, deadline)
    return descriptor
  }

  private static func connect(
    host: String, port: Int, before deadline: Deadline
  ) throws(ClientFault) -> Descriptor {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &found)
    guard code == 0 else { throw .unknownHost("\(host): \(String(cString: gai_strerror(code)))") }
    defer { freeaddrinfo(found) }
    var last = ECONNREFUSED
    var entry = found
    while let address = entry?.pointee {
      let descriptor = try open(family: address.ai_family)
      last = connect(
        descriptor.number, address.ai_addr, address.ai_addrlen, before: deadline)
      if last == 0 {
        var on: Int32 = 1
        setsockopt(
          descriptor.number, Int32(IPPROTO_TCP), TCP_NODELAY, &on,
          socklen_t(MemoryLayout<Int32>.size))
        return descriptor
      }
      entry = address.ai_next
    }
    try check(last, deadline)
    throw .unreachable(errno: last)
  }

  private static func open(family: Int32) throws(ClientFault) -> Descriptor {
    let number = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw .system(call: "socket", errno: errno) }
    return Descriptor(owning: number)
  }

  /// Connects; 0 or errno. SO_SNDTIMEO bounds the wait in connect(2) too (socket(7)): a listener
  /// whose queue is full lets callers wait.
  private static func connect(
    _ number: Int32, _ address: UnsafePointer<sockaddr>?, _ length: socklen_t,
    before deadline: Deadline
  ) -> Int32 {
    while true {
      let left = deadline.milliseconds
      guard left > 0 else { return EAGAIN }
      setTimeout(number, SO_SNDTIMEO, milliseconds: left)
      if Glibc.connect(number, address, length) == 0 { return 0 }
      if errno == EISCONN { return 0 }
      if errno != EINTR { return errno }
    }
  }

  /// Bounds each blocking call that sends or receives.
  static func setTimeout(_ number: Int32, _ option: Int32, milliseconds: Int32) {
    var patience = timeval(
      tv_sec: time_t(milliseconds / 1000), tv_usec: suseconds_t(milliseconds % 1000) * 1000)
    setsockopt(
      number, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
  }

  private static func check(_ result: Int32, _ deadline: Deadline) throws(ClientFault) {
    switch result {
    case 0: return
    case EAGAIN, EINPROGRESS: throw .timedOut(after: deadline.patience)
    default: throw .unreachable(errno: result)
    }
  }
}

/// Owns a file descriptor, and closes it when it goes.
struct Descriptor: ~Copyable {
  let number: Int32

  init(owning number: Int32) { self.number = number }

  deinit { close(number) }
}
