internal import CloakroomCore
public import CloakroomRedis
public import Logging
public import NIOCore

/// One event loop's way to a store that is Redis.
///
/// Bound to its loop. `assumeIsolated` is sound for that: nobody but the loop has it, and NIO checks that
/// each time.
public final class RedisStoreLink: StoreLink {
  /// Why commands are refused at once; nil while they are not.
  public var downReason: String? { link.downReason }
  /// How often something was sent to Redis.
  public var sendings: UInt64 { link.sendings }
  /// Redis' time, as well as it is known. What arrives together is of one moment: the clock is asked once.
  public var timeMs: Int64 {
    if let burstTimeMs { return burstTimeMs }
    let time = clock.timeMs
    if isReceiving { burstTimeMs = time }
    return time
  }
  /// What has happened on the connection so far.
  public var counters: StoreLinkCounters { link.counters }

  let link: RedisLink
  let loop: any EventLoop
  /// Commits of this tick of the loop that need reminders.
  var gathered: [GatheredCommit] = []
  private let condition: RedisCondition
  private let refusals: StoreRefusals
  /// What is asked whether it would be written: there is never anything of the name.
  private let probeKey: String
  private let onReadOnly: @Sendable () -> Void
  /// The parts of the index of deadlines, by their numbers.
  let deadlines: [DeadlinePart]
  /// Redis' time.
  var clock = RedisClock() {
    didSet { burstTimeMs = nil }
  }
  /// The time of the replies that are being handed on, once one of them has asked for it.
  private var burstTimeMs: Int64?
  private var isReceiving = false
  /// What the link's count was when it was last seen whether the time is to be asked for: once before each sending.
  var timeSeenAt: UInt64?
  let nothing = ByteBuffer()
  /// Strong, and let go in `close`: a weak one would make each use of the sink's count slower.
  private var sink: (any StoreSink)?
  /// Where the command that is being submitted keeps its answer; nil for almost all.
  var idempotency: IdempotencyRecord?

  /// A way to Redis that is not open yet; made on its loop.
  ///
  /// - Parameters:
  ///   - prefix: what all names begin with that the sidecars of one store have in common.
  ///   - condition: is told what Redis says of itself.
  ///   - refusals: is told what Redis refuses.
  ///   - outage: says in the log what becomes of the connection.
  ///   - onReadOnly: called when Redis has become a replica, and is connected to anew.
  public init(
    on loop: any EventLoop, to target: RedisTarget, prefix: String, logger: Logger,
    condition: RedisCondition? = nil, refusals: StoreRefusals? = nil, outage: RedisOutage? = nil,
    onReadOnly: @escaping @Sendable () -> Void = {}
  ) {
    self.loop = loop
    self.condition = condition ?? RedisCondition(logger: logger)
    self.refusals = refusals ?? StoreRefusals(logger: logger)
    probeKey = prefix + ":probe"
    self.onReadOnly = onReadOnly
    deadlines = DeadlinePart.all(prefix: prefix)
    link = RedisLink(
      on: loop, to: target, scripts: RedisScripts.all,
      outage: outage ?? RedisOutage(logger: logger))
  }

  /// Connects, and hands all replies to a sink from now on.
  public func start(sink: any StoreSink) {
    self.sink = sink
    link.start(delegate: self)
  }

  /// Gives up the connection; whatever still waits is answered with a failure.
  public func close() {
    link.close()
    sink = nil
  }

