public import Logging
internal import Synchronization

/// What the log says of an outage that several links of one sidecar have together: each thing once.
public final class RedisOutage: Sendable {
  /// How many different causes of one outage are told.
  private static let mostCauses = 8

  private struct State {
    /// The links that are without a connection.
    var broken: Set<ObjectIdentifier> = []
    /// What was told of this outage.
    var told: Set<String> = []
    /// Whether it was told that there is a connection.
    var isConnectedTold = false
  }

  private let state = Mutex(State())
  private let logger: Logger

  /// No outage so far.
  public init(logger: Logger) { self.logger = logger }

  /// A link has lost its connection.
  func lost(_ link: RedisLink, _ reason: String) {
    guard isNews(link, "lost: " + reason) else { return }
    logger.warning("lost the connection to Redis", metadata: ["why": "\(reason)"])
  }

  /// A link gets no connection.
  func failed(_ link: RedisLink, _ reason: String) {
    guard isNews(link, reason) else { return }
    logger.error("\(reason)")
  }

  /// A link has a connection.
  func ended(_ link: RedisLink, address: RedisTarget.Address) {
    let (isOver, isFirst) = state.withLock { state in
      state.broken.remove(ObjectIdentifier(link))
      let wasTold = !state.told.isEmpty
      guard state.broken.isEmpty, wasTold || !state.isConnectedTold else { return (false, false) }
      state.told = []
      state.isConnectedTold = true
      return (wasTold, !wasTold)
    }
    if isOver {
      logger.notice("connected to Redis again", metadata: ["address": "\(address)"])
    } else if isFirst {
      logger.info("connected to Redis", metadata: ["address": "\(address)"])
    }
  }

  /// A link is given up.
  func forget(_ link: RedisLink) {
    state.withLock { _ = $0.broken.remove(ObjectIdentifier(link)) }
  }

  private func isNews(_ link: RedisLink, _ cause: String) -> Bool {
    state.withLock { state in
      state.broken.insert(ObjectIdentifier(link))
      guard state.told.count < Self.mostCauses else { return false }
      return state.told.insert(cause).inserted
    }
  }
}
