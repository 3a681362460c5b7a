internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import NIOCore

/// A call that takes several steps, or waits: from its opening to its answer.
///
/// Bound to its connection's loop. The call is answered once: by its procedure's result, or by what
/// cancelled it, after which the procedure has only to clear up.
final class ProcedureCall: ProcedureHost, ReplyReceiver, ConnectionCall {
  /// A wait that is going on.
  private struct Wait {
    let continuation: CheckedContinuation<WaitOutcome, Never>
    let waiter: UInt64?
    let timer: LoopTimer
  }

  /// A first step that the store has not answered.
  private struct FirstStep {
    let then: Opening.Then
    let undo: Opening.Undo
    let isTraced: Bool
  }

  let request: Request
  let idempotency: IdempotencyRecord?
  /// The service that it was let in for.
  let service: String
  private(set) var cancellation: RPCError?
  var place = 0

  private var notes: CallNotes?
  private let worker: Worker
  private var opening: FirstStep?
  private var mutations = MutationTrace()
  private var isAnswered = false
  /// Why it may not wait any more.
  private var refusal: RPCError?
  private var deadline: LoopTimer?
  private var currentWait: Wait?
  private var recordWait: RecordWait?
  /// What a call on a record has come to that the procedure was told last, and its caller was not yet.
  private var untold: (call: RecordCall, answer: RecordAnswer)?
  private var waiters: [UInt64: WaiterState] = [:]

  init(
    _ request: consuming Request, notes: CallNotes?, deadlineMs: Int64?,
    idempotency: IdempotencyRecord?,
    worker: Worker
  ) {
    self.request = request
    self.idempotency = idempotency
    service = self.request.connection.identity?.name ?? ""
    self.notes = notes
    self.worker = worker
    self.request.connection.procedures.add(self)
    guard let deadlineMs else { return }
    let patience = TimeAmount.milliseconds(min(deadlineMs, TimeToLive.longest.milliseconds))
    deadline = worker.timers.schedule(in: patience) {
      self.worker.observer.limitBit(.deadline)
      self.giveUp(RPCError(.deadlineExceeded))
      self.worker.burst.finish()
    }
  }

  /// Whether it waits for something else than the store.
  private var isWaiting: Bool { currentWait != nil || !waiters.isEmpty }
  var method: Int? { request.method }
  var storeTimeMs: Int64 { worker.store.timeMs }

  // MARK: From the opening to the answer

  /// Begins.
  ///
  /// - Parameter found: the reply to a look at the record that the opening is about; nil where there was none.
  func open(_ opening: Opening, found: StoreReply? = nil) {
    switch opening {
    case .ask(let command, let then, let undo, let undoesAll):
      let isTraced = command.isMutation && !undoesAll
      self.opening = FirstStep(then: then, undo: undo, isTraced: isTraced)
      let ticket = worker.replies.calls.add(.receiver(self))
      if isTraced { mutations.submitted(ticket, sendings: worker.store.sendings) }
      worker.store.submit(command, ticket: ticket)
    case .record(let recordCall, let otherwise):
      run(recordCall, found: found) { self.opened($0, otherwise) }
    case .records(let recordCalls, let command, let end):
      run(recordCalls, command, end)
    case .look(let look):
      open(look.opening)
    case .step(let step):
      open(
        .ask(step.command) { reply, context, result throws(RPCError) in
          if let decision = try step.end(reply, writingTo: &result) { context.count(decision) }
          return nil
        })
    case .run(let procedure):
      run(procedure)
    case .answer(let result, let decision):
      if let decision { count(decision) }
      answer(.success(result), fromStore: false)
    }
  }

  /// The opening's step has been answered: that is all, or the procedure goes on.
  func received(_ reply: consuming StoreReply) {
    guard let opening else { return }
    self.opening = nil
    let reply = reply
    if opening.isTraced { mutations.answered(reply) }
    guard !isAnswered else {
      if let command = opening.undo(reply) { takeBack(by: command) }
      return
    }
    var result = worker.burst.takeBuffer()
    do throws(RPCError) {
      if let procedure = try opening.then(reply, CallContext(self, on: worker.loop), &result) {
        run(procedure)
      } else {
        answer(.success(result))
      }
    } catch {
      answer(.failure(error))
    }
    worker.burst.giveBack(consume result)
  }

  /// The call on a record has been answered: that is all, or there is another way to go on.
  private func opened(
    _ answer: RecordAnswer, _ otherwise: (RPCError) -> Procedure?
  ) {
    guard !isAnswered else { return }
    switch answer.result {
    case .success(let result):
      answer.count(CallContext(self, on: worker.loop))
      self.answer(.success(result))
    case .failure(let error):
      if let procedure = otherwise(error) { return run(procedure) }
      answer.count(CallContext(self, on: worker.loop))
      self.answer(.failure(error))
    }
  }

