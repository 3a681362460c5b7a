public import CloakroomCore
public import CloakroomStore
public import NIOCore

/// What a procedure can do beside computing: ask the store, wait, and leave something behind that
/// ends with its connection. To be used by the procedure's own task only.
///
/// A call is cancelled when its deadline passes, when its client is gone and when the sidecar stops.
/// Waiting then ends at once with an error. What is asked of the store is still answered: what it has
/// done may have to be taken back.
public struct CallContext: Sendable {
  private let bound: NIOLoopBound<any ProcedureHost>
  private var host: any ProcedureHost { bound.value }

  /// A context for a call of a loop; made on that loop.
  public init(_ host: any ProcedureHost, on loop: any EventLoop) {
    bound = NIOLoopBound(host, eventLoop: loop)
  }

  // MARK: Asking the store

  /// Takes one step of the store. It is not cut short when the call is cancelled; a store that does
  /// not answer fails it in its own time.
  ///
  /// - Parameter isTakenBack: whether the procedure takes the step back, as if it had never been taken,
  ///   when the call is cancelled. If not, a caller whose deadline passes is told that the outcome is
  ///   unknown.
  public func perform(_ command: StoreCommand, isTakenBack: Bool = false) async -> StoreReply {
    await withCheckedContinuation { host.perform(command, isTakenBack: isTakenBack, $0) }
  }

  /// Takes steps that change nothing, all at once: one round trip for all of them.
  ///
  /// - Returns: their replies in the same order.
  func perform(reading commands: [StoreCommand]) async -> [StoreReply] {
    await withCheckedContinuation { host.perform(reading: commands, $0) }
  }

  /// Runs a call on a record, and counts what it has done. One that changes the record keeps its answer when
  /// the call has an idempotency key; a call has one such.
  ///
  /// - Returns: the result's JSON.
  func run(_ call: RecordCall) async throws(RPCError) -> ByteBuffer {
    let answer = await withCheckedContinuation { host.run(call, $0) }
    answer.count(self)
    return try answer.result.get()
  }

  /// Makes an answer that is all that is kept of the call, if it has an idempotency key: a call that is repeated
  /// is told the first one. What the call does must do no harm when it is done again, as it is when the call is
  /// cut short before its answer is kept.
  ///
  /// - Throws: what `make` throws; OUTCOME_UNKNOWN when the answer could not be kept.
  func keepingAnswer(
    of make: () async throws(RPCError) -> ByteBuffer
  ) async throws(RPCError) -> ByteBuffer {
    guard let idempotency = host.idempotency else { return try await make() }
    switch try await perform(idempotency.recall(step: 0)).orThrow() {
    case .value(nil): break
    case .noted(let note, _): return try KeptAnswer.result(of: note, sealed: nil)
    default: throw KeptAnswer.unreadable
    }
    let version = RecordVersion(.random(in: .min ... .max))
    let note = try KeptAnswer(.success(try await make()), version, sealed: nil).note
    switch await perform(idempotency.keeping(.nothing, step: 0, note: note)) {
    case .noted(let kept, _): return try KeptAnswer.result(of: kept, sealed: nil)
    case .failure(let error) where error.reason == .idempotencyMismatch: throw error
    case .failure(let error):
      throw .halfDone(error, "it was done, and its answer could not be kept")
    default: throw KeptAnswer.unreadable
    }
  }

  /// The store's time in milliseconds since 1970, as well as the loop knows it: within a millisecond or two.
  public var storeTimeMs: Int64 { host.storeTimeMs }

  /// Takes back a step of the store. Nobody waits for it, but while the store is out it is tried again.
  public func takeBack(by command: StoreCommand) { host.takeBack(by: command) }

  /// Takes back a call on a record, likewise.
  func takeBack(by call: RecordCall) { host.takeBack(by: call) }

  /// Has a mutation keep its answer, if the call has an idempotency key: the step
  /// of a call that is repeated does nothing and is answered as the first time.
  ///
  /// - Parameter step: which step this is; the opening is step 0. The same step must get the same
  ///   number in every repetition. A step that is taken again until it succeeds keeps its
  ///   number too, if the store tells its replies before that from its answer (`StoreReply.isAnswer`).
  public func idempotent(_ command: StoreCommand, step: Int = 1) -> StoreCommand {
    host.idempotency?.keeping(command, step: step) ?? command
  }

  /// Takes a step that carries its parts, and keeps its answer if the call has an idempotency key.
  ///
  /// - Parameter number: which step of the call this is; see `idempotent`.
  /// - Throws: what the step was refused with.
  public func perform<Step: StoreStep>(
    _ step: Step, idempotentStep number: Int
  ) async throws(RPCError) -> Step.Reply {
    try await perform(idempotent(.step(step), step: number)).get(Step.self)
  }

  /// Whether the call has an idempotency key, so that the answers to its mutations are kept.
  public var hasIdempotencyKey: Bool { host.idempotency != nil }

  /// Whether a step's answer is kept for the call's idempotency key, or may be. What the step has done then stands,
  /// though nobody waits for it any more: a repetition of the call is answered that it was done.
  public func keeps(_ reply: StoreReply) -> Bool { host.idempotency != nil && reply.mayBeKept }

  // MARK: Computing

