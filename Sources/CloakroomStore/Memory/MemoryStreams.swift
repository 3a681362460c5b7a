internal import CloakroomCore
internal import NIOCore
internal import Synchronization

/// The streams of the store in memory, behind one lock: a step that moves messages from one stream to
/// another changes both at once.
final class MemoryStreams: Sendable {
  private let locked: Mutex<Locked>
  private let clock: StoreClock

  /// No streams yet.
  init(budget: MemoryBudget, isScannable: Bool, clock: StoreClock) {
    let epoch = Timestamp.now.milliseconds.subtractingReportingOverflow(clock.now).partialValue
    locked = Mutex(Locked(budget: budget, isScannable: isScannable, epoch: epoch))
    self.clock = clock
  }

  /// How many streams there are, how many deadlines are queued, and how many streams have expired.
  var stats: (count: Int, queued: Int, expired: UInt64) {
    locked.withLock { ($0.table.count, $0.table.queued, $0.table.expired) }
  }

  /// Removes expired streams; see `ExpiringTable.sweep`.
  func sweep(limit: Int) -> (examined: Int, removed: Int) {
    locked.withLock { $0.table.sweep(limit: limit, at: clock.now) }
  }

  /// Looks for names that begin with a prefix; see `ScanIndex.scan`.
  func scan(prefix: ByteBuffer, from bucket: Int, count: Int) -> ScanIndex.Part {
    locked.withLock { $0.table.scan(prefix: prefix, from: bucket, count: count, at: clock.now) }
  }

  /// Takes a step on the streams.
  func withLock<Reply: Sendable>(
    _ body: (inout Locked) throws(MemoryBudget.Exhausted) -> Reply
  ) throws(MemoryBudget.Exhausted) -> Reply {
    try locked.withLock { (locked) throws(MemoryBudget.Exhausted) in
      locked.now = clock.now
      return try body(&locked)
    }
  }

  /// The streams, for the caller that has the lock.
  struct Locked: Sendable {
    /// When the step is taken, in milliseconds of the store's clock.
    fileprivate(set) var now: Int64 = 0
    fileprivate var table: ExpiringTable<MemoryStream>
    private let budget: MemoryBudget
    /// What the clock's zero is in milliseconds since 1970, when ids count from.
    private let epoch: Int64

    fileprivate init(budget: MemoryBudget, isScannable: Bool, epoch: Int64) {
      table = ExpiringTable(budget: budget, isScannable: isScannable)
      self.budget = budget
      self.epoch = epoch
    }

    /// When the step is taken, in milliseconds since 1970.
    var time: UInt64 { UInt64(clamping: now.addingReportingOverflow(epoch).partialValue) }

    /// The end of a stream's life; nil when there is no stream.
    mutating func deadline(of key: MemoryKey) -> Deadline? { table.deadline(of: key, at: now) }

    /// Gives a stream another end.
    mutating func postpone(_ key: MemoryKey, to deadline: Deadline) {
      table.postpone(key, to: deadline)
    }

    /// Changes a stream; nil when there is none.
    @discardableResult
    mutating func change<Reply, Failure: Error>(
      _ key: StoreKey, _ body: (inout MemoryStream) throws(Failure) -> Reply
    ) throws(Failure) -> Reply? {
      try table.change(MemoryKey(borrowing: key), at: now, body)
    }

    /// Changes a stream, which is made if there is none; without room there is none afterwards either.
    mutating func changeOrMake<Reply>(
      _ key: MemoryKey, until deadline: Deadline,
      _ body: (inout MemoryStream) throws(MemoryBudget.Exhausted) -> Reply?
    ) throws(MemoryBudget.Exhausted) -> Reply? {
      if table.deadline(of: key, at: now) != nil {
        return try table.change(key, at: now, body) ?? nil
      }
      let key = key.detached()
      try budget.adjust(by: MemoryStream.cost(of: key))
      var stream = MemoryStream(budget: budget)
      do throws(MemoryBudget.Exhausted) {
        let reply = try body(&stream)
        table.insert(key, stream, until: deadline)
        return reply
      } catch {
        budget.release(key.bytes.capacity + stream.cost)
        throw error
      }
    }

    /// Makes a stream that there is not, past the budget if need be.
    mutating func insist(on key: MemoryKey, until deadline: Deadline) {
      let key = key.detached()
      budget.insist(MemoryStream.cost(of: key))
      table.insert(key, MemoryStream(budget: budget), until: deadline)
    }
  }
}

extension MemoryStore {
  /// Takes a step on the streams, once there is room for it.
  func withStreams<Reply: Sendable>(
    _ body: (inout MemoryStreams.Locked) throws(MemoryBudget.Exhausted) -> Reply
  ) throws(RPCError) -> Reply {
    try findingRoom { () throws(MemoryBudget.Exhausted) in try streams.withLock(body) }
  }
}
