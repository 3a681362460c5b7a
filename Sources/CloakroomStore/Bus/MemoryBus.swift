internal import CloakroomCore
public import NIOCore
internal import Synchronization

/// The message bus of the store in memory: all loops of this process.
public final class MemoryBus: Sendable {
  private struct Member {
    let mailbox: BusMailbox
    let token: UInt64
  }

  private struct Pattern {
    let glob: Glob
    var members: [Member] = []
  }

  private struct Registry {
    var names: [ByteBuffer: [Member]] = [:]
    var patterns: [ByteBuffer: Pattern] = [:]
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
  /// - Returns: how many listened, as Redis' PUBLISH has it of the connections to it: one for the
  ///   name, and one for each pattern that matches it; 0 is nobody.
  @discardableResult
  public func publish(_ name: StoreKey, _ message: ByteBuffer) -> Int {
    registry.withLock { registry in
      let named = registry.names[name.bytes]
      let matching = registry.patterns.values.filter { $0.glob.matches(name.bytes) }
      guard named != nil || !matching.isEmpty else { return 0 }
      // The caller's bytes are a part of something larger that need not live as long.
      let message = message.detached()
      let bytes = name.bytes.detached()
      for members in matching.map(\.members) + (named.map { [$0] } ?? []) {
        for member in members {
          member.mailbox.post(.message(member.token, message, on: bytes))
        }
      }
      return matching.count + (named == nil ? 0 : 1)
    }
  }
}

extension MemoryBus: BusExchange {
  // There are no outages.
  func attach(_ mailbox: BusMailbox) {}
  func detach(_ mailbox: BusMailbox) {}

  func open(_ topic: Topic, token: UInt64, for mailbox: BusMailbox) {
    let member = Member(mailbox: mailbox, token: token)
    registry.withLock { registry in
      switch topic {
      case .name(let name):
        registry.names[name.bytes.detached(), default: []].append(member)
      case .pattern(let glob):
        registry.patterns[glob.detached(), default: Pattern(glob: Glob(redis: glob))]
          .members.append(member)
      }
      // Under the lock: nothing that is published from now on comes before it.
      mailbox.post(.opened(token))
    }
  }

  func close(_ topic: Topic, token: UInt64, for mailbox: BusMailbox) {
    func isOther(_ member: Member) -> Bool {
      member.token != token || member.mailbox !== mailbox
    }
    registry.withLock { registry in
      switch topic {
      case .name(let name):
        let rest = registry.names[name.bytes]?.filter(isOther) ?? []
        registry.names[name.bytes] = rest.isEmpty ? nil : rest
      case .pattern(let glob):
        registry.patterns[glob]?.members.removeAll { !isOther($0) }
        if registry.patterns[glob]?.members.isEmpty == true { registry.patterns[glob] = nil }
      }
    }
  }
}