  /// Hands a command to Redis with the next flush of the loop's tick.
  public func submit(_ command: consuming StoreCommand, ticket: StoreTicket) {
    switch consume command {
    case .get(let key):
      get(key, ticket)
    case .set(let key, let value, let expiry, let condition):
      set(key, value, expiry, condition, ticket)
    case .exists(let key):
      send(ticket, .boolean, .read, payload: key.count, arguments: 1) {
        $0.write(head: "*2\r\n$6\r\nEXISTS\r\n")
        $0.write(key.bytes)
      }
    case .remove(let key):
      send(ticket, .boolean, .write, payload: key.count, arguments: 1) {
        $0.write(head: "*2\r\n$6\r\nUNLINK\r\n")
        $0.write(key.bytes)
      }
    case .expire(let key, let expiry):
      expire(key, expiry, ticket)
    case .take(let key):
      send(ticket, .value, .write, payload: key.count, arguments: 1) {
        $0.write(head: "*2\r\n$6\r\nGETDEL\r\n")
        $0.write(key.bytes)
      }
    case .getWithMeta(let key):
      run(RedisScripts.getWithMeta, ticket, .entry, .read, key, arguments: 0, payload: 0) { _ in }
    case .getMany(let keys):
      getMany(keys, ticket)
    case .add(let key, let by, let bounds, let expiry):
      run(RedisScripts.add, ticket, .counted, .write, key, arguments: 4, payload: 80) {
        $0.write(by)
        $0.write(bounds.lowerBound)
        $0.write(bounds.upperBound)
        switch expiry {
        case .after(let life), .keep(let life): $0.write(life.milliseconds)
        case .never: $0.write("")
        }
      }
    case .takeRate(let demand):
      takeRate(demand, ticket)
    case .step(let step):
      submit(step, ticket: ticket)
    case .read(let name):
      read(name, ticket)
    case .commit(let name, let commit):
      self.commit(commit, to: name, ticket)
    case .publish(let name, let message):
      send(
        ticket, .number, .write, payload: name.count + message.readableBytes, arguments: 2
      ) {
        $0.write(head: "*3\r\n$7\r\nPUBLISH\r\n")
        $0.write(name.bytes)
        $0.write(message)
      }
    case .ping:
      askForFacts()
      askForWrites()
      send(ticket, .done, .read, payload: 0, arguments: 0) {
        $0.write(head: "*1\r\n$4\r\nPING\r\n")
      }
    case .idempotent(let idempotency, let command):
      submit(command, keeping: idempotency, ticket: ticket)
    case .nothing:
      answer(ticket, .done)
    case .recall(let idempotency):
      recall(idempotency, ticket: ticket)
    }
  }

  /// Lets a command go that nobody waits for any more, if it was not sent.
  public func withdraw(_ ticket: StoreTicket, since sendings: UInt64) -> Bool {
    link.withdraw(ticket: ticket.index, since: sendings)
  }

  /// Asks what may have been set otherwise since; the answer comes before that to what is asked next.
  private func askForFacts() {
    guard condition.isToBeAsked() else { return }
    link.submit(
      context: UInt64(RedisReplyDecoder.facts.rawValue) << 32, resend: .read, payload: 0,
      arguments: 0
    ) { $0.write(head: "*1\r\n$4\r\nINFO\r\n") }
  }

  /// Asks whether Redis takes writes again that it has refused: by one that would write nothing, which
  /// Redis refuses all the same when it is full, a replica, or can't save.
  private func askForWrites() {
    guard refusals.areWritesRefused else { return }
    link.submit(
      context: UInt64(RedisReplyDecoder.probe.rawValue) << 32, resend: .idempotentWrite,
      payload: probeKey.utf8.count, arguments: 3
    ) {
      $0.write(head: "*4\r\n$8\r\nSETRANGE\r\n")
      $0.write(string: probeKey)
      $0.write(0)
      $0.write("")
    }
  }

  private func get(_ key: consuming StoreKey, _ ticket: StoreTicket) {
    send(ticket, .value, .read, payload: key.count, arguments: 1) {
      $0.write(head: "*2\r\n$3\r\nGET\r\n")
      $0.write(key.bytes)
    }
  }

  private func set(
    _ key: StoreKey, _ value: ByteBuffer, _ expiry: Expiry, _ condition: SetCondition,
    _ ticket: StoreTicket
  ) {
    guard case .after(let life) = expiry else {
      return setByScript(key, value, expiry, condition, ticket)
    }
    let payload = key.count + value.readableBytes + 32
    switch condition {
    case .none:
      send(ticket, .stored, .idempotentWrite, payload: payload, arguments: 4) {
        $0.write(head: "*5\r\n$3\r\nSET\r\n")
        $0.write(key, value, life)
      }
    case .absent:
      send(ticket, .stored, .write, payload: payload, arguments: 5) {
        $0.write(head: "*6\r\n$3\r\nSET\r\n")
        $0.write(key, value, life)
        $0.write("NX")
      }
    case .present:
      send(ticket, .stored, .write, payload: payload, arguments: 5) {
        $0.write(head: "*6\r\n$3\r\nSET\r\n")
        $0.write(key, value, life)
        $0.write("XX")
      }
    case .matches:
      setByScript(key, value, expiry, condition, ticket)
    }
  }

