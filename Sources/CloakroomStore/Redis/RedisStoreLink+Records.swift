internal import CloakroomCore
internal import CloakroomRedis
internal import NIOCore

extension RedisStoreLink {
  /// Reads a record, and the time before it when that was not learned lately.
  func read(_ name: StoreKey, _ ticket: StoreTicket) {
    askTime()
    send(ticket, .record, .read, payload: name.count, arguments: 1) {
      $0.write(head: "*2\r\n$3\r\nGET\r\n")
      $0.write(name.bytes)
    }
  }

  /// Writes a record, behind the reminder that it makes necessary: a cut between them leaves a reminder too
  /// many, and never one too few.
  ///
  /// Those that need reminders wait for the end of the loop's tick: one command for many reminders costs
  /// Redis less than many.
  func commit(_ commit: RecordCommit, to name: StoreKey, _ ticket: StoreTicket) {
    askTime()
    guard commit.remindAtMs != nil else { return write(commit, to: name, ticket) }
    if gathered.isEmpty { loop.assumeIsolated().execute { self.writeGathered() } }
    gathered.append(
      GatheredCommit(commit: commit, name: name, ticket: ticket, idempotency: idempotency))
  }

  private func writeGathered() {
    var commits: [GatheredCommit] = []
    swap(&commits, &gathered)
    var parts = [[GatheredCommit]](repeating: [], count: DeadlinePart.count)
    for commit in commits { parts[DeadlinePart.number(of: commit.name)].append(commit) }
    for (part, commits) in zip(deadlines, parts) where !commits.isEmpty {
      remind(of: commits, in: part)
    }
    for commit in commits {
      idempotency = commit.idempotency
      write(commit.commit, to: commit.name, commit.ticket)
      idempotency = nil
    }
  }

  /// It can be sent again even if it was done: it does nothing when it finds its own version.
  private func write(_ commit: RecordCommit, to name: StoreKey, _ ticket: StoreTicket) {
    let record = commit.replacement ?? nothing
    switch commit.expected {
    case .nothing
    where commit.replacement != nil && commit.staleAtMs == nil && self.idempotency == nil:
      send(
        ticket, .created, .idempotentWrite, payload: name.count + record.readableBytes + 20,
        arguments: 5
      ) {
        $0.write(head: "*7\r\n$3\r\nSET\r\n")
        $0.write(name.bytes)
        $0.write(record)
        $0.write(head: "$2\r\nNX\r\n$3\r\nGET\r\n$4\r\nPXAT\r\n")
        $0.write(max(commit.keptUntilMs, 1))
      }
    case .nothing:
      run(commit, over: nothing, name, ticket)
    case .version(let version):
      run(commit, over: version.text, name, ticket)
    case .fields(let digest):
      run(
        RedisScripts.commitFields, ticket, .commit, .idempotentWrite, name, arguments: 4,
        payload: record.readableBytes + digest.utf8.count + 40
      ) {
        $0.write(string: digest)
        $0.write(record)
        $0.write(max(commit.keptUntilMs, 1))
        if let time = commit.staleAtMs { $0.write(time) } else { $0.write("") }
      }
    }
  }

  private func run(
    _ commit: RecordCommit, over version: ByteBuffer, _ name: StoreKey, _ ticket: StoreTicket
  ) {
    let record = commit.replacement ?? nothing
    run(
      RedisScripts.commit, ticket, .commit, .idempotentWrite, name, arguments: 5,
      payload: record.readableBytes + RecordVersion.length + 64
    ) {
      $0.write(version)
      $0.write(record)
      $0.write(max(commit.keptUntilMs, 1))
      if let time = commit.staleAtMs { $0.write(time) } else { $0.write("") }
      $0.write(commit.isNoLarger ? 1 : 0)
    }
  }

  /// Has records looked at at their times, or earlier if that was said before. Nobody waits for it.
  private func remind(of commits: [GatheredCommit], in part: DeadlinePart) {
    let index = part.due
    link.submit(
      context: RedisLink.nobody, resend: .idempotentWrite,
      payload: commits.reduce(index.count + 16) { $0 + $1.name.count + 20 },
      arguments: 3 + 2 * commits.count
    ) {
      $0.write(parts: 3 + 2 * commits.count)
      $0.write("ZADD")
      $0.write(index.bytes)
      $0.write("LT")
      for commit in commits {
        $0.write(commit.commit.remindAtMs ?? 0)
        $0.write(commit.name.bytes)
      }
    }
  }

  // MARK: Replies

