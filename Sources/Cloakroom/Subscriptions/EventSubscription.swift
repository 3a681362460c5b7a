internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomStore
internal import NIOCore

/// One subscription of one connection: from the call that asks for it to its end.
///
/// Bound to its connection's loop. Events are written as they come; while the connection can't take
/// any they wait here, and past a bound they are dropped.
final class EventSubscription: BusListener, NoticeSource {
  private enum State {
    /// The store has not confirmed it yet.
    case asked(notes: CallNotes?, deadline: LoopTimer?)
    case active
    case ended
  }

  /// What the client knows it by.
  let name: String
  /// The service that it was made for.
  let service: String
  var isWaiting = false
  /// What the bus knows it by.
  private var busID: UInt64?

  /// How many bytes stand before a channel's own name in the store.
  private let prefixCount: Int
  /// How many bytes its pattern has; 0 for a channel.
  private let patternBytes: Int
  private let request: Request
  private let worker: Worker
  private var state: State
  private var backlog: EventBacklog
  private var connection: ClientConnection { request.connection }

  private init(
    name: String, service: String, prefixCount: Int, patternBytes: Int,
    request: consuming Request, notes: CallNotes?, worker: Worker
  ) {
    self.patternBytes = patternBytes
    self.name = name
    self.service = service
    self.prefixCount = prefixCount
    self.request = request
    self.worker = worker
    state = .asked(notes: notes, deadline: nil)
    backlog = EventBacklog(
      countLimit: worker.limits.waitingEvents, byteLimit: worker.limits.waitingEventBytes,
      account: self.request.connection.subscriberAccount)
  }

  // MARK: Beginning and ending

  var method: Int? { request.method }

  /// Takes in a call that asks for a subscription.
  ///
  /// - Parameters:
  ///   - prefixCount: how many bytes stand before a channel's own name in the store.
  ///   - deadlineMs: the caller's patience.
  static func begin(
    _ topic: Topic, prefixCount: Int, _ request: consuming Request, notes: CallNotes?,
    deadlineMs: Int64?, worker: Worker
  ) {
    let connection = request.connection
    guard let service = connection.identity?.name else {
      return worker.replies.end(request, notes: notes, RPCError(.internal))
    }
    let limit = worker.limits.subscriptionsPerConnection
    guard connection.subscriptions.count < limit else {
      return worker.replies.end(
        request, notes: notes,
        RPCError(
          .overloaded, "a connection has at most \(limit) subscriptions",
          limit: .subscriptionsPerConnection))
    }
    let patternBytes = patternBytes(of: topic, prefixCount: prefixCount)
    guard connection.hasRoom(for: HeldBytes.perSubscription + patternBytes) else {
      return worker.replies.end(request, notes: notes, .clientMemory)
    }
    guard connection.subscriberAccount.take(pattern: patternBytes) else {
      let limit = worker.limits.patternBytesPerConnection
      return worker.replies.end(
        request, notes: notes,
        RPCError(
          .overloaded, "the patterns of a connection have at most \(limit) bytes together",
          limit: .patternBytes))
    }
    let subscription = EventSubscription(
      name: connection.nextSubscriptionName(), service: service, prefixCount: prefixCount,
      patternBytes: patternBytes, request: request, notes: notes, worker: worker)
    connection.subscriptions[subscription.name] = subscription
    subscription.listen(to: topic, deadlineMs: deadlineMs)
  }

  /// How many bytes a pattern has without what stands before its caller's own; 0 for a channel.
  private static func patternBytes(of topic: Topic, prefixCount: Int) -> Int {
    guard case .pattern(let glob) = topic else { return 0 }
    var count = 0
    var isEscaped = false
    for byte in glob.readableBytesView {
      isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
      if !isEscaped { count += 1 }
    }
    return max(1, count - prefixCount)
  }

