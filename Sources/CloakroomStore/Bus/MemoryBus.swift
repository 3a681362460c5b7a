internal import CloakroomCore
public import NIOCore
internal import Synchronization

/// The message bus of the store in memory: all loops of this process.
public final class MemoryBus: Sendable {
  private struct Registry {
    var names: [ByteBuffer: [BusMember]] = [:]
    var patterns = PatternIndex()
  }

  private let registry = Mutex(Registry())
  private let limits: BusLimits
  private let quota: BusQuota

  /// A bus that nobody listens to yet.
  public init(limits: BusLimits = BusLimits()) {
    self.limits = limits
    quota = BusQuota(limit: limits.subscriptions)
  }

  /// Makes one loop's way to the bus; called on the loop.
  public func makeLink(on loop: any EventLoop) -> LoopBusLink {
    LoopBusLink(on: loop, to: self, limits: limits, quota: quota)
  }

  /// Passes a message to all who listen, on any thread. Messages of one thread arrive in their order.
  ///
  /// The lock is held for as long as it takes to go along the name; patterns are matched after that.
  ///
  /// - Returns: how many listened, as Redis' PUBLISH has it of the connections to it: one for the
  ///   name, and one for patterns that match it; 0 is nobody.
  @discardableResult
  public func publish(_ name: StoreKey, _ message: ByteBuffer) -> Int {
    let (named, candidates) = registry.withLock { registry in
      (registry.names[name.bytes], registry.patterns.candidates(for: name.bytes))
    }
    var audience = candidates.matching(name.bytes)
    let count = (audience.isEmpty ? 0 : 1) + (named == nil ? 0 : 1)
    guard count > 0 else { return 0 }
    if let named { audience.add(named) }
    // The caller's bytes are a part of something larger that need not live as long.
    let message = message.detached()
    let bytes = name.bytes.detached()
    audience.forEach { mailbox, tokens in mailbox.post(.message(tokens, message, on: bytes)) }
    return count
  }
}

extension MemoryBus: BusExchange {
  // There are no outages.
  func attach(_ mailbox: BusMailbox) {}
  func detach(_ mailbox: BusMailbox) {}

  func open(_ topic: Topic, token: UInt64, for mailbox: BusMailbox) {
    let member = BusMember(mailbox: mailbox, token: token)
    registry.withLock { registry in
      switch topic {
      case .name(let name):
        registry.names[name.bytes.detached(), default: []].append(member)
      case .pattern(let glob):
        registry.patterns.add(member, to: glob.detached())
      }
      // Under the lock: nothing that is published from now on comes before it.
      mailbox.post(.opened(token))
    }
  }

  func close(_ topic: Topic, token: UInt64, for mailbox: BusMailbox) {
    registry.withLock { registry in
      switch topic {
      case .name(let name):
        let rest = registry.names[name.bytes]?.filter { !$0.isSame(as: token, of: mailbox) } ?? []
        registry.names[name.bytes] = rest.isEmpty ? nil : rest
      case .pattern(let glob):
        _ = registry.patterns.remove(token, of: mailbox, from: glob)
      }
    }
  }
}
