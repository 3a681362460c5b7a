internal import CEpoll
internal import Glibc

/// Waits until one of many descriptors can be read or written (epoll(7), level-triggered).
struct Epoll: ~Copyable {
  /// What has become possible for one descriptor.
  struct Event {
    let token: UInt64
    let isReadable: Bool
    let isWritable: Bool
  }

  private let descriptor: Descriptor
  private var ready: [epoll_event]

  /// - Parameter capacity: how many events one wait gives at most.
  init(capacity: Int) throws(LoadFault) {
    descriptor = try Self.make()
    ready = Array(repeating: epoll_event(), count: max(capacity, 1))
  }

  private static func make() throws(LoadFault) -> Descriptor {
    let number = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard number >= 0 else { throw .system(call: "epoll_create1", errno: errno) }
    return Descriptor(owning: number)
  }

  /// Watches a descriptor for data.
  func add(_ number: Int32, token: UInt64) throws(LoadFault) {
    try control(EPOLL_CTL_ADD, number, token, writable: false)
  }

  /// Watches for data, and perhaps for space as well.
  func modify(_ number: Int32, token: UInt64, writable: Bool) throws(LoadFault) {
    try control(EPOLL_CTL_MOD, number, token, writable: writable)
  }

  /// Waits. The number of events, which `subscript` then gives; 0 after a signal too.
  mutating func wait(milliseconds: Int32) throws(LoadFault) -> Int {
    let count = epoll_wait(descriptor.number, &ready, Int32(clamping: ready.count), milliseconds)
    guard count >= 0 || errno == EINTR else { throw .system(call: "epoll_wait", errno: errno) }
    return Int(max(count, 0))
  }

  /// An event of the last wait.
  subscript(index: Int) -> Event {
    let event = ready[index]
    return Event(
      token: event.data.u64,
      // An error or a hang-up is found out by reading.
      isReadable: event.events & ~EPOLLOUT.rawValue != 0,
      isWritable: event.events & EPOLLOUT.rawValue != 0)
  }

  private func control(
    _ operation: Int32, _ number: Int32, _ token: UInt64, writable: Bool
  ) throws(LoadFault) {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue | (writable ? EPOLLOUT.rawValue : 0)
    event.data.u64 = token
    guard epoll_ctl(descriptor.number, operation, number, &event) == 0 else {
      throw .system(call: "epoll_ctl", errno: errno)
    }
  }
}
