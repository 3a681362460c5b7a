internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore
internal import NIOCore

/// A call that takes a step until that comes to something (`RepeatedStep`): from its opening to its answer.
///
/// Bound to its connection's loop. What waits is this object, its place in a queue and a timer: a hundred thousand
/// calls may. The call is answered once; a step that is out then is answered to nobody.
final class RepeatedCall: ConnectionCall, ReplyReceiver, QueueMember {
  /// How long to wait before asking again a store, or a bus, that can't be reached.
  private static let outagePause = TimeAmount.milliseconds(250)

  /// What few have, apart, so that the others stay small.
  private final class Extras {
    let idempotency: IdempotencyRecord?
    let notes: CallNotes?
    /// The timer of the caller's deadline.
    var deadline: LoopTimer?

    init(_ idempotency: IdempotencyRecord?, _ notes: CallNotes?) {
      self.idempotency = idempotency
      self.notes = notes
    }
  }

  let request: Request
  /// The service that it was let in for.
  let service: String
  var place = 0

  private let worker: Worker
  private var step: any RepeatedStep
  private let extras: Extras?
  private var mutations = MutationTrace()
  /// Why it may not wait any more.
  private var refusal: RPCError?
  /// Whether its caller has cancelled it when it could not be ended.
  private var isUnwanted = false
  /// Its place in a queue; nil when it has none.
  private var queued: UInt64?
  /// The end of its wait; nil before it has begun to wait.
  private var timeLimit: LoopTimer?
  /// When it looks untold.
  private var silence: LoopTimer?
  private var isAnswered = false
  /// Whether it has begun to wait.
  private var hasWaited = false
  private var isOver = false
  /// Whether the queue listens.
  private var isListening = false
  /// Whether it is the first, which looks.
  private var isFirst = false
  /// Whether it was told to look and has not done so since.
  private var isWoken = false
  /// Whether it looks in the next turn of the loop.
  private var isScheduled = false
  /// Whether it waits for something else than the store, and is not counted in its peer's share.
  private var isOutsideShare = false {
    didSet {
      guard isOutsideShare != oldValue else { return }
      let share = request.connection.share
      if isOutsideShare { share.parked() } else { share.resumed() }
      worker.burst.runQueue.roomMade(in: share)
    }
  }
  /// Whether the next calls of its connection wait for it.
  private var holdsCalls = false

  static var heldBytes: Int { HeldBytes.perRepeatedCall }
  var method: Int? { request.method }
  var isParked: Bool { hasWaited && !mutations.isInFlight }

  private init(
    _ request: consuming Request, _ step: any RepeatedStep, extras: Extras?, worker: Worker
  ) {
    self.request = request
    self.step = step
    self.extras = extras
    self.worker = worker
    service = self.request.connection.identity?.name ?? ""
  }

  // MARK: From the opening to the answer

  /// Takes in a call, and its step for the first time.
  static func begin(
    _ request: consuming Request, _ step: any RepeatedStep, notes: CallNotes?, deadlineMs: Int64?,
    idempotency: IdempotencyRecord?, worker: Worker
  ) {
    let hasExtras = notes != nil || deadlineMs != nil || idempotency != nil
    let call = RepeatedCall(
      request, step, extras: hasExtras ? Extras(idempotency, notes) : nil, worker: worker)
    call.request.connection.procedures.add(call)
    if let deadlineMs {
      let patience = TimeAmount.milliseconds(min(deadlineMs, TimeToLive.longest.milliseconds))
      call.extras?.deadline = worker.timers.schedule(in: patience) {
        worker.observer.limitBit(.deadline)
        call.giveUp(RPCError(.deadlineExceeded))
        worker.burst.finish()
      }
    }
    call.keepPace()
    if call.step.holdsCalls {
      call.holdsCalls = true
      call.request.connection.pauseCalls()
    }
    call.ask()
  }

