import Glibc
import Synchronization

/// Notices SIGINT and SIGTERM, once: a second one ends the process as ever.
enum Interrupt {
  private static let flag = Atomic(false)

  /// Whether a signal has arrived.
  static var hasCome: Bool { flag.load(ordering: .relaxed) }

  /// Begins to watch.
  static func watch() {
    // Made before the first signal: making it is not for a signal handler.
    _ = hasCome
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in Interrupt.flag.store(true, ordering: .relaxed) }
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
  }
}