  /// Runs calls on records and a step beside them.
  private func run(
    _ calls: [RecordCall], _ command: StoreCommand?,
    _ end:
      @escaping @Sendable ([RecordAnswer], StoreReply?, CallContext, inout ByteBuffer)
      throws(RPCError) -> Void
  ) {
    mutations.changed()
    var answers = [RecordAnswer](repeating: .unavailable, count: calls.count)
    var reply: StoreReply?
    var open = calls.count + (command == nil ? 0 : 1)
    let arrived = {
      open -= 1
      guard open == 0, !self.isAnswered else { return }
      var result = ByteBuffer()
      do throws(RPCError) {
        try end(answers, reply, CallContext(self, on: self.worker.loop), &result)
        self.answer(.success(result))
      } catch {
        self.answer(.failure(error))
      }
    }
    if let command {
      worker.perform(command) {
        reply = $0
        arrived()
      }
    }
    for (place, call) in calls.enumerated() {
      worker.records.run(call, readsFirst: readsFirst) {
        answers[place] = $0
        arrived()
      }
    }
  }

  /// Runs a call on a record. What nobody waits for any more when it is done is taken back, if it can be and
  /// is not kept for a repetition.
  private func run(
    _ call: RecordCall, found: StoreReply? = nil, _ completion: @escaping (RecordAnswer) -> Void
  ) {
    let readsFirst = readsFirst
    if call.isReading { request.connection.readsOut += 1 }
    let wait = worker.records.run(
      call, keepingIn: idempotency, readsFirst: readsFirst, found: found
    ) { answer in
      if call.isReading { self.request.connection.readsOut -= 1 }
      self.recordWait = nil
      if self.isAnswered { self.takeBack(call, answer) }
      completion(answer)
    }
    guard !wait.isOver else { return }
    recordWait = wait
  }

  /// Takes back what nobody was told of, if it can be and is not kept for a repetition.
  private func takeBack(_ call: RecordCall, _ answer: RecordAnswer) {
    guard idempotency == nil, let undo = call.undo(answer) else { return }
    worker.takeBack(by: undo)
  }

  /// Whether a record that it is to change is read for that, though it may be known: the call can then be ended
  /// meanwhile, and comes after those reads of its connection that were asked for before it.
  private var readsFirst: Bool { deadline != nil || request.connection.readsOut > 0 }

  private func run(_ procedure: @escaping Procedure) {
    let bound = NIOLoopBound(self, eventLoop: worker.loop)
    let context = CallContext(self, on: worker.loop)
    Task(executorPreference: worker.executor) {
      do throws(RPCError) {
        let result = try await procedure(context)
        bound.value.end(.success(result))
      } catch {
        bound.value.end(.failure(error))
      }
    }
  }

  /// The procedure is over. Its caller may have been answered otherwise since the last step was, and before the
  /// procedure had its turn.
  private func end(_ result: Result<ByteBuffer, RPCError>) {
    if isAnswered, let untold { takeBack(untold.call, untold.answer) }
    untold = nil
    answer(result)
  }

  private func answer(_ result: Result<ByteBuffer, RPCError>, fromStore: Bool = true) {
    guard !isAnswered else { return }
    isAnswered = true
    deadline?.cancel()
    request.connection.procedures.remove(self)
    worker.replies.end(request, notes: notes, fromStore: fromStore) { buffer throws(RPCError) in
      buffer.writeImmutableBuffer(try result.get())
    }
  }

  func end() { cancel(.clientGone) }

  func drain() {
    if isWaiting { cancel(.stopping) }
  }

  /// Ends the call without its result.
  private func cancel(_ error: RPCError) {
    guard cancellation == nil, !isAnswered else { return }
    cancellation = error
    answer(.failure(error))
    if let recordWait { worker.records.giveUp(recordWait, error) }
    endWait(.failed(error))
    for waiter in waiters.values { waiter.giveUp(error) }
  }

  /// Ends the call without its result, for a caller that still waits.
  ///
  /// - Parameter error: why; it says that nothing was done, and gives way to OUTCOME_UNKNOWN where that is
  ///   not so.
  func giveUp(_ error: RPCError) {
    guard cancellation == nil, !isAnswered else { return }
    cancel(truth(of: error))
  }

  func isCalled(_ id: RawSpan) -> Bool { !request.isNotification && request.id.isSpelled(id) }

  func cancelForCaller() -> Bool {
    let error = RPCError(.cancelled)
    guard cancellation == nil, !isAnswered, truth(of: error) == error else { return false }
    cancel(error)
    return true
  }

  private func truth(of error: RPCError) -> RPCError {
    let truth = mutations.truth(of: error, worker.store)
    guard truth == error, let wait = recordWait, !wait.isTakenBack else { return truth }
    // What is ended now is not told to the procedure before the caller is.
    return worker.records.canEnd(wait) ? error : .mayHaveBeenDone
  }

