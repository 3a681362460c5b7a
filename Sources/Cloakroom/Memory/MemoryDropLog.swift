internal import CloakroomCore
internal import Logging
internal import Synchronization

/// Tells the operator whose connections were closed for the memory that they had the sidecar hold.
///
/// A client that comes again and again is named a few times a second, and the others are counted.
final class MemoryDropLog: Sendable {
  private struct State {
    var lastAt: ContinuousClock.Instant?
    var unnamed = 0
  }

  /// How far apart lines are.
  private static let spacing = Duration.milliseconds(100)

  private let logger: Logger
  private let state = Mutex(State())

  init(_ logger: Logger) { self.logger = logger }

  /// A connection is closed.
  func dropped(_ peer: Peer, service: String?, _ connection: UInt64, _ held: HeldBytes) {
    let now = ContinuousClock.now
    let unnamed = state.withLock { state -> Int? in
      if let last = state.lastAt, now - last < Self.spacing {
        state.unnamed += 1
        return nil
      }
      state.lastAt = now
      defer { state.unnamed = 0 }
      return state.unnamed
    }
    guard let unnamed else { return }
    var metadata: Logger.Metadata = [
      "uid": "\(peer.uid)", "pid": "\(peer.pid)", "service": "\(service ?? "none")",
      "connection": "\(connection)", "bytes": "\(held.total)",
    ]
    for (kind, bytes) in held.byKind where bytes > 0 { metadata[kind.name] = "\(bytes)" }
    if unnamed > 0 { metadata["alike"] = "\(unnamed)" }
    logger.warning(
      "a connection was closed: limits.clientMemory is reached, and it held most",
      metadata: metadata)
  }
}