  /// Has the step read no more than its caller's pace allows.
  private func keepPace() {
    guard step.isPaced else { return }
    let now = worker.burst.now()
    let share = request.connection.share
    step = step.reading(atMost: share.pace.count(now: now))
    guard let longValues = worker.longValues, longValues.isUsed,
      case .getMany(let names) = step.command
    else { return }
    let longest = longValues.longest(of: names)
    share.pace.expects(longest, now: now)
    share.expects(longest, now: now)
    step = step.reading(atMost: share.pace.count(now: now))
  }

  private func ask() {
    isWoken = false
    isOutsideShare = false
    silence?.cancel()
    silence = nil
    // It keeps its number in every repetition: before it comes to something it has no answer to be kept.
    let command = extras?.idempotency?.keeping(step.command, step: 0) ?? step.command
    request.connection.share.takesSteps(command.weight, now: worker.burst.now())
    let ticket = worker.replies.calls.add(.receiver(self))
    mutations.submitted(ticket, sendings: worker.store.sendings)
    worker.store.submit(command, ticket: ticket)
  }

  func received(_ reply: consuming StoreReply) {
    let reply = reply
    mutations.answered(reply)
    if step.isPaced {
      request.connection.share.pace.learn(reply, now: worker.burst.now())
      if let longValues = worker.longValues, case .values(let values) = reply,
        case .getMany(let names) = step.command
      {
        longValues.saw(values, of: names)
      }
    }
    guard !isAnswered else { return }
    var result = worker.burst.takeBuffer()
    do throws(RPCError) {
      switch try step.end(reply, writingTo: &result) {
      case .done:
        answer(.success(result))
      case .next(let next):
        step = next
        keepPace()
        goOn { self.goOnAfterInput() }
      case .nothing:
        // One that waits delays no other.
        release()
        if step.wait == nil { answerInVain() } else { goOn { self.waitOn() } }
      }
    } catch {
      // An outage, for which a call that waits anyhow need not fail. A read whose answer was lost may have handed
      // something over to nobody: it is the consumer's then, unacknowledged, as that of one that has crashed.
      if hasWaited, error.isOutage { goOn { self.sitOut() } } else { answer(.failure(error)) }
    }
    worker.burst.giveBack(consume result)
  }

  /// Takes the next of its steps: after others' calls.
  private func goOnAfterInput() {
    worker.burst.afterInput {
      guard !self.isAnswered, !self.mutations.isInFlight else { return }
      self.goOn { self.ask() }
    }
  }

  /// Goes on, unless the call may not, or its time is over.
  private func goOn(_ body: () -> Void) {
    if step.hasResult, refusal != nil || worker.isDraining { return answerInVain() }
    if let refusal { return giveUp(refusal) }
    if isUnwanted, !step.hasResult, cancelForCaller() { return }
    // One that holds others up is soon over.
    if worker.isDraining, !holdsCalls { return giveUp(.stopping) }
    if isOver { return answerInVain() }
    body()
  }

  private func answerInVain() {
    var result = ByteBuffer()
    step.endInVain(writingTo: &result)
    answer(.success(result))
  }

  private func answer(_ result: Result<ByteBuffer, RPCError>) {
    guard !isAnswered else { return }
    isAnswered = true
    isOutsideShare = false
    extras?.deadline?.cancel()
    timeLimit?.cancel()
    silence?.cancel()
    request.connection.procedures.remove(self)
    release()
    worker.replies.end(request, notes: extras?.notes, fromStore: true) {
      buffer throws(RPCError) in buffer.writeImmutableBuffer(try result.get())
    }
    // It is the next one's turn.
    leaveQueue()
  }

  /// Lets the next calls of its connection begin.
  private func release() {
    guard holdsCalls else { return }
    holdsCalls = false
    request.connection.resumeCalls()
  }

  // MARK: Waiting