  /// Has a thread do something that would hold up the loop, and resumes with what it comes to.
  ///
  /// - Throws: OVERLOADED where too much of that waits already; why the call was cancelled, where nobody waits for its
  ///   result any more and the work has not begun; what the work throws.
  func compute<Value: Sendable>(
    _ work: @escaping @Sendable () throws(RPCError) -> Value
  ) async throws(RPCError) -> Value {
    try await withCheckedContinuation { continuation in
      host.compute(work) { (result: Result<Value, RPCError>) in
        continuation.resume(returning: result)
      }
    }.get()
  }

  // MARK: Waiting

  /// Why the call was cancelled; nil while somebody waits for its result.
  public var cancellation: RPCError? { host.cancellation }

  /// Waits.
  ///
  /// - Throws: why the call was cancelled.
  public func wait(for time: Duration) async throws(RPCError) {
    try outcome(of: await withCheckedContinuation { host.wait(atMost: time, waiter: nil, $0) })
  }

  /// Makes a waiter that is woken by every message published under a name on the store's bus after
  /// this has returned.
  ///
  /// Check what is waited for after this, not before: a change in between would be missed.
  ///
  /// - Parameters:
  ///   - name: what is published under.
  ///   - queue: the calls of this loop that wait for the same thing. All waiters of a queue wait on the same name.
  /// - Throws: UNAVAILABLE when the bus can't be reached, OVERLOADED when too much is listened to.
  public func waiter(
    on name: StoreKey, in queue: WaiterQueue
  ) async throws(RPCError) -> Waiter {
    if let cancellation { throw cancellation }
    let id = host.addWaiter(on: .name(name), in: queue)
    let waiter = Waiter(id: id, context: self)
    do throws(RPCError) {
      _ = try outcome(of: await withCheckedContinuation { host.awaitSubscription(of: id, $0) })
      return waiter
    } catch {
      waiter.close()
      throw error
    }
  }

  /// Waits for a waiter's next wake-up.
  func wait(atMost time: Duration, waiter: UInt64) async throws(RPCError) -> WakeUp {
    try outcome(of: await withCheckedContinuation { host.wait(atMost: time, waiter: waiter, $0) })
  }

  /// Whether a waiter is the first of its queue.
  func isFirst(_ id: UInt64) -> Bool { host.isFirst(id) }

  /// Closes a waiter.
  func removeWaiter(_ id: UInt64) { host.removeWaiter(id) }

  @discardableResult
  private func outcome(of wait: WaitOutcome) throws(RPCError) -> WakeUp {
    switch wait {
    case .woken(let wakeUp): return wakeUp
    case .failed(let error): throw error
    }
  }

  // MARK: Counting

  /// Counts that a limit bit which has refused nothing, for the metrics.
  func count(_ limit: Limit) { host.count(limit) }

  /// Counts what has happened to a pending operation, for the metrics.
  public func count(_ event: PendingEvent) { host.count(event) }

  /// Counts what has happened to caches, or so many of it, for the metrics.
  public func count(_ event: CacheEvent, times: UInt64 = 1) { host.count(event, times: times) }

  /// Counts what a rate limit was decided to, for the metrics.
  public func count(_ decision: RateDecision) { host.count(decision) }

  /// Counts what has happened to a session, for the metrics.
  ///
  /// - Parameters:
  ///   - flow: the name of the flow that it goes through; nil for a session without one.
  ///   - step: the step that it was about: completed or refused, or that the session was at.
  public func count(_ event: SessionEvent, flow: String? = nil, step: String? = nil) {
    host.count(event, flow: flow, step: step)
  }
  /// Counts what has happened under a key of `idempotency.*`, for the metrics.
  public func count(_ event: IdempotencyEvent) { host.count(event) }

  // MARK: Telling

  /// Names what the call is about, for the access log, where that was not known when it began.
  ///
  /// - Parameter key: what the log has a keyed hash of.
  public func note(key: String) { host.note(key: Array(key.utf8)) }

  /// Names the session that the call is about, for the access log, where that was not known when it began.
  public func note(_ session: SessionNote) { host.note(session) }

  // MARK: The connection

  /// Has a command submitted when the connection closes, for whatever reason; at once when it is
  /// closed already. Another command under the same name takes its place.
  ///
  /// - Throws: OVERLOADED when the connection has too many of them.
  public func onClose(_ name: StoreKey, submit command: StoreCommand) throws(RPCError) {
    try host.onClose(name, command)
  }

  /// Forgets what was to be submitted when the connection closes.
  public func forgetOnClose(_ name: StoreKey) { host.forgetOnClose(name) }
}

extension RPCError {
  /// What ends a call of several steps when some of them were done: the failure of a step says that nothing was,
  /// which is true of that step alone.
  ///
  /// - Parameters:
  ///   - failure: what the step has failed with; the word that Redis had for it stays.
  ///   - what: what was done and what was not.
  ///   - facts: the same for programs.
  static func halfDone(
    _ failure: RPCError, _ what: String = "a part of it was done, and a part was not",
    _ facts: [Detail] = []
  ) -> RPCError {
    RPCError(
      .outcomeUnknown, "\(what) (\(failure.reason.name)); repeat it",
      details: failure.details + [.text("reason", failure.reason.name)] + facts,
      limit: failure.limit)
  }
}
