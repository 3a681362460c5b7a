internal import CloakroomCore
internal import NIOCore
internal import Synchronization

/// The store in the process' own memory, shared by all event loops.
///
/// Keys are dealt out over shards by their hash, and each shard has a lock that is held for one
/// command on one key; no shard's lock is ever held while another is taken. (Only the lock of one
/// idempotency record is held meanwhile, for a command that keeps its answer.) A command on many keys is
/// one step for each of them, not one for all. A value is copied once, when it is written; readers are
/// handed the stored buffer itself.
public final class MemoryStore: Sendable {
  /// What an entry costs beside its key and value, in bytes.
  public static let overheadPerEntry = MemoryEntry.overhead

  private final class Shard: Sendable {
    let table: Mutex<MemoryTable>

    init(budget: MemoryBudget, isScannable: Bool) {
      table = Mutex(MemoryTable(budget: budget, isScannable: isScannable))
    }
  }

  /// A power of two, so that a hash's low bits pick a shard.
  private static let shardCount = 16
  /// How many reminders are looked at before a write that found no room tries again.
  private static let sweepStep = 1024

  /// Where what is published in the store is heard.
  public let bus: MemoryBus

  private let shards: [Shard]
  private let answers: MemoryIdempotencyRecords
  let streams: MemoryStreams
  let claims: MemoryClaims
  let indexes: MemoryIndexes
  let counts: MemoryCounts
  let rates: MemoryRates
  /// Records, apart from values, as they can always be listed.
  private let records: [Shard]
  let deadlines = MemoryDeadlines()
  private let budget: MemoryBudget
  /// Whether names can be looked for.
  let isScannable: Bool
  private let clock: StoreClock
  /// The date at the zero of the clock: the store's time is that of its start, and what has passed since
  /// then. So nothing ends early, or lives on, because somebody sets the date.
  private let startedAtMs: Int64
  private let refused = Atomic<UInt64>(0)
  /// Whether a write has ever found no room.
  public var hasRefused: Bool { refused.load(ordering: .relaxed) > 0 }
  private let nextShard = Atomic<Int>(0)

  /// Makes an empty store.
  ///
  /// - Parameters:
  ///   - byteLimit: how many bytes keys, values and `overheadPerEntry` for each may take together;
  ///     a key or value counts with the memory it was given, which is its size rounded up to a
  ///     power of two. What would go past it is refused with STORE_REFUSED, code `OOM`.
  ///   - isScannable: whether names can be looked for. It takes half a megabyte, and each write that
  ///     makes or removes an entry a little longer.
  ///   - clock: what decides when a life has ended.
  ///   - bus: where what is published is heard.
  public init(
    byteLimit: Int, isScannable: Bool = false, clock: StoreClock = .system,
    bus: MemoryBus = MemoryBus()
  ) {
    self.bus = bus
    let budget = MemoryBudget(limit: byteLimit)
    self.budget = budget
    self.clock = clock
    self.isScannable = isScannable
    answers = MemoryIdempotencyRecords(budget: budget, clock: clock)
    records = (0..<Self.shardCount).map { _ in Shard(budget: budget, isScannable: true) }
    startedAtMs = clock.date &- clock.now
    streams = MemoryStreams(budget: budget, isScannable: isScannable, clock: clock)
    shards = (0..<Self.shardCount).map { _ in
      Shard(budget: budget, isScannable: isScannable)
    }
    claims = MemoryClaims(budget: budget, isScannable: isScannable, clock: clock)
    indexes = MemoryIndexes(budget: budget, clock: clock, startedAtMs: startedAtMs)
    counts = MemoryCounts(budget: budget, clock: clock, startedAtMs: startedAtMs)
    rates = MemoryRates(budget: budget, isScannable: isScannable, clock: clock)
  }

  /// What the store holds and has done.
  public var stats: MemoryStoreStats {
    let claims = claims.counts
    var (entries, deadlines, expired) = answers.stats
    entries += claims.entries
    deadlines += claims.deadlines + self.deadlines.count
    for shard in shards + records {
      shard.table.withLock { table in
        entries += table.count
        deadlines += table.queued
        expired += table.expired
      }
    }
    for stats in [indexes.stats, counts.stats] {
      entries += stats.entries
      deadlines += stats.deadlines
      expired += stats.expired
    }
    let rates = rates.counts
    entries += rates.entries
    deadlines += rates.deadlines
    expired += rates.expired
    let streams = streams.stats
    entries += streams.count
    deadlines += streams.queued
    expired += streams.expired
    return MemoryStoreStats(
      bytes: budget.used, entries: entries, deadlines: deadlines, expired: expired,
      refused: refused.load(ordering: .relaxed))
  }