  /// Waits on: where it has its place, or in one that it takes now.
  private func waitOn() {
    guard let wait = step.wait else { return answerInVain() }
    if !hasWaited {
      hasWaited = true
      timeLimit = worker.timers.schedule(in: TimeAmount(wait.time)) {
        self.timeOver()
        self.worker.burst.finish()
      }
    }
    isOutsideShare = true
    guard queued != nil else { return join(wait) }
    if isWoken { return look() }
    guard isFirst else { return }
    later(TimeAmount(wait.longestSilence))
  }

  private func join(_ wait: RepeatedStepWait) {
    isListening = false
    isFirst = false
    let id = worker.bus.enqueue(self, on: .name(wait.name), in: wait.queue)
    // It may have been answered, or refused, by now.
    if isAnswered { worker.bus.stopListening(id) } else { queued = id }
  }

  private func leaveQueue() {
    guard let id = queued else { return }
    queued = nil
    worker.bus.stopListening(id)
  }

  /// Looks after a while, unless something is told before.
  private func later(_ time: TimeAmount) {
    silence?.cancel()
    silence = worker.timers.schedule(in: time) {
      self.silence = nil
      guard self.request.connection.isOpen else { return self.end() }
      if !self.isAnswered, !self.mutations.isInFlight { self.lookOrJoin() }
      self.worker.burst.finish()
    }
  }

  private func lookOrJoin() {
    if queued == nil, let wait = step.wait { join(wait) } else { ask() }
  }

  /// Lets an outage pass.
  private func sitOut() {
    isOutsideShare = true
    later(Self.outagePause)
  }

  /// Looks in a turn of the loop of its own: one that finds something wakes the next, and so on.
  private func look() {
    isWoken = true
    guard !isScheduled else { return }
    isScheduled = true
    worker.inNextTurn {
      self.isScheduled = false
      guard !self.isAnswered, self.isWoken, !self.mutations.isInFlight else { return }
      // Nobody is there any more for whom something could be taken; its end is only waiting for its turn.
      guard self.request.connection.isOpen else { return self.end() }
      self.ask()
    }
  }

  private func timeOver() {
    guard !isAnswered else { return }
    isOver = true
    // What is out may come to something.
    if !mutations.isInFlight { answerInVain() }
  }

  // MARK: What the queue says

  func subscribed() { isListening = true }

  func received(_ message: ByteBuffer, on name: ByteBuffer) { missed() }

  func missed() {
    isFirst = true
    look()
  }

  func failed(with error: RPCError) {
    // One that has listened finds out by looking; it is told nothing any more.
    if isListening { return missed() }
    guard error.isOutage else { return answer(.failure(error)) }
    leaveQueue()
    if !mutations.isInFlight { sitOut() }
  }

  // MARK: Ending

  func end() { answer(.failure(.clientGone)) }

  /// One that has a step out is ended when that is answered, if it would wait then.
  func drain() {
    if hasWaited, !mutations.isInFlight { giveUpByItself(.stopping) }
  }

  func forbid(_ error: RPCError) {
    refusal = error
    if hasWaited, !mutations.isInFlight { giveUpByItself(error) }
  }

  /// Gives up outside of any burst, whose end would send the answer.
  private func giveUpByItself(_ error: RPCError) {
    giveUp(error)
    worker.inNextTurn {}
  }

  func isCalled(_ id: RawSpan) -> Bool { !request.isNotification && request.id.isSpelled(id) }

  func cancelForCaller() -> Bool {
    let error = RPCError(.cancelled)
    guard !isAnswered else { return false }
    // What it has asked for is answered first: it is ended then if it would go on.
    isUnwanted = truth(of: error) != error
    if !isUnwanted { answer(.failure(error)) }
    return !isUnwanted
  }

  /// Ends the call without its result, for a caller that still waits.
  private func giveUp(_ error: RPCError) {
    guard !isAnswered else { return }
    if step.hasResult { return answerInVain() }
    answer(.failure(truth(of: error)))
  }

  /// What is true of the call when it ends now for a reason that says that nothing was done.
  private func truth(of error: RPCError) -> RPCError {
    step.command.isMutation ? mutations.truth(of: error, worker.store) : error
  }
}