  private func listen(to topic: Topic, deadlineMs: Int64?) {
    if let deadlineMs, case .asked(let notes, _) = state {
      let patience = TimeAmount.milliseconds(min(deadlineMs, TimeToLive.longest.milliseconds))
      let timer = worker.timers.schedule(in: patience) {
        self.worker.observer.limitBit(.deadline)
        self.cancel(RPCError(.deadlineExceeded))
        self.worker.burst.finish()
      }
      state = .asked(notes: notes, deadline: timer)
    }
    busID = worker.bus.listen(to: topic, self)
  }

  func end() {
    switch state {
    case .asked: cancel(.clientGone)
    case .active: leave()
    case .ended: break
    }
  }

  func drain() { cancel(.stopping) }

  func forbid(_ error: RPCError) {
    // Its call, if that was not answered yet, is refused as one that comes now would be.
    cancel(error)
    end(.policy)
  }

  /// Ends it because it may not go on, and tells the client.
  private func end(_ end: SubscriptionEnd) {
    guard case .active = state else { return self.end() }
    leave()
    connection.notify { [name] in $0.writeEnd(end, of: name) }
  }

  /// Ends the call that asks for it, if it was not answered yet.
  private func cancel(_ error: RPCError) {
    guard case .asked(let notes, let deadline) = state else { return }
    deadline?.cancel()
    leave()
    worker.replies.end(request, notes: notes, error)
  }

  private var isEnded: Bool { if case .ended = state { true } else { false } }

  private func leave() {
    if case .active = state { worker.observer.discount(.eventSubscriptions) }
    if !isEnded { connection.subscriberAccount.giveBack(pattern: patternBytes) }
    state = .ended
    if let busID { worker.bus.stopListening(busID) }
    connection.subscriptions[name] = nil
  }

  // MARK: What the bus says

  func subscribed() {
    guard case .asked(let notes, let deadline) = state else { return }
    deadline?.cancel()
    state = .active
    worker.observer.count(.eventSubscriptions)
    worker.replies.end(request, notes: notes, fromStore: true) { result throws(RPCError) in
      result.writeStaticString("{\"subscription\":\"")
      result.writeString(name)
      result.writeStaticString("\"}")
    }
  }

  func received(_ message: ByteBuffer, on name: ByteBuffer) {
    guard case .active = state, connection.isOpen else { return }
    guard let envelope = worker.burst.envelopes.envelope(of: message, on: name, after: prefixCount)
    else { return worker.observer.count(EventDrop.malformed) }
    if backlog.isEmpty, mayWrite {
      write(.event(envelope))
    } else if backlog.add(envelope) {
      connection.waits(self)
    } else {
      worker.observer.count(EventDrop.slowReader)
      worker.observer.limitBit(.waitingEvents)
      connection.waits(self)
    }
  }

  func interrupted(by cause: BusInterruption) {
    guard case .active = state else { return }
    let reason: GapReason =
      switch cause {
      case .lost: .reconnected
      case .overflow: .overflow
      }
    backlog.addGap(reason)
    flush()
  }

  func failed(with error: RPCError) {
    busID = nil
    switch state {
    case .asked: cancel(error)
    case .active: end(.refused)
    case .ended: break
    }
  }

  // MARK: Writing

  /// Whether the connection has room. As a member of a batch, the reply to the call that asked for
  /// the subscription goes out with the whole batch, and no event before it.
  private var mayWrite: Bool {
    if let batch = request.batch, !batch.isComplete { return false }
    return connection.takesNotices
  }

  func flush() {
    while !backlog.isEmpty {
      guard mayWrite else { return connection.waits(self) }
      if let item = backlog.next() { write(item) }
    }
  }

  private func write(_ item: EventBacklog.Item) {
    switch item {
    case .event(let envelope):
      worker.observer.count(.eventsDelivered)
      connection.notify { $0.writeEvent(envelope, of: name) }
    case .gap(let reason, let dropped):
      worker.observer.count(reason)
      connection.notify { $0.writeGap(reason, dropped: dropped, of: name) }
    }
  }
}
