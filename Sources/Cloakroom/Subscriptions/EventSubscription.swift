internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomStore
internal import NIOCore

/// One subscription of one connection: from the call that asks for it to its end.
///
/// Bound to its connection's loop. Events are written as they come; while the connection can't take
/// any they wait here, and past a bound they are dropped.
///
/// `assumeIsolated` is sound here: nobody but the loop has it, and NIO checks that each time.
final class EventSubscription: TopicListener {
  /// Why a subscription has ended that nobody ended.
  enum End: String {
    /// The policy no longer lets the connection listen there.
    case policy
    /// The store no longer lets the sidecar listen there.
    case refused
  }

  private enum State {
    /// The store has not confirmed it yet.
    case asked(notes: CallNotes?, deadline: Scheduled<Void>?)
    case active
    case ended
  }

  /// What the client knows it by.
  let name: String
  /// The service that it was made for.
  let service: String
  /// Whether its connection has it among those that wait for room.
  var isWaiting = false
  /// What the bus knows it by.
  private var busID: UInt32?

  private let request: Request
  private let worker: Worker
  private var state: State
  private var backlog: EventBacklog
  private var connection: ClientConnection { request.connection }

  init(
    name: String, service: String, request: consuming Request, notes: CallNotes?, worker: Worker
  ) {
    self.name = name
    self.service = service
    self.request = request
    self.worker = worker
    state = .asked(notes: notes, deadline: nil)
    backlog = EventBacklog(
      countLimit: worker.limits.waitingEvents, byteLimit: worker.limits.waitingEventBytes)
  }

  // MARK: Beginning and ending

  /// Begins to listen.
  ///
  /// - Parameter deadlineMs: the caller's patience.
  func begin(_ topic: Topic, deadlineMs: Int64?) {
    if let deadlineMs, case .asked(let notes, _) = state {
      let patience = TimeAmount.milliseconds(min(deadlineMs, TimeToLive.longest.milliseconds))
      let timer = worker.loop.assumeIsolated().scheduleTask(in: patience) {
        self.worker.observer.limitBit(.deadline)
        self.cancel(RPCError(.deadlineExceeded))
        self.worker.finishedBurst()
      }
      state = .asked(notes: notes, deadline: timer)
    }
    busID = worker.listen(to: topic, self)
  }

  /// Ends it because the client wants it so, or is gone.
  func end() {
    switch state {
    case .asked: cancel(Self.gone)
    case .active: leave()
    case .ended: break
    }
  }

  /// Ends it because it may not go on, and tells the client.
  func end(_ end: End) {
    guard case .active = state else { return self.end() }
    leave()
    connection.notify { [name] in $0.writeEnd(end, of: name) }
  }

  /// Ends the call that asks for it, if it was not answered yet.
  func cancel(_ error: RPCError) {
    guard case .asked(let notes, let deadline) = state else { return }
    deadline?.cancel()
    leave()
    worker.end(request, notes: notes, error)
  }

  private static let gone = RPCError(.unavailable, "the client is gone")

  private func leave() {
    if case .active = state { worker.observer.discount(.eventSubscriptions) }
    state = .ended
    if let busID { worker.stopListening(busID) }
    connection.subscriptions[name] = nil
  }

  // MARK: What the bus says

  func subscribed() {
    guard case .asked(let notes, let deadline) = state else { return }
    deadline?.cancel()
    state = .active
    worker.observer.count(.eventSubscriptions)
    worker.end(request, notes: notes, fromStore: true) { result throws(RPCError) in
      result.writeStaticString("{\"subscription\":\"")
      result.writeString(name)
      result.writeStaticString("\"}")
    }
  }

  func received(_ message: ByteBuffer, on name: ByteBuffer) {
    guard case .active = state else { return }
    guard worker.envelopes.isValid(message) else {
      return worker.observer.count(EventDrop.malformed)
    }
    if backlog.isEmpty, mayWrite {
      write(.event(message))
    } else if backlog.add(message) {
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
    if error.reason == .overloaded { worker.observer.limitBit(.subscriptions) }
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

  /// Writes what waits, as far as there is room.
  ///
  /// - Returns: whether nothing waits any more.
  @discardableResult
  func flush() -> Bool {
    while !backlog.isEmpty {
      guard mayWrite else {
        connection.waits(self)
        return false
      }
      if let item = backlog.next() { write(item) }
    }
    return true
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