  /// Ends the call if it waits, or once it would: the policy would not let it in any more. A step of
  /// the store that it has taken before that is answered.
  func forbid(_ error: RPCError) {
    refusal = error
    // One that is just asking goes to wait when it is answered, and is ended there: what has become of its
    // step is known then.
    if isWaiting, !mutations.isInFlight { giveUp(error) }
  }

  // MARK: What the procedure asks for

  func perform(
    _ command: StoreCommand, isTakenBack: Bool,
    _ continuation: CheckedContinuation<StoreReply, Never>
  ) {
    let sendings = worker.store.sendings
    guard command.isMutation, !isTakenBack else {
      worker.perform(command) { continuation.resume(returning: $0) }
      return
    }
    worker.perform(command) {
      self.mutations.answered($0)
      continuation.resume(returning: $0)
    } submitting: {
      self.mutations.submitted($0, sendings: sendings)
    }
  }

  func perform(
    reading commands: [StoreCommand], _ continuation: CheckedContinuation<[StoreReply], Never>
  ) {
    var replies = commands.map { _ in StoreReply.failure(RPCError(.internal)) }
    var open = commands.count
    guard open > 0 else { return continuation.resume(returning: replies) }
    for (place, command) in commands.enumerated() {
      worker.perform(command) {
        replies[place] = $0
        open -= 1
        if open == 0 { continuation.resume(returning: replies) }
      }
    }
  }

  func run(_ call: RecordCall, _ continuation: CheckedContinuation<RecordAnswer, Never>) {
    run(call) { (answer: RecordAnswer) in
      if !call.isReading, answer.hasEffect { self.mutations.changed() }
      self.untold = self.isAnswered ? nil : (call, answer)
      continuation.resume(returning: answer)
    }
  }

  func takeBack(by command: StoreCommand) { worker.takeBack(by: command) }
  func takeBack(by call: RecordCall) { worker.takeBack(by: call) }

  func wait(
    atMost time: Duration, waiter: UInt64?, _ continuation: CheckedContinuation<WaitOutcome, Never>
  ) {
    if worker.isDraining { giveUp(.stopping) }
    if let refusal { giveUp(refusal) }
    if let cancellation { return continuation.resume(returning: .failed(cancellation)) }
    if let wakeUp = waiter.flatMap({ waiters[$0]?.nextWakeUp() }) {
      return continuation.resume(returning: .woken(wakeUp))
    }
    guard currentWait == nil else {
      return continuation.resume(returning: .failed(RPCError(.internal)))
    }
    let timer = worker.timers.schedule(in: TimeAmount(time)) {
      self.endWait(.woken(.timeOver))
    }
    currentWait = Wait(continuation: continuation, waiter: waiter, timer: timer)
  }

  private func endWait(_ outcome: WaitOutcome) {
    guard let wait = currentWait else { return }
    currentWait = nil
    wait.timer.cancel()
    wait.continuation.resume(returning: outcome)
  }

  func addWaiter(on topic: Topic, in queue: WaiterQueue?) -> UInt64 {
    if let refusal { giveUp(refusal) }
    var id: UInt64?
    let waiter = WaiterState { [weak self] in
      guard let self, let wait = currentWait, wait.waiter == id else { return }
      if let wakeUp = waiters[wait.waiter ?? 0]?.nextWakeUp() { endWait(.woken(wakeUp)) }
    }
    let given =
      queue.map { worker.bus.enqueue(waiter, on: topic, in: $0) }
      ?? worker.bus.listen(to: topic, waiter)
    id = given
    waiters[given] = waiter
    return given
  }

  func awaitSubscription(of id: UInt64, _ continuation: CheckedContinuation<WaitOutcome, Never>) {
    guard let waiter = waiters[id] else {
      return continuation.resume(returning: .failed(RPCError(.internal)))
    }
    waiter.awaitSubscription(continuation)
    if let cancellation { waiter.giveUp(cancellation) }
  }

  func isFirst(_ id: UInt64) -> Bool { worker.bus.isFirst(id) }

  func removeWaiter(_ id: UInt64) {
    waiters[id] = nil
    worker.bus.stopListening(id)
  }

  func onClose(_ name: StoreKey, _ command: StoreCommand) throws(RPCError) {
    try request.connection.onClose(name, command)
  }

  func count(_ limit: Limit) { worker.observer.limitBit(limit) }

  func count(_ event: PendingEvent) { worker.observer.count(event) }

  func count(_ event: CacheEvent, times: UInt64) { worker.observer.count(event, times: times) }

  func count(_ decision: RateDecision) { worker.observer.count(decision) }

  func count(_ event: SessionEvent, flow: String?, step: String?) {
    worker.observer.count(event, flow: flow, step: step)
  }
  func count(_ event: IdempotencyEvent) { worker.observer.count(event) }

  func note(key: [UInt8]) { notes?.key = key }

  func note(_ session: SessionNote) { notes?.session = session }

  func forgetOnClose(_ name: StoreKey) { request.connection.forgetOnClose(name) }
}
