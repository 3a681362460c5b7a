public import CloakroomStore
public import NIOCore
internal import NIOPosix

/// Drives one loop's way to a bus, for tests that are not on a loop.
public final class BusHarness: Sendable {
  /// A condition did not come about in time.
  public struct TimedOut: Error, CustomStringConvertible {
    /// What was waited for, and what had been told instead.
    public let description: String
  }

  private let loop: any EventLoop
  private let port: NIOLoopBound<BusPort>

  /// Makes a link, on a loop of its own choice if none is given.
  public init(
    on loop: (any EventLoop)? = nil, makeLink: @escaping @Sendable (any EventLoop) -> any BusLink
  ) async throws {
    let loop = loop ?? MultiThreadedEventLoopGroup.singleton.next()
    self.loop = loop
    port = try await loop.submit {
      let port = BusPort()
      let link = makeLink(loop)
      port.link = link
      port.start(on: loop)
      return NIOLoopBound(port, eventLoop: loop)
    }.get()
  }

  /// Asks for subscriptions, all in one turn of the loop, and does not wait for them.
  public func ask(_ topics: [Topic]) async throws -> [UInt64] {
    let port = port
    return try await loop.submit { port.value.subscribe(topics) }.get()
  }

  /// Subscribes, and waits until it is so.
  public func subscribe(_ topics: [Topic]) async throws -> [UInt64] {
    let ids = try await ask(topics)
    try await wait(for: "subscriptions") { notes in
      ids.allSatisfy { notes.contains(.subscribed($0)) }
    }
    return ids
  }

  /// Subscribes to one topic, and waits until it is so.
  public func subscribe(_ topic: Topic) async throws -> UInt64 {
    try await subscribe([topic])[0]
  }

  /// Ends subscriptions, and begins others in the same turn of the loop.
  public func unsubscribe(_ ids: [UInt64], andAsk topics: [Topic] = []) async throws -> [UInt64] {
    let port = port
    return try await loop.submit {
      for id in ids { port.value.link?.unsubscribe(id: id) }
      return port.value.subscribe(topics)
    }.get()
  }

  /// All that was told so far.
  public var notes: [BusNote] {
    get async throws {
      let port = port
      return try await loop.submit { port.value.notes }.get()
    }
  }

  /// The messages that came for a subscription.
  public func messages(_ id: UInt64) async throws -> [String] {
    try await notes.compactMap { note in
      if case .received(let text, _, id) = note { text } else { nil }
    }
  }

  /// How often the listener was told that a burst has ended.
  public var bursts: Int {
    get async throws {
      let port = port
      return try await loop.submit { port.value.bursts }.get()
    }
  }

  /// Waits until what was told is as wanted.
  public func wait(
    for what: String, _ condition: @Sendable ([BusNote]) -> Bool
  ) async throws {
    let end = ContinuousClock.now + .seconds(20)
    while !condition(try await notes) {
      guard ContinuousClock.now < end else {
        throw TimedOut(description: "waited in vain for \(what); told: \(try await notes)")
      }
      try await Task.sleep(for: .milliseconds(2))
    }
  }

  /// Has the listener take so long over each message.
  public func slowDown(to pace: TimeAmount) async throws {
    let port = port
    try await loop.submit { port.value.pace = pace }.get()
  }

  /// Does something on the loop, so that whatever is meant for it meanwhile has to wait.
  public func occupyLoop(with body: @escaping @Sendable () -> Void) async throws {
    try await loop.submit(body).get()
  }

  /// Lets the link go.
  public func close() async throws {
    let port = port
    try await loop.submit {
      port.value.link?.close()
      port.value.link = nil
    }.get()
  }
}