  /// How many bytes it holds.
  public var bytes: Int { budget.used }

  /// Does one command, on any thread.
  public func perform(_ command: consuming StoreCommand) -> StoreReply {
    switch command {
    case .get(let key):
      .value(value(of: key))
    case .getWithMeta(let key):
      read(key) { table, key, now in
        table.entry(of: key, at: now).map { .entry($0, ttlMs: $1) } ?? .value(nil)
      }
    case .set(let key, let value, let expiry, let condition):
      set(key, to: value.detached(), expiry, if: condition)
    case .exists(let key):
      read(key) { table, key, now in .boolean(table.contains(key, at: now)) }
    case .remove(let key):
      read(key) { table, key, now in .boolean(table.remove(key, at: now) != nil) }
    case .expire(let key, let expiry):
      read(key) { table, key, now in .boolean(table.expire(key, expiry, at: now)) }
    case .take(let key):
      read(key) { table, key, now in .value(table.remove(key, at: now)) }
    case .getMany(let keys):
      .values(keys.map { value(of: $0) })
    case .add(let key, let step, let bounds, let expiry):
      write(key) { (table, key, now) throws(MemoryBudget.Exhausted) in
        try table.add(key, by: step, within: bounds, expiry, at: now)
      }
    case .takeRate(let demand):
      take(demand)
    case .step(let step):
      step.reply(in: self)
    case .read(let name):
      read(name)
    case .commit(let name, let commit):
      self.commit(commit, to: name)
    case .publish(let name, let message):
      .number(Int64(bus.publish(name, message)))
    case .ping:
      .done
    case .idempotent(let idempotency, let command):
      command.isMutation ? perform(command, keeping: idempotency) : perform(command)
    case .nothing:
      .done
    case .recall(let idempotency):
      answers.recall(idempotency)
    }
  }

  /// The tables that a scan goes through, by their numbers: values, records, claims, streams and
  /// rate limits.
  var tables: Range<Int> { 0..<(2 * Self.shardCount + 3) }
  /// Those of them that have records.
  var recordTables: Range<Int> { Self.shardCount..<(2 * Self.shardCount) }

  /// Looks for names in one of the tables; see `ScanIndex.scan`.
  func scan(
    _ table: Int, _ prefix: ByteBuffer, from bucket: Int, count: Int
  ) -> ScanIndex.Part {
    let shards = shards + records
    switch table - shards.count {
    case 0: return claims.scan(prefix: prefix, from: bucket, count: count)
    case 1: return streams.scan(prefix: prefix, from: bucket, count: count)
    case 2: return rates.scan(prefix: prefix, from: bucket, count: count)
    default:
      return shards[table].table.withLock {
        $0.scan(prefix: prefix, from: bucket, count: count, at: clock.now)
      }
    }
  }

  // MARK: Records

  /// The store's time in milliseconds since 1970.
  var timeMs: Int64 { clock.now &+ startedAtMs }

  private func read(_ name: StoreKey) -> StoreReply {
    let key = MemoryKey(borrowing: name)
    return recordShard(of: key).table.withLock { table in
      let now = clock.now
      return .record(table.value(of: key, at: now), atMs: now &+ startedAtMs)
    }
  }

  private func commit(_ commit: RecordCommit, to name: StoreKey) -> StoreReply {
    if let time = commit.remindAtMs { deadlines.remind(of: name, at: time) }
    let key = MemoryKey(borrowing: name)
    return makingRoom { () throws(MemoryBudget.Exhausted) in
      try recordShard(of: key).table.withLock { (table) throws(MemoryBudget.Exhausted) in
        let now = clock.now
        let current = table.value(of: key, at: now)
        guard commit.isMet(by: current, at: now &+ startedAtMs) else {
          return .stale(current, atMs: now &+ startedAtMs, wasResent: false)
        }
        guard let replacement = commit.replacement else { return .done }
        let end = Deadline(at: commit.keptUntilMs &- startedAtMs)
        try table.put(
          key, replacement.detached(), until: end, at: now, evenIfFull: commit.isNoLarger)
        return .done
      }
    }
  }

  private func recordShard(of key: MemoryKey) -> Shard {
    records[key.hash & (Self.shardCount - 1)]
  }

