internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import NIOCore

/// A call that takes several steps, or waits: from its opening to its answer.
///
/// Bound to its connection's loop. The call is answered once: by its procedure's result, or by what
/// cancelled it, after which the procedure has only to clear up. A caller is told that nothing was done
/// when nothing is left of it, unless that takes the store too long, or the call's own time is over.
final class ProcedureCall: ProcedureHost, ReplyReceiver, ConnectionCall {
  /// A first step that the store has not answered.
  private struct FirstStep {
    let then: Opening.Then
    let undo: Opening.Undo
    let undoesAll: Bool
    let isTraced: Bool
  }

  let request: Request
  private(set) var idempotency: IdempotencyRecord?
  /// The service that it was let in for.
  let service: String
  private(set) var cancellation: RPCError?
  var place = 0

  private var notes: CallNotes?
  private let worker: Worker
  private var opening: FirstStep?
  private var mutations = MutationTrace()
  private var isAnswered = false
  /// Whether its procedure has begun, and not ended.
  private var isRunning = false
  /// How many of its steps are being taken back.
  private var withdrawals = 0
  /// Whether the store has not confirmed that one of them was.
  private var isHeld = false
  /// Why it may not wait any more.
  private var refusal: RPCError?
  /// Whether its caller has cancelled it when it could not be ended.
  private var isUnwanted = false
  private var deadline: LoopTimer?
  /// When a caller who has been cancelled is told so in any case.
  private var patience: LoopTimer?
  private var waits: CallWaits?
  private var recordWait: RecordWait?
  /// What drops that which is computed for it on another thread, and who is told then.
  private var computing: (drop: () -> Bool, dropped: (RPCError) -> Void)?
  /// What a call on a record has come to that the procedure was told last, and its caller was not yet.
  private var untold: (call: RecordCall, answer: RecordAnswer)?

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
      self.cancel(self.truth(of: RPCError(.deadlineExceeded)), atOnce: true)
      self.worker.burst.finish()
    }
  }

  /// Whether it waits for something else than the store.
  private var isWaiting: Bool { waits?.isAny == true }
  /// Whether nobody waits for its result any more.
  private var isOver: Bool { isAnswered || cancellation != nil }
  static var heldBytes: Int { HeldBytes.perProcedure }
  var method: Int? { request.method }
  var isParked: Bool { waits?.isParked == true }
  var storeTimeMs: Int64 { worker.store.timeMs }

  // MARK: From the opening to the answer

  /// Begins on another thread. The connection starts no other call before it has begun: those that came later, and
  /// touch what it touches, take effect later.
  func open(_ postponed: PostponedCall) {
    let connection = request.connection
    connection.pauseCalls()
    let keepsNotes = notes != nil
    compute { () throws(RPCError) in
      postponed.begin(keepsNotes: keepsNotes)
    } _: { (result: Result<PostponedCall.Beginning, RPCError>) in
      self.hasBegun(result)
      connection.resumeCalls()
    }
  }

  private func hasBegun(_ result: Result<PostponedCall.Beginning, RPCError>) {
    // A call that was cancelled before that has nothing to clear up.
    guard !isOver else { return }
    switch result {
    case .success(let beginning):
      if beginning.hasLongKey { worker.observer.limitBit(.keyLength) }
      if notes != nil { notes = beginning.notes }
      idempotency = beginning.idempotency
      switch beginning.opening {
      case .success(let opening): open(opening)
      case .failure(let error): answer(.failure(error))
      }
    case .failure(let error): answer(.failure(error))
    }
  }

  /// Begins.
  ///
  /// - Parameter found: the reply to a look at the record that the opening is about; nil where there was none.
  func open(_ opening: Opening, found: StoreReply? = nil) {
    switch opening {
    case .ask(let command, let then, let undo, let undoesAll):
      let isTraced = command.isMutation && !undoesAll
      self.opening = FirstStep(
        then: then, undo: undo, undoesAll: undoesAll, isTraced: isTraced)
      request.connection.share.takesSteps(command.weight, now: worker.burst.now())
      let ticket = worker.replies.calls.add(.receiver(self))
      if isTraced { mutations.submitted(ticket, sendings: worker.store.sendings) }
      worker.submit(command, ticket: ticket)
    case .record(let recordCall, let otherwise):
      run(recordCall, found: found) { self.opened($0, otherwise) }
    case .records(let recordCalls, let commands, let end):
      run(recordCalls, commands, end)
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
    guard !isOver else {
      if let command = opening.undo(reply) { takeBack(by: command) }
      return settle()
    }
    var result = worker.burst.takeBuffer()
    do throws(RPCError) {
      if let procedure = try opening.then(reply, CallContext(self, on: worker.loop), &result) {
        run(procedure)
      } else {
        answer(.success(result))
      }
    } catch {
      fail(error)
    }
    worker.burst.giveBack(consume result)
  }

  /// The call on a record has been answered: that is all, or there is another way to go on.
  private func opened(
    _ answer: RecordAnswer, _ otherwise: (RPCError) -> Procedure?
  ) {
    guard !isOver else { return settle() }
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

  /// Runs calls on records and steps beside them.
  private func run(
    _ calls: [RecordCall], _ commands: [StoreCommand],
    _ end:
      @escaping @Sendable ([RecordAnswer], [StoreReply], CallContext, inout ByteBuffer)
      throws(RPCError) -> Void
  ) {
    mutations.changed()
    request.connection.share.takesSteps(calls.count + commands.count, now: worker.burst.now())
    worker.run(calls, commands, readsFirst: readsFirst, for: request.connection.peer) {
      answers, replies in
      guard !self.isAnswered else { return }
      var result = ByteBuffer()
      do throws(RPCError) {
        try end(answers, replies, CallContext(self, on: self.worker.loop), &result)
        self.answer(.success(result))
      } catch {
        self.answer(.failure(error))
      }
    }
  }

  /// Runs a call on a record. What nobody waits for any more when it is done is taken back, if it can be and
  /// is not kept for a repetition.
  private func run(
    _ call: RecordCall, found: StoreReply? = nil, _ completion: @escaping (RecordAnswer) -> Void
  ) {
    let readsFirst = readsFirst
    worker.expectValue(of: call.name, in: request.connection.share)
    if call.isReading { request.connection.readsOut += 1 }
    let wait = worker.records.run(
      call, keepingIn: idempotency, readsFirst: readsFirst, found: found,
      for: request.connection.peer
    ) { answer in
      if call.isReading { self.request.connection.readsOut -= 1 }
      self.recordWait = nil
      if let undo = self.undo(call, answer) { self.takeBack(by: undo) }
      completion(answer)
    }
    guard !wait.isOver else { return }
    recordWait = wait
  }

  /// What takes back a call that nobody is told of, if it can be and is not kept for a repetition.
  private func undo(_ call: RecordCall, _ answer: RecordAnswer) -> RecordCall? {
    isOver && idempotency == nil ? call.undo(answer) : nil
  }

  /// Whether a record that it is to change is read for that, though it may be known: the call can then be ended
  /// meanwhile, and comes after those reads of its connection that were asked for before it.
  private var readsFirst: Bool { deadline != nil || request.connection.readsOut > 0 }

  private func run(_ procedure: @escaping Procedure) {
    let bound = NIOLoopBound(self, eventLoop: worker.loop)
    let context = CallContext(self, on: worker.loop)
    isRunning = true
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
    isRunning = false
    if let untold, let undo = undo(untold.call, untold.answer) { takeBack(by: undo) }
    untold = nil
    guard !isOver else { return settle() }
    switch result {
    case .success: answer(result)
    case .failure(let error): fail(error)
    }
  }

  private func answer(_ result: Result<ByteBuffer, RPCError>, fromStore: Bool = true) {
    guard !isAnswered else { return }
    isAnswered = true
    deadline?.cancel()
    patience?.cancel()
    request.connection.procedures.remove(self)
    worker.replies.end(request, notes: notes, fromStore: fromStore) { buffer throws(RPCError) in
      buffer.writeImmutableBuffer(try result.get())
    }
  }

  // MARK: The end without a result

  func end() { cancel(.clientGone, atOnce: true) }

  func drain() {
    if isWaiting { cancel(.stopping) }
  }

  /// Ends the call without its result.
  ///
  /// - Parameters:
  ///   - error: why; it says that nothing was done, or what is true where that is not so.
  ///   - atOnce: whether its caller is told now, and not when nothing of it is left.
  private func cancel(_ error: RPCError, atOnce: Bool = false) {
    guard !isAnswered else { return }
    guard cancellation == nil else {
      if atOnce { answerUnconfirmed() }
      return
    }
    cancellation = error
    if atOnce { answer(.failure(error)) }
    if let recordWait { worker.records.giveUp(recordWait, error) }
    waits?.giveUp(error)
    if let (drop, dropped) = computing, drop() {
      computing = nil
      dropped(error)
    }
    settle()
    guard !isAnswered else { return }
    patience = worker.timers.schedule(in: worker.withdrawalPatience) {
      self.answerUnconfirmed()
      self.worker.burst.finish()
    }
  }

  /// Tells the caller of a call that was cancelled, once nothing of it is left.
  private func settle() {
    guard let cancellation, !isRunning, withdrawals == 0, opening?.undoesAll != true,
      recordWait?.isTakenBack != true
    else { return }
    if isHeld { answerUnconfirmed() } else { answer(.failure(cancellation)) }
  }

  /// Ends the call with an error of its own, which it is told as one that was cancelled is.
  private func fail(_ error: RPCError) {
    if withdrawals == 0 { answer(.failure(error)) } else { cancel(error) }
  }

  /// Tells the caller of a call that was cancelled, though something of it may be left for a while.
  private func answerUnconfirmed() {
    guard let cancellation else { return }
    answer(.failure(cancellation.reason == .cancelled ? .cancelledUnconfirmed : cancellation))
  }

  /// Ends the call without its result, for a caller that still waits.
  ///
  /// - Parameter error: why; it says that nothing was done, and gives way to OUTCOME_UNKNOWN where that is
  ///   not so.
  private func giveUp(_ error: RPCError) {
    guard !isOver else { return }
    let truth = truth(of: error)
    cancel(truth, atOnce: truth != error)
  }

  func isCalled(_ id: RawSpan) -> Bool { !request.isNotification && request.id.isSpelled(id) }

  func cancelForCaller() -> Bool {
    let error = RPCError(.cancelled)
    guard !isOver else { return false }
    // What it has asked for is answered first: it is ended then if it would wait.
    isUnwanted = truth(of: error) != error
    if !isUnwanted { cancel(error) }
    return !isUnwanted
  }

  private func truth(of error: RPCError) -> RPCError {
    guard !isOver else { return error }
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
    request.connection.share.takesSteps(command.weight, now: worker.burst.now())
    guard command.isMutation, !isTakenBack else {
      worker.perform(command) { self.resume(continuation, with: $0) }
      return
    }
    worker.perform(command) {
      self.mutations.answered($0)
      self.resume(continuation, with: $0)
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
    request.connection.share.takesSteps(
      commands.reduce(0) { $0 + $1.weight }, now: worker.burst.now())
    for (place, command) in commands.enumerated() {
      worker.perform(command) {
        replies[place] = $0
        open -= 1
        if open == 0 { self.resume(continuation, with: replies) }
      }
    }
  }

  /// Resumes the procedure: in another turn of the loop where it has had the time of one, as a store that answers at
  /// once would never have it wait.
  private func resume<Value: Sendable>(
    _ continuation: CheckedContinuation<Value, Never>, with value: Value
  ) {
    guard worker.executor.isTurnOver else { return continuation.resume(returning: value) }
    worker.executor.goOnNext { continuation.resume(returning: value) }
  }

  func run(_ call: RecordCall, _ continuation: CheckedContinuation<RecordAnswer, Never>) {
    run(call) { (answer: RecordAnswer) in
      if !call.isReading, answer.hasEffect { self.mutations.changed() }
      self.untold = self.isOver ? nil : (call, answer)
      self.resume(continuation, with: answer)
    }
  }

  func compute<Value: Sendable>(
    _ work: @escaping @Sendable () throws(RPCError) -> Value,
    _ completion: @escaping (Result<Value, RPCError>) -> Void
  ) {
    if let cancellation { return completion(.failure(cancellation)) }
    let drop = worker.compute(for: request.connection.peer, work) {
      self.computing = nil
      completion($0)
    }
    if let drop { computing = (drop, { completion(.failure($0)) }) }
  }

  func takeBack(by command: StoreCommand) {
    withdrawals += 1
    worker.takeBack(by: command) { [weak self] in self?.tookBack($0) }
  }

  func takeBack(by call: RecordCall) {
    withdrawals += 1
    worker.takeBack(by: call) { [weak self] in self?.tookBack($0) }
  }

  private func tookBack(_ isConfirmed: Bool) {
    withdrawals -= 1
    isHeld = isHeld || !isConfirmed
    settle()
  }

  func wait(
    atMost time: Duration, waiter: UInt64?, _ continuation: CheckedContinuation<WaitOutcome, Never>
  ) {
    if worker.isDraining { giveUp(.stopping) }
    endIfUnwanted()
    if let cancellation { return continuation.resume(returning: .failed(cancellation)) }
    takeWaits().wait(atMost: time, waiter: waiter, continuation)
  }

  func addWaiter(on topic: Topic, in queue: WaiterQueue) -> UInt64 {
    endIfUnwanted()
    return takeWaits().add(on: topic, in: queue)
  }

  /// Ends a call that is going to wait, and may not or need not.
  private func endIfUnwanted() {
    if let refusal { giveUp(refusal) }
    if isUnwanted { _ = cancelForCaller() }
  }

  func awaitSubscription(of id: UInt64, _ continuation: CheckedContinuation<WaitOutcome, Never>) {
    takeWaits().awaitSubscription(of: id, continuation, unless: cancellation)
  }

  private func takeWaits() -> CallWaits {
    if let waits { return waits }
    let made = CallWaits(of: request.connection, on: worker)
    waits = made
    return made
  }

  func isFirst(_ id: UInt64) -> Bool { worker.bus.isFirst(id) }

  func removeWaiter(_ id: UInt64) { waits?.remove(id) }

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

extension RPCError {
  /// Ends a call that its caller has cancelled where the store has not said yet that nothing of it is held.
  fileprivate static let cancelledUnconfirmed = RPCError(
    .cancelled,
    "its caller has cancelled the call; nothing was done, and what it held is given back as soon as the store answers"
  )
}
