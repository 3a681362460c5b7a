public import CloakroomCore
internal import DequeModule
public import NIOCore
internal import NIOPosix
internal import Synchronization

/// Threads for work that would hold up an event loop: schemas and patches of large values, slow signatures.
///
/// One for the process. Clients take turns, each process being one: what a greedy one has waiting stands before its
/// own work alone. When as much waits as may, the process that has most waiting is refused, not the one that asks.
public final class ComputePool: Sendable {
  /// From how many bytes on what is looked into (parsed, patched, held against a schema) is too much for an event
  /// loop: half a millisecond's work.
  static let lookedIntoBytes = 16 << 10
  /// The same for what is copied and hashed.
  static let copiedBytes = 256 << 10
  /// The same for a schema that is compiled.
  static let schemaBytes = 2 << 10
  /// The same for what is written anew in canonical form.
  static let canonicalBytes = 4 << 10

  /// A piece of work that was handed in.
  public final class Job: Sendable {
    fileprivate let owner: Peer.Process?
    /// Nil once it has begun, or never will.
    fileprivate let work: Mutex<(@Sendable (RPCError?) -> Void)?>
    private let pool: ComputePool

    fileprivate init(
      _ owner: Peer.Process?, _ pool: ComputePool, _ work: @escaping @Sendable (RPCError?) -> Void
    ) {
      self.owner = owner
      self.pool = pool
      self.work = Mutex(work)
    }

    /// Drops it, unless it has begun.
    ///
    /// - Returns: whether it was dropped: nobody is told then what it comes to.
    public func cancel() -> Bool { pool.drop(self) }
  }

  /// How busy the pool is, for the metrics.
  public struct Gauges: Sendable, Equatable {
    /// How many pieces of work wait for a thread.
    public var waiting = 0
    /// How many have been done.
    public var done: UInt64 = 0
  }

  private struct State {
    /// What waits, by whose it is; nobody has an empty queue.
    var queues: [Peer.Process?: Deque<Job>] = [:]
    /// Those who have something waiting; whose turn it is next comes first.
    var turns: Deque<Peer.Process?> = []
    var gauges = Gauges()

    /// Takes out whose turn it is.
    mutating func next() -> Job? {
      guard let owner = turns.popFirst(), var queue = queues.removeValue(forKey: owner),
        let job = queue.popFirst()
      else { return nil }
      gauges.waiting -= 1
      if !queue.isEmpty {
        queues[owner] = queue
        turns.append(owner)
      }
      return job
    }

    mutating func add(_ job: Job) {
      gauges.waiting += 1
      queues[job.owner, default: []].append(job)
      if queues[job.owner]?.count == 1 { turns.append(job.owner) }
    }

    mutating func remove(_ job: Job) {
      guard let place = queues[job.owner]?.firstIndex(where: { $0 === job }) else { return }
      queues[job.owner]?.remove(at: place)
      gauges.waiting -= 1
      guard queues[job.owner]?.isEmpty == true else { return }
      queues[job.owner] = nil
      turns.removeAll { $0 == job.owner }
    }

    /// The last job of who has most waiting, where that is more than a newcomer has.
    func last(ofMoreThan owner: Peer.Process?) -> Job? {
      guard let most = queues.values.max(by: { $0.count < $1.count }),
        most.count > (queues[owner]?.count ?? 0) + 1
      else { return nil }
      return most.last
    }
  }

  private let threads: NIOThreadPool
  private let queueLimit: Int
  private let state = Mutex(State())

  /// A pool that has not begun.
  ///
  /// - Parameters:
  ///   - threads: how many threads there are.
  ///   - queueLimit: how much may wait for one, of all clients together.
  public init(threads: Int, queueLimit: Int) {
    self.threads = NIOThreadPool(numberOfThreads: max(threads, 1))
    self.queueLimit = max(queueLimit, 1)
  }

  /// Starts the threads.
  public func start() { threads.start() }

  /// Ends the threads once they have done what they have begun.
  public func stop() async { try? await threads.shutdownGracefully() }

  /// How busy it is.
  public var gauges: Gauges { state.withLock { $0.gauges } }

  /// Has a thread do something.
  ///
  /// - Parameters:
  ///   - owner: whose share it takes; nil is the sidecar's own.
  ///   - completion: told on the loop what it comes to, never before this returns.
  /// - Throws: OVERLOADED where as much waits as may, and nobody has more of it than the owner.
  public func run<Value: Sendable>(
    for owner: Peer?, on loop: any EventLoop,
    _ work: @escaping @Sendable () throws(RPCError) -> Value,
    _ completion: @escaping (Result<Value, RPCError>) -> Void
  ) throws(RPCError) -> Job {
    let bound = NIOLoopBound(completion, eventLoop: loop)
    let job = Job(owner?.process, self) { refusal in
      let result: Result<Value, RPCError>
      do throws(RPCError) {
        if let refusal { throw refusal }
        result = .success(try work())
      } catch {
        result = .failure(error)
      }
      loop.execute { bound.value(result) }
    }
    try add(job)
    return job
  }

  private func add(_ job: Job) throws(RPCError) {
    // In place of the one that gives way, where one does.
    let (isTaken, displaced) = state.withLock { state -> (Bool, Job?) in
      guard state.gauges.waiting >= queueLimit else {
        state.add(job)
        return (true, nil)
      }
      guard let other = state.last(ofMoreThan: job.owner) else { return (false, nil) }
      state.remove(other)
      state.add(job)
      return (true, other)
    }
    guard isTaken else { throw .tooMuchComputing }
    guard let displaced else {
      return threads.submit { self.runNext(isActive: $0 == .active) }
    }
    displaced.work.withLock { $0.take() }?(.tooMuchComputing)
  }

  /// Does what is next. There may be nothing: what was dropped is still waited for by a thread.
  private func runNext(isActive: Bool) {
    guard let job = state.withLock({ $0.next() }) else { return }
    job.work.withLock { $0.take() }?(isActive ? nil : .computingStopped)
    state.withLock { $0.gauges.done &+= 1 }
  }

  private func drop(_ job: Job) -> Bool {
    guard job.work.withLock({ $0.take() }) != nil else { return false }
    state.withLock { $0.remove(job) }
    return true
  }
}

extension RPCError {
  /// As much work waits for a thread as may.
  static let tooMuchComputing = RPCError(
    .overloaded,
    "too much work waits already that takes long (schemas, patches, slow signatures); nothing was done",
    retryAfterMs: 100, limit: .waitingWork)

  fileprivate static let computingStopped = RPCError(
    .unavailable, "the sidecar is stopping", retryAfterMs: 500)
}
