internal import CloakroomCore
internal import NIOCore
internal import Synchronization

/// The streams of the store in memory, behind one lock: a step that moves messages from one stream to
/// another changes both at once.
final class MemoryStreams: Sendable {
  /// What a step came to, and the streams that somebody may be waiting for.
  struct Outcome {
    var reply: StoreReply
    var written: [StoreKey] = []
  }

  private let table: Mutex<ExpiringTable<MemoryStream>>
  private let budget: MemoryBudget
  private let clock: StoreClock
  /// What the clock's zero is in milliseconds since 1970, when ids count from.
  private let epoch: Int64

  /// No streams yet.
  init(budget: MemoryBudget, isScannable: Bool, clock: StoreClock) {
    table = Mutex(ExpiringTable(budget: budget, isScannable: isScannable))
    self.budget = budget
    self.clock = clock
    epoch = Timestamp.now.milliseconds.subtractingReportingOverflow(clock.now).partialValue
  }

  /// How many streams there are, how many deadlines are queued, and how many streams have expired.
  var stats: (count: Int, queued: Int, expired: UInt64) {
    table.withLock { ($0.count, $0.queued, $0.expired) }
  }

  /// Removes expired streams; see `ExpiringTable.sweep`.
  func sweep(limit: Int) -> (examined: Int, removed: Int) {
    table.withLock { $0.sweep(limit: limit, at: clock.now) }
  }

  /// Looks for names that begin with a prefix; see `ScanIndex.scan`.
  func scan(prefix: ByteBuffer, from bucket: Int, count: Int) -> ScanIndex.Part {
    table.withLock { $0.scan(prefix: prefix, from: bucket, count: count, at: clock.now) }
  }

  /// Does one step.
  func perform(_ step: StreamStep, on key: StoreKey) throws(MemoryBudget.Exhausted) -> Outcome {
    try table.withLock { (table) throws(MemoryBudget.Exhausted) in
      try perform(step, on: key, in: &table, at: clock.now)
    }
  }

  private func perform(
    _ step: StreamStep, on key: StoreKey, in table: inout ExpiringTable<MemoryStream>,
    at now: Int64
  ) throws(MemoryBudget.Exhausted) -> Outcome {
    let name = MemoryKey(borrowing: key)
    switch step {
    case .append(let message, let limit, let life):
      return try append(message, limit, life, to: key, in: &table, now)
    case .ensure(let group, let start, let life):
      let deadline = Deadline(after: life, from: now)
      let made = try write(name, until: deadline, in: &table, now) {
        stream throws(MemoryBudget.Exhausted) in try stream.ensure(group, from: start)
      }
      return Outcome(reply: made.map { .boolean($0) } ?? .failure(.tooManyGroups))
    case .read(let reader, let portion):
      let messages = try table.change(name, at: now) { stream throws(MemoryBudget.Exhausted) in
        try stream.read(reader, portion, at: now)
      }
      return Outcome(reply: (messages ?? nil).map { .stream(.messages($0)) } ?? .failure(.noGroup))
    case .acknowledge(let group, let ids):
      let count = table.change(name, at: now) { $0.acknowledge(ids, of: group) }
      return Outcome(reply: .stream(.count(count ?? 0)))
    case .unacknowledged(let group):
      let unacknowledged = table.change(name, at: now) { $0.unacknowledged(group, at: now) }
      return Outcome(
        reply: (unacknowledged ?? nil).map { .stream(.unacknowledged($0)) } ?? .failure(.noGroup))
    case .reclaim(let reader, let portion, let minIdleMs, let maxDeliveries):
      let found = try table.change(name, at: now) { stream throws(MemoryBudget.Exhausted) in
        try stream.reclaim(
          reader, portion, minIdleMs: minIdleMs, maxDeliveries: maxDeliveries, at: now)
      }
      guard let found = found ?? nil else { return Outcome(reply: .failure(.noGroup)) }
      return bury(found, of: key, in: &table, now)
    case .length:
      let count = table.change(name, at: now) { Int64($0.count) }
      return Outcome(reply: .stream(.count(count ?? 0)))
    }
  }

  private func append(
    _ message: ByteBuffer, _ limit: StreamLimit?, _ life: StreamLife, to key: StoreKey,
    in table: inout ExpiringTable<MemoryStream>, _ now: Int64
  ) throws(MemoryBudget.Exhausted) -> Outcome {
    let name = MemoryKey(borrowing: key)
    let current = table.deadline(of: name, at: now)
    let deadline = life.deadline(from: now, keeping: current)
    let message = message.detached()
    let id = try write(name, until: deadline, in: &table, now) {
      stream throws(MemoryBudget.Exhausted) in
      try stream.append(message, limit: limit?.count, at: time(now))
    }
    guard let id else {
      return Outcome(reply: .failure(RPCError(.storeRefused, "the stream has no more ids")))
    }
    table.postpone(name, to: deadline)
    return Outcome(reply: .stream(.appended(id)), written: [key])
  }

  /// Moves what was handed over too often to the dead letters, which live as long as the stream.
  private func bury(
    _ found: MemoryStream.Reclaimed, of key: StoreKey,
    in table: inout ExpiringTable<MemoryStream>, _ now: Int64
  ) -> Outcome {
    let reply = StoreReply.stream(
      .reclaimed(found.messages, deadLettered: found.letters.count))
    guard !found.letters.isEmpty,
      let deadline = table.deadline(of: MemoryKey(borrowing: key), at: now)
    else { return Outcome(reply: reply) }
    let dead = key.deadLetters
    let name = MemoryKey(borrowing: dead)
    if table.deadline(of: name, at: now) == nil {
      // Past the budget if need be: the messages have been taken out of the group already, and a
      // few hundred bytes are no reason to lose them.
      let key = name.detached()
      budget.insist(MemoryStream.cost(of: key))
      table.insert(key, MemoryStream(budget: budget), until: deadline)
    }
    _ = table.change(name, at: now) { $0.adopt(found.letters, at: time(now)) }
    table.postpone(name, to: deadline)
    return Outcome(reply: reply, written: [dead])
  }

  /// Changes a stream, which is made if there is none; without room there is none afterwards either.
  private func write<Result>(
    _ key: MemoryKey, until deadline: Deadline, in table: inout ExpiringTable<MemoryStream>,
    _ now: Int64, _ body: (inout MemoryStream) throws(MemoryBudget.Exhausted) -> Result?
  ) throws(MemoryBudget.Exhausted) -> Result? {
    if table.deadline(of: key, at: now) != nil {
      return try table.change(key, at: now, body) ?? nil
    }
    let key = key.detached()
    try budget.adjust(by: MemoryStream.cost(of: key))
    var stream = MemoryStream(budget: budget)
    do throws(MemoryBudget.Exhausted) {
      let result = try body(&stream)
      table.insert(key, stream, until: deadline)
      return result
    } catch {
      budget.release(key.bytes.capacity + stream.cost)
      throw error
    }
  }

  /// A moment of the clock in milliseconds since 1970.
  private func time(_ now: Int64) -> UInt64 {
    UInt64(clamping: now.addingReportingOverflow(epoch).partialValue)
  }
}

extension StreamLife {
  /// The end of a stream's life when a message is appended now.
  ///
  /// - Parameter current: the end so far; nil when there was no stream.
  fileprivate func deadline(from now: Int64, keeping current: Deadline?) -> Deadline {
    switch self {
    case .atLeast(let life):
      max(Deadline(after: life, from: now), current ?? Deadline(after: life, from: now))
    case .set(let expiry):
      expiry.deadline(from: now, keeping: current)
    }
  }
}
