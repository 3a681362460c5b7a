internal import Glibc
internal import Synchronization

/// Tells systemd how the sidecar is (sd_notify(3)); does nothing where systemd does not ask.
final class SystemdNotifier: Sendable {
  private let path: String?
  private let isReady = Atomic<Bool>(false)
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

  /// The sidecar serves from now on.
  func ready() {
    isReady.store(true, ordering: .relaxed)
    send("READY=1")
  }

  /// Reads something anew while systemd waits for it: what is logged meanwhile stands in the journal before
  /// systemd's own word that it is done. What comes before the first `ready` is a part of the start.
  func reload(_ body: () async -> Void) async {
    let isAwaited = isReady.load(ordering: .relaxed)
    if isAwaited {
      var time = timespec()
      clock_gettime(CLOCK_MONOTONIC, &time)
      let microseconds = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
      send("RELOADING=1\nMONOTONIC_USEC=\(microseconds)")
    }
    await body()
    if isAwaited { send("READY=1") }
  }

  /// Sends one state, as `STOPPING=1`.
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