  /// SET under any condition, with any life.
  func setByScript(
    _ key: StoreKey, _ value: ByteBuffer, _ expiry: Expiry, _ condition: SetCondition,
    _ ticket: StoreTicket
  ) {
    let resend = condition == .none ? Resend.idempotentWrite : .write
    run(
      RedisScripts.setConditionally, ticket, .storedConditionally, resend, key, arguments: 5,
      payload: value.readableBytes + 128
    ) {
      $0.write(value)
      $0.write(condition)
      $0.write(expiry)
    }
  }

  /// Answers a command that is not handed to Redis.
  func answer(_ ticket: StoreTicket, _ reply: StoreReply) { sink?.complete(ticket, with: reply) }

  private func getMany(_ keys: [StoreKey], _ ticket: StoreTicket) {
    // MGET of nothing is an error to Redis.
    guard !keys.isEmpty else {
      answer(ticket, .values([]))
      return
    }
    let payload = keys.reduce(0) { $0 + $1.count }
    send(ticket, .values, .read, payload: payload, arguments: keys.count) {
      $0.write(parts: keys.count + 1)
      $0.write("MGET")
      for key in keys { $0.write(key.bytes) }
    }
  }

  private func expire(_ key: StoreKey, _ expiry: Expiry, _ ticket: StoreTicket) {
    switch expiry {
    case .after(let life):
      send(ticket, .boolean, .idempotentWrite, payload: key.count + 20, arguments: 2) {
        $0.write(head: "*3\r\n$7\r\nPEXPIRE\r\n")
        $0.write(key.bytes)
        $0.write(life.milliseconds)
      }
    case .never:
      run(RedisScripts.persist, ticket, .boolean, .idempotentWrite, key, arguments: 0, payload: 0) {
        _ in
      }
    case .keep:
      submit(.exists(key), ticket: ticket)
    }
  }

  private func takeRate(_ demand: RateDemand, _ ticket: StoreTicket) {
    let (limit, cost) = (demand.limit, demand.cost)
    // Most limits divide their windows, and have no parts.
    let hasParts = limit.capacity.part != 0 || cost.part != 0
    run(
      RateScript.takeOne, ticket, .rate, .write, demand.key, arguments: hasParts ? 6 : 4,
      payload: 120
    ) {
      $0.write(limit.windowMicroseconds)
      $0.write(limit.limit)
      $0.write(limit.capacity.microseconds)
      $0.write(cost.microseconds)
      if hasParts {
        $0.write(limit.capacity.part)
        $0.write(cost.part)
      }
    }
  }

  /// Calls a script on one key, or its variant that keeps its answer, for a command with an idempotency record.
  func run(
    _ script: RedisScript, _ ticket: StoreTicket, _ decoder: RedisReplyDecoder, _ resend: Resend,
    _ key: StoreKey, arguments: Int, payload: Int,
    _ encode: (inout RESPCommandWriter) -> Void
  ) {
    if let idempotency, resend != .read {
      return run(
        script, keeping: idempotency, ticket, decoder, key, arguments: arguments, payload: payload,
        encode)
    }
    send(
      ticket, decoder, resend,
      payload: key.count + script.digest.utf8.count + 8 + payload, arguments: arguments + 4
    ) {
      $0.write(parts: arguments + 4)
      $0.write("EVALSHA")
      $0.write(string: script.digest)
      $0.write(1)
      $0.write(key.bytes)
      encode(&$0)
    }
  }

  /// Sends one command.
  @inline(__always)
  func send(
    _ ticket: StoreTicket, _ decoder: RedisReplyDecoder, _ resend: Resend, payload: Int,
    arguments: Int, _ encode: (inout RESPCommandWriter) -> Void
  ) {
    link.submit(
      context: context(ticket, decoder), resend: resend, payload: payload, arguments: arguments,
      encode)
  }