  /// Does a mutation unless its idempotency record has an answer to it.
  private func perform(
    _ command: StoreCommand, keeping idempotency: IdempotencyRecord
  ) -> StoreReply {
    guard let note = idempotency.note else {
      return makingRoom { () throws(MemoryBudget.Exhausted) in
        try answers.answer(to: idempotency) { perform(command) }
      }
    }
    guard command.takesNote else { return .failure(RPCError(.internal)) }
    return makingRoom { () throws(MemoryBudget.Exhausted) in
      try answers.answer(to: idempotency) {
        let reply = perform(command)
        return reply.isAnswer ? .noted(note.detached(), reply) : reply
      }
    }
  }

  /// Removes expired entries; reading is right without it, it gives memory back.
  ///
  /// - Parameter limit: how many queued deadlines to look at, at most: a bound on the time it takes
  ///   (about a microsecond each). The shards take turns in being the first.
  /// - Returns: how many entries went.
  @discardableResult
  public func sweep(limit: Int) -> Int { examine(limit: limit).removed }

  private func examine(limit: Int) -> (examined: Int, removed: Int) {
    let first = nextShard.wrappingAdd(1, ordering: .relaxed).oldValue
    var total = answers.sweep(limit: limit)
    let shards = shards + records
    for offset in shards.indices where total.examined < limit {
      let shard = shards[(first &+ offset) & (shards.count - 1)]
      let (examined, removed) = shard.table.withLock { table in
        table.sweep(limit: limit - total.examined, at: clock.now)
      }
      total.examined += examined
      total.removed += removed
    }
    for sweep in [streams.sweep, claims.sweep, rates.sweep, indexes.sweep, counts.sweep]
    where total.examined < limit {
      let (examined, removed) = sweep(limit - total.examined)
      total.examined += examined
      total.removed += removed
    }
    return total
  }

  private func value(of key: StoreKey) -> ByteBuffer? {
    let key = MemoryKey(borrowing: key)
    return shard(of: key).table.withLock { table in table.value(of: key, at: clock.now) }
  }

  private func set(
    _ key: StoreKey, to value: ByteBuffer, _ expiry: Expiry, if condition: SetCondition
  ) -> StoreReply {
    write(key) { (table, key, now) throws(MemoryBudget.Exhausted) in
      try table.set(key, to: value, expiry, if: condition, at: now)
    }
  }

  /// Does what needs no room. The clock is read under the lock: no shard's time ever goes backwards.
  func read<Reply: Sendable>(
    _ key: StoreKey, _ body: (inout MemoryTable, MemoryKey, Int64) -> Reply
  ) -> Reply {
    let key = MemoryKey(borrowing: key)
    return shard(of: key).table.withLock { table in body(&table, key, clock.now) }
  }

  /// Changes a shard, which may need room.
  private func write(
    _ key: StoreKey,
    _ body: (inout MemoryTable, MemoryKey, Int64) throws(MemoryBudget.Exhausted) -> StoreReply
  ) -> StoreReply {
    let key = MemoryKey(borrowing: key)
    return makingRoom { () throws(MemoryBudget.Exhausted) in
      try shard(of: key).table.withLock { (table) throws(MemoryBudget.Exhausted) in
        try body(&table, key, clock.now)
      }
    }
  }

  /// Changes a shard, which may need room, for a step that carries its parts.
  ///
  /// - Throws: STORE_REFUSED where there is no room.
  func change<Reply: Sendable>(
    _ key: StoreKey,
    _ body: (inout MemoryTable, MemoryKey, Int64) throws(MemoryBudget.Exhausted) -> Reply
  ) throws(RPCError) -> Reply {
    let key = MemoryKey(borrowing: key)
    return try findingRoom { () throws(MemoryBudget.Exhausted) in
      try shard(of: key).table.withLock { (table) throws(MemoryBudget.Exhausted) in
        try body(&table, key, clock.now)
      }
    }
  }

  private func makingRoom(
    _ body: () throws(MemoryBudget.Exhausted) -> StoreReply
  ) -> StoreReply {
    do throws(RPCError) {
      return try findingRoom(body)
    } catch {
      return .failure(error)
    }
  }

  /// Tries again as long as something that has expired can make way.
  func findingRoom<Reply>(
    _ body: () throws(MemoryBudget.Exhausted) -> Reply
  ) throws(RPCError) -> Reply {
    while true {
      do throws(MemoryBudget.Exhausted) {
        return try body()
      } catch {
        guard examine(limit: Self.sweepStep).examined > 0 else {
          refused.wrappingAdd(1, ordering: .relaxed)
          throw Self.outOfMemory
        }
      }
    }
  }

  private func shard(of key: MemoryKey) -> Shard { shards[key.hash & (Self.shardCount - 1)] }

  private static let outOfMemory = RPCError(
    .storeRefused, "the store has no room left", details: [.text("code", "OOM")])
}
