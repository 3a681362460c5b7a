internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomRedis
internal import CloakroomStore
internal import NIOCore

/// What the calls of one event loop work with: its way to the store and to the bus, its executor, its
/// counters, and the way out of their replies.
///
/// Bound to its loop: nothing in it is shared, so that a call meets no lock and no other thread
/// between its first byte and its reply's last.
final class Worker {
  let loop: any EventLoop
  let limits: Configuration.Limits
  /// How long the caller of a call that was cancelled waits for the store to take it back: as long as a command
  /// may take.
  let withdrawalPatience: TimeAmount
  let observer: LoopObserver
  let burst: Burst
  /// The way out.
  let replies: ReplyWriter
  /// The way to the store.
  let store: any StoreLink
  /// The way to what other sidecars of the store publish.
  let bus: LoopBus
  /// Which values were long of late; nil where no reply stands before another, as with the store in memory.
  let longValues: LongValues?
  /// Threads for what would hold up the loop.
  private let pool: ComputePool
  /// The timers of its calls.
  let timers: LoopTimers
  /// Runs procedures on the loop. It has a strong reference back, which `stop` takes from it: every call
  /// counts references to what it uses, and once there was a weak one that takes twice as long.
  private(set) lazy var executor = LoopExecutor(
    on: loop, later: { self.burst.afterInput($0) }, ran: { self.burst.finish() })

  /// Runs calls on records. It goes with the worker, and refers back to it unowned.
  private(set) lazy var records = RecordRunner(on: self, recordBytes: limits.recordBytes)

  /// Who may call what; replaced when the policy is read anew.
  var admission: Admission {
    didSet { replies.admission = admission }
  }
  /// Whether no more calls are taken.
  var isDraining = false
  /// How many withdrawals wait for the store to come back.
  private var withdrawalsWaiting = 0
  private var reported = StoreLinkCounters()
  private var reportedDrops: UInt64 = 0

  init(
    loop: any EventLoop, configuration: Configuration, table: MethodTable, admission: Admission,
    observer: LoopObserver, store: any StoreLink, bus: any BusLink, pool: ComputePool,
    longValues: LongValues?
  ) {
    self.longValues = longValues
    self.pool = pool
    self.loop = loop
    self.admission = admission
    self.observer = observer
    self.store = store
    self.bus = LoopBus(bus)
    limits = configuration.limits
    withdrawalPatience = TimeAmount(configuration.store.commandTimeout)
    burst = Burst(on: loop, limits: limits, observer: observer)
    timers = LoopTimers(on: loop) { [burst] in burst.afterInput($0) }
    replies = ReplyWriter(
      burst, table: table, admission: admission, observer: observer, longValues: longValues,
      configuration: configuration)
  }

  /// Opens the ways to the store and the bus.
  func start() {
    replies.lookAgain = { [unowned self] look, record, request, notes in
      // A call that came since would overtake what it has to read.
      guard records.isIdle(look.name) else {
        return replies.open(request, notes, look.opening, record)
      }
      self.look(look, at: record, for: request, notes: notes)
    }
    replies.open = { [unowned self] request, notes, opening, found in
      guard request.connection.isOpen else {
        return replies.end(request, notes: notes, .clientGone)
      }
      ProcedureCall(request, notes: notes, deadlineMs: nil, idempotency: nil, worker: self).open(
        opening, found: found)
    }
    replies.goOn = { [unowned self] parent in burst.afterInput { self.submitSteps(of: parent) } }
    store.start(sink: replies)
    bus.start(later: { [burst] in burst.afterInput($0) }) { [burst] wasAll in
      if wasAll { burst.envelopes.forget() }
      burst.finish()
    }
  }

  /// Gives them up and hands the last records to the log.
  func stop() {
    bus.close()
    store.close()
    burst.finish()
    timers.close()
    executor.close()
  }

  // MARK: Calls that wait for the store

  /// Gives a request a ticket under which its reply will come.
  ///
  /// - Parameters:
  ///   - isMutation: whether it changes something; asked for only where there is a deadline.
  ///   - holdsCalls: whether the next calls of its connection wait for it.
  ///   - steps: its steps with tickets of their own, where it has such; to be submitted by `submitSteps`.
  func wait(
    for request: consuming Request, _ arguments: inout Arguments, isMutation: Bool = false,
    holdsCalls: Bool = false, steps: [StoreCommand]? = nil
  ) -> StoreTicket {
    var extras: CallExtras?
    if arguments.notes.isKept || arguments.deadlineMs != nil || holdsCalls || steps != nil {
      let all = CallExtras()
      if arguments.notes.isKept { all.notes = arguments.notes }
      all.isMutation = isMutation
      if holdsCalls {
        all.holdsCalls = true
        request.connection.pauseCalls()
      }
      if let steps {
        request.connection.share.takesSteps(
          min(steps.count, Self.portion), now: burst.now())
        all.replies = Array(repeating: nil, count: steps.count)
        all.remaining = steps.count
        all.rest = steps[...]
      }
      extras = all
    }
    let ticket = replies.calls.add(
      .call(Call(request: request, replyContext: arguments.replyContext, extras: extras)))
    if let milliseconds = arguments.deadlineMs, let extras {
      extras.sendings = store.sendings
      startDeadline(milliseconds, for: ticket, extras)
    }
    return ticket
  }