  /// Reads a reply that is about a record.
  ///
  /// - Parameter wasResent: whether the command was sent twice, as its first reply was lost.
  func readRecord(
    _ decoder: RedisReplyDecoder, _ reply: borrowing RESPReply, wasResent: Bool
  ) -> StoreReply {
    let first = reply.first
    if first.kind == .error { return .failure(RPCError(redisError: reply)) }
    switch (decoder, first.kind) {
    case (.record, .null): return .record(nil, atMs: timeMs)
    case (.record, .string): return .record(reply.slice(of: first), atMs: timeMs)
    case (.created, .null): return .done
    case (.created, .string):
      return .stale(reply.slice(of: first), atMs: timeMs, wasResent: wasResent)
    case (.commit, .integer): return .done
    case (.commit, .array): return stale(reply, wasResent)
    case (.keptCommit, .array) where reply.nodes.count == 4: return stale(reply, wasResent)
    case (.keptCommit, _): return RedisReplyDecoder.readKept(reply)
    default: break
    }
    return .failure(RPCError(.internal, "Redis answered a record with something else"))
  }

  /// Asks for the time, unless that was done a moment ago.
  func askTime() {
    guard link.sendings != timeSeenAt else { return }
    timeSeenAt = link.sendings
    guard clock.isToBeRead() else { return }
    link.submit(
      context: UInt64(RedisReplyDecoder.time.rawValue) << 32, resend: .read, payload: 0,
      arguments: 0
    ) { $0.write(head: "*1\r\n$4\r\nTIME\r\n") }
  }

  /// Learns the time from what TIME has answered: seconds and microseconds, as texts.
  func learnTime(_ reply: borrowing RESPReply) {
    guard reply.nodes.count == 3, let seconds = Int64(reply.text(of: reply.nodes[1])),
      let microseconds = Int64(reply.text(of: reply.nodes[2]))
    else { return }
    clock.learn(seconds.multipliedReportingOverflow(by: 1000).partialValue &+ microseconds / 1000)
  }

  private func stale(_ reply: borrowing RESPReply, _ wasResent: Bool) -> StoreReply {
    guard let time = reply.integer(2) else {
      return .failure(RPCError(.internal, "Redis answered a record with something else"))
    }
    clock.learn(time)
    return .stale(reply.string(1), atMs: time, wasResent: wasResent)
  }
}

/// A commit that waits for the end of the tick, with its reminder.
struct GatheredCommit {
  let commit: RecordCommit
  let name: StoreKey
  let ticket: StoreTicket
  /// What its answer is kept in.
  let idempotency: IdempotencyRecord?
}

/// The time of a Redis, as well as it is known: the machine's own clock that never goes back, and by how much
/// Redis was ahead of it.
///
/// A reply takes its time to come, so that what it says is always a little late: of all that was learned in
/// the last seconds, what was furthest ahead is nearest to the truth. Both clocks may drift, and Redis' may be
/// set; so what is older is forgotten. After a reconnect it may be another Redis: what was known before holds
/// as far as it fits in the time that the first reply took.
struct RedisClock {
  /// How often the time is asked for at most, in milliseconds.
  private static let pauseMs: Int64 = 50
  /// For how long something that was learned counts, in milliseconds; twice as long at most.
  private static let memoryMs: Int64 = 2000

  private var ahead: Int64
  private var aheadBefore: Int64
  private var since: Int64 = .min
  private var askedAt: Int64 = .min

  /// A clock that has learned nothing yet: this machine's date will do.
  init() {
    ahead = StoreClock.system.date &- StoreClock.system.now
    aheadBefore = ahead
  }

  /// What was learned may not hold any more: the next that is learned takes its place.
  mutating func forget() {
    since = .min
    askedAt = .min
  }

  /// Redis' time in milliseconds since 1970.
  var timeMs: Int64 { StoreClock.system.now &+ max(ahead, aheadBefore) }

  /// Whether it is time to ask again; a caller that is told so asks.
  mutating func isToBeRead(at now: Int64 = StoreClock.system.now) -> Bool {
    guard askedAt == .min || now &- askedAt >= Self.pauseMs else { return false }
    askedAt = now
    return true
  }

  /// Learns what Redis has said just now, in milliseconds since 1970.
  mutating func learn(_ time: Int64, at now: Int64 = StoreClock.system.now) {
    let ahead = time &- now
    if since == .min {
      // A reply that was slow to be read would put the clock back, and make lives and leases shorter.
      let longestDelay = askedAt == .min ? 0 : now &- askedAt
      let known = max(self.ahead, aheadBefore)
      self.ahead = min(max(known, ahead), ahead &+ longestDelay)
      (aheadBefore, since) = (self.ahead, now)
    } else if now &- since >= Self.memoryMs {
      (aheadBefore, self.ahead, since) = (self.ahead, ahead, now)
    } else {
      self.ahead = max(self.ahead, ahead)
    }
  }
}
