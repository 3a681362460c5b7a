public import CloakroomRedis
public import Logging
public import NIOCore
internal import Synchronization

/// The message bus of a store that is Redis: one subscribed connection for all loops of the sidecar.
///
/// It ends when the last link to it is closed, for good.
public final class RedisBus: Sendable {
  private enum Order: Sendable {
    case attach(BusMailbox)
    case detach(BusMailbox)
    case open(Topic, UInt64, BusMailbox)
    case close(Topic, UInt64, BusMailbox)
    case reconnect
  }

  private let loop: any EventLoop
  private let limits: BusLimits
  private let quota: BusQuota
  private let orders = Mutex<[Order]>([])
  private let hub: NIOLoopBoundBox<RedisBusHub?>
  private let makeHub: @Sendable () -> RedisBusHub
  private let condition: BusCondition

  /// A bus that is not connected yet; it connects when somebody wants to listen.
  ///
  /// - Parameter loop: the loop that the connection lives on.
  public init(
    on loop: any EventLoop, to target: RedisTarget, limits: BusLimits = BusLimits(), logger: Logger
  ) {
    self.loop = loop
    self.limits = limits
    quota = BusQuota(limit: limits.subscriptions)
    let condition = BusCondition()
    self.condition = condition
    hub = .makeEmptyBox(eventLoop: loop)
    makeHub = {
      let subscriber = RedisSubscriber(
        on: loop, to: target, messageLimit: limits.messageBytes, logger: logger)
      return RedisBusHub(subscriber, condition: condition)
    }
  }

  /// Makes one loop's way to the bus; called on that loop.
  public func makeLink(on loop: any EventLoop) -> LoopBusLink {
    LoopBusLink(on: loop, to: self, limits: limits, quota: quota)
  }

  /// Connections given up, or not come about, by `LossCause`.
  public var losses: [UInt64] { condition.losses }

  /// Why nobody hears anything although somebody listens; nil while that is not so.
  public var downReason: String? { condition.downReason }

  /// Connects anew, as the server has become a replica: its address may lead to another one by now.
  public func reconnect() { submit(.reconnect) }

  /// Hands an order over; one hop for all that come together.
  private func submit(_ order: Order) {
    let isFirst = orders.withLock { orders in
      orders.append(order)
      return orders.count == 1
    }
    guard isFirst else { return }
    loop.execute { self.work() }
  }

  private func work() {
    let hub = hub.value ?? makeHub()
    self.hub.value = hub
    var batch: [Order] = []
    orders.withLock { swap(&batch, &$0) }
    for order in batch {
      switch order {
      case .attach(let mailbox): hub.attach(mailbox)
      case .detach(let mailbox): hub.detach(mailbox)
      case .open(let topic, let token, let mailbox): hub.open(topic, token: token, for: mailbox)
      case .close(let topic, let token, let mailbox): hub.close(topic, token: token, for: mailbox)
      case .reconnect: hub.reconnect()
      }
    }
    hub.finishedBurst()
  }
}

extension RedisBus: BusExchange {
  func attach(_ mailbox: BusMailbox) { submit(.attach(mailbox)) }

  func detach(_ mailbox: BusMailbox) { submit(.detach(mailbox)) }

  func open(_ topic: Topic, token: UInt64, for mailbox: BusMailbox) {
    submit(.open(topic, token, mailbox))
  }

  func close(_ topic: Topic, token: UInt64, for mailbox: BusMailbox) {
    submit(.close(topic, token, mailbox))
  }
}