  /// Takes a look at a record for a request that has no deadline.
  ///
  /// - Parameter found: what was read of it already; nil reads it.
  func look(
    _ look: any RecordLook, at found: StoreReply? = nil, for request: consuming Request,
    notes: CallNotes?
  ) {
    var extras: CallExtras?
    if let notes {
      extras = CallExtras()
      extras?.notes = notes
    }
    request.connection.readsOut += 1
    let name = look.name
    expectValue(of: name, for: &request)
    request.connection.share.entered()
    guard let beside = look.beside else {
      let ticket = replies.calls.add(
        .look(LookCall(request: request, look: look, record: nil, extras: extras)))
      return store.submit(.read(name), ticket: ticket)
    }
    let record = RecordReply(found)
    let second = replies.calls.add(
      .look(LookCall(request: request, look: look, record: record, extras: extras)))
    if found == nil { store.submit(.read(name), ticket: replies.calls.add(.lookedAt(record))) }
    store.submit(beside, ticket: second)
  }

  /// Takes the step of a call that has no deadline.
  func take(_ step: any StepCall, for request: consuming Request, notes: CallNotes?) {
    var extras: CallExtras?
    if let notes {
      extras = CallExtras()
      extras?.notes = notes
    }
    let command = step.command
    request.connection.share.takesSteps(command.weight, now: burst.now())
    request.connection.share.entered()
    let ticket = replies.calls.add(
      .stepped(SteppedCall(request: request, step: step, extras: extras)))
    store.submit(command, ticket: ticket)
  }

  private func startDeadline(
    _ milliseconds: Int64, for ticket: StoreTicket, _ extras: CallExtras
  ) {
    let patience = TimeAmount.milliseconds(min(milliseconds, TimeToLive.longest.milliseconds))
    extras.deadline = timers.schedule(in: patience) {
      guard self.replies.calls.extras(ticket.index) === extras, !extras.isAnswered else { return }
      self.observer.limitBit(.deadline)
      // The ticket stays in use until the store has answered, but no caller waits for it any more.
      self.replies.calls.withCall(ticket.index) { self.endLate($0, ticket, extras) }
      self.burst.finish()
    }
  }

  /// Ends a call whose time is over, and says what is true: what was sent may be done.
  private func endLate(_ call: borrowing Call, _ ticket: StoreTicket, _ extras: CallExtras) {
    let isOfMany = !extras.replies.isEmpty
    let tickets = isOfMany ? extras.steps : [ticket]
    // Those of many steps that were not submitted are not done any more.
    let submitted = extras.replies.count - extras.rest.count
    extras.remaining -= extras.rest.count
    extras.rest = []
    let isUndone =
      !extras.isMutation
      || !extras.replies.contains { $0 != nil }
        && tickets.allSatisfy { store.withdraw($0, since: extras.sendings) }
    if !isUndone, isOfMany {
      // Each of many steps has its own end.
      return replies.end(
        call,
        extras.replies.enumerated().map {
          $1 ?? .failure($0 < submitted ? .mayHaveBeenDone : RPCError(.deadlineExceeded))
        })
    }
    extras.isAnswered = true
    replies.release(call)
    replies.end(
      call.request, notes: extras.notes,
      isUndone ? RPCError(.deadlineExceeded) : .mayHaveBeenDone)
  }

  // MARK: Steps that are not the one step of a call

  /// Takes a step of the store for a procedure, or for a call on a record.
  ///
  /// - Parameters:
  ///   - completion: called with the reply; nil when it is not needed.
  ///   - submitting: told the ticket before the step is submitted.
  func perform(
    _ command: StoreCommand, _ completion: ((StoreReply) -> Void)?,
    submitting: (StoreTicket) -> Void
  ) {
    let ticket = replies.calls.add(.procedure(completion.map { StepCompletion($0) }))
    submitting(ticket)
    submit(command, ticket: ticket)
  }

  func perform(
    _ command: StoreCommand, for receiver: any ReplyReceiver, submitting: (StoreTicket) -> Void
  ) {
    let ticket = replies.calls.add(.receiver(receiver))
    submitting(ticket)
    submit(command, ticket: ticket)
  }

  /// Takes a step of the store for the sidecar itself.
  func perform(_ command: StoreCommand, _ completion: ((StoreReply) -> Void)?) {
    perform(command, completion) { _ in }
  }

  /// Runs calls on records and steps beside them, all at once.
  ///
  /// - Parameter completion: told all that they come to, answers and replies in their order.
  func run(
    _ calls: [RecordCall], _ commands: [StoreCommand], readsFirst: Bool, for peer: Peer,
    _ completion: @escaping ([RecordAnswer], [StoreReply]) -> Void
  ) {
    var answers = [RecordAnswer](repeating: .unavailable, count: calls.count)
    var replies = [StoreReply](repeating: .failure(RPCError(.internal)), count: commands.count)
    var open = calls.count + commands.count
    let arrived = {
      open -= 1
      if open == 0 { completion(answers, replies) }
    }
    for (place, command) in commands.enumerated() {
      perform(command) {
        replies[place] = $0
        arrived()
      }
    }
    for (place, call) in calls.enumerated() {
      records.run(call, readsFirst: readsFirst, for: peer) {
        answers[place] = $0
        arrived()
      }
    }
  }