  /// What comes back with a reply: the ticket, how to read the reply, the number of the step that reads it, and
  /// whether it may be an answer that was kept.
  @inline(__always)
  func context(_ ticket: StoreTicket, _ decoder: RedisReplyDecoder, step: Int = 0) -> UInt64 {
    UInt64(ticket.index) | UInt64(decoder.rawValue) << 32 | UInt64(step) << 40
      | (idempotency == nil ? 0 : Self.keepsAnswer)
  }

  /// The bit of a context that says that the answer is kept.
  private static let keepsAnswer: UInt64 = 1 << 63
}

extension RedisStoreLink: RedisLinkDelegate {
  /// Takes in what the server has said of itself; another Redis may have another time.
  public func connected(_ facts: RedisFacts) {
    condition.learn(facts)
    clock.forget()
    timeSeenAt = nil
    askTime()
  }

  /// Reads replies and hands them on.
  public func received(_ answers: borrowing RedisAnswers) {
    guard let sink else { return }
    isReceiving = true
    defer {
      isReceiving = false
      burstTimeMs = nil
    }
    while let context = answers.next() {
      guard let decoder = RedisReplyDecoder(rawValue: UInt8(truncatingIfNeeded: context >> 32))
      else { continue }
      if answers.reply.first.kind == .error { note(answers.reply, to: decoder) }
      switch decoder {
      case .time:
        learnTime(answers.reply)
      case .facts:
        condition.learnAgain(answers.reply)
      case .probe:
        if answers.reply.first.kind != .error { refusals.tookWrite() }
      case .record, .created, .commit, .keptCommit:
        let reply = readRecord(decoder, answers.reply, wasResent: answers.wasResent)
        sink.complete(ticket(in: context), with: reply)
      default:
        let step = Int(truncatingIfNeeded: (context & ~Self.keepsAnswer) >> 40)
        var reply = decoder.read(answers.reply, step: step)
        // No step answers what it can't read itself: then it was kept, and by somebody else.
        if context & Self.keepsAnswer != 0, case .failure(let error) = reply,
          error.reason == .internal
        {
          reply = .failure(.unreadableAnswer)
        }
        sink.complete(ticket(in: context), with: reply)
      }
    }
  }

  /// Notes that Redis has refused something.
  private func note(_ error: borrowing RESPReply, to decoder: RedisReplyDecoder) {
    switch decoder {
    // What the sidecar asks for itself, it does without.
    case .time, .facts: break
    case .probe where StoreRefusal(code: error.errorCode(of: error.first)) == .noPermission: break
    default: refusals.note(error)
    }
  }

  /// Hands a failure on.
  public func failed(_ failure: RedisFailure, for context: UInt64) {
    if failure == .readOnly { refusals.note(.readOnly, sentence: nil) }
    // Nobody waits for these, and their contexts name no ticket.
    switch RedisReplyDecoder(rawValue: UInt8(truncatingIfNeeded: context >> 32)) {
    case .time, .facts, .probe: return
    default: break
    }
    sink?.complete(ticket(in: context), with: .failure(RPCError(failure)))
  }

  /// Tells that Redis has become a replica.
  public func becameReadOnly() { onReadOnly() }

  /// Hands on that all replies that were there have been handed over.
  public func finishedBurst() { sink?.finishedBurst() }

  private func ticket(in context: UInt64) -> StoreTicket {
    StoreTicket(index: UInt32(truncatingIfNeeded: context))
  }
}

extension StoreKey {
  var count: Int { bytes.readableBytes }
}

extension RESPCommandWriter {
  /// What every SET has behind its head: a name, a value and a life.
  @inline(__always)
  fileprivate mutating func write(_ key: StoreKey, _ value: ByteBuffer, _ life: TimeToLive) {
    write(key.bytes)
    write(value)
    write(head: "$2\r\nPX\r\n")
    write(life.milliseconds)
  }

  fileprivate mutating func write(_ condition: SetCondition) {
    switch condition {
    case .none:
      write("none")
      write("")
    case .absent:
      write("absent")
      write("")
    case .present:
      write("present")
      write("")
    case .matches(let etag):
      write("match")
      write(string: etag)
    }
  }

  fileprivate mutating func write(_ expiry: Expiry) {
    switch expiry {
    case .after(let life):
      write("after")
      write(life.milliseconds)
    case .keep(let life):
      write("keep")
      write(life.milliseconds)
    case .never:
      write("never")
      write("")
    }
  }
}
