internal import Glibc

/// Tells systemd how the sidecar is (sd_notify(3)); does nothing where systemd does not ask.
struct SystemdNotifier: Sendable {
  private let path: String?
  /// How often systemd wants to be told that the sidecar is alive, half of its timeout; nil when it
  /// doesn't.
  let watchdogInterval: Duration?

  init(environment: [String: String]) {
    path = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    let isMeant = environment["WATCHDOG_PID"].map { Int32($0) == getpid() } ?? true
    watchdogInterval = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap {
      isMeant && $0 > 1 ? .microseconds($0 / 2) : nil
    }
  }

  /// Sends one state, as `READY=1`.
  func send(_ state: String) {
    guard let path else { return }
    let descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    let length = withUnsafeMutableBytes(of: &address.sun_path) { bytes -> Int in
      guard name.count < bytes.count else { return 0 }
      bytes.copyBytes(from: name)
      // An abstract name begins with a zero, which is written as @.
      if name.first == UInt8(ascii: "@") { bytes[0] = 0 }
      return name.count
    }
    guard length > 0 else { return }
    let size = socklen_t(MemoryLayout<sa_family_t>.size + length)
    _ = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, state, state.utf8.count, CInt(MSG_NOSIGNAL), $0, size)
      }
    }
  }
}