  /// How long an outage is waited out before a withdrawal is tried again, in milliseconds.
  private static let withdrawalPauseMs: ClosedRange<Int64> = 250...500
  /// How often a withdrawal is tried: for a minute at least. What is to be withdrawn has a life of its own.
  private static let withdrawalTries = 240
  /// How many withdrawals of a loop wait out an outage.
  private static let mostWithdrawals = 1024

  /// Takes back a step of the store by another one. The caller was told that nothing is held, or is going to be:
  /// so it is tried again while the store is out.
  ///
  /// - Parameter ended: told once whether it was taken back, or there is nothing to take back.
  func takeBack(by command: StoreCommand, _ ended: @escaping (Bool) -> Void = { _ in }) {
    takeBack(triesLeft: Self.withdrawalTries, ended) { attempted in
      self.perform(command) {
        if case .failure(let error) = $0 { attempted(error) } else { attempted(nil) }
      }
    }
  }

  /// The same of a call on a record.
  func takeBack(by call: RecordCall, _ ended: @escaping (Bool) -> Void = { _ in }) {
    takeBack(triesLeft: Self.withdrawalTries, ended) { attempted in
      self.records.run(call) {
        if case .failure(let error) = $0.result { attempted(error) } else { attempted(nil) }
      }
    }
  }

  private func takeBack(
    triesLeft: Int, _ ended: @escaping (Bool) -> Void,
    _ attempt: @escaping (_ attempted: @escaping (RPCError?) -> Void) -> Void
  ) {
    attempt { error in
      guard let error, error.mayPass else { return ended(error?.saysThatNothingIsHeld ?? true) }
      guard triesLeft > 0, self.withdrawalsWaiting < Self.mostWithdrawals else {
        self.observer.limitBit(.withdrawals)
        return ended(false)
      }
      self.withdrawalsWaiting += 1
      let pause = Duration.milliseconds(Int64.random(in: Self.withdrawalPauseMs))
      self.later(pause) {
        self.withdrawalsWaiting -= 1
        self.takeBack(triesLeft: triesLeft - 1, ended, attempt)
      }
    }
  }

  // MARK: Counting

  /// What the loop has counted so far.
  func snapshot() -> MetricsSnapshot {
    let counters = store.counters
    for cause in LossCause.allCases {
      let count = counters.losses[cause.rawValue] - reported.losses[cause.rawValue]
      observer.count(cause.reconnectReason, times: count)
      if cause == .commandTimeout { observer.count(.storeCommandTimeouts, times: count) }
    }
    observer.count(.storeCommandsResent, times: counters.resent - reported.resent)
    observer.count(
      Limit.pendingCommands, times: counters.refused - reported.refused)
    reported = counters
    let dropped = bus.dropped
    observer.count(EventDrop.busyLoop, times: dropped - reportedDrops)
    reportedDrops = dropped
    return observer.snapshot()
  }
}

extension Worker {
  /// Does something in a turn of the loop of its own, and sends what has been answered by then.
  func inNextTurn(_ body: @escaping () -> Void) {
    // On the loop already: only its own calls ask for this, whatever a peer sends, and NIO checks that each time.
    loop.assumeIsolated().execute {
      body()
      self.burst.finish()
    }
  }
}

extension Worker: RecordHost {
  func compute<Value: Sendable>(
    for owner: Peer?, _ work: @escaping @Sendable () throws(RPCError) -> Value,
    _ completion: @escaping (Result<Value, RPCError>) -> Void
  ) -> (() -> Bool)? {
    do throws(RPCError) {
      let job = try pool.run(for: owner, on: loop, work) {
        completion($0)
        self.burst.finish()
      }
      return { job.cancel() }
    } catch {
      completion(.failure(error))
      return nil
    }
  }

  func later(_ time: Duration, _ body: @escaping () -> Void) {
    // On the loop already: only what runs there calls this, and NIO checks that each time.
    loop.assumeIsolated().scheduleTask(in: TimeAmount(time)) {
      body()
      self.burst.finish()
    }
  }

  func noticed(
    _ notice: RecordNotice, of name: StoreKey, in namespace: Namespace,
    about subject: RecordSubject?
  ) {
    replies.noticed(notice, of: name, in: namespace, about: subject)
  }
}

extension RPCError {
  /// Whether the same step may succeed before long.
  fileprivate var mayPass: Bool {
    switch reason {
    case .unavailable, .outcomeUnknown, .overloaded: true
    default: false
    }
  }

  /// Whether a withdrawal that ends so has found nothing to take back any more: not the same as one that the store,
  /// or the sidecar, could not do.
  fileprivate var saysThatNothingIsHeld: Bool {
    switch reason {
    case .storeRefused, .internal: false
    default: true
    }
  }
}
