public import CloakroomCore
public import CloakroomStore
internal import NIOCore

/// Runs calls on records: read, decide, commit; and decides again where somebody else was faster.
///
/// One for each event loop, and bound to it. Calls that change a record wait for each other here, so that
/// they take effect in the order in which they came: those that have gathered while a commit was out are
/// decided on one after the other, on what was read after they came, and committed together. A call that
/// only reads is read for at once, unless others are before it; where it turns out to have something to write,
/// it goes before those that have come since.
public final class RecordRunner {
  /// How many calls of a loop wait for one record at most.
  static let queueLimit = 4096
  /// How many of them are committed together.
  static let groupLimit = 64
  /// How many queues are kept to be used again.
  private static let mostSpareQueues = 256

  /// By how many bytes a header grows at most when it says how something has ended.
  private static let endingBytes = 192

  /// Only a moment that is nearer than this can come between a decision and its commit, in milliseconds: no
  /// command is waited for as long. To have Redis look at its clock takes it as long as to write the record.
  private static let nearMs: Int64 = 120_000

  unowned let host: any RecordHost
  let recordBytes: Int
  private var queues: [HashedName: RecordQueue] = [:]
  /// Queues that nobody waits in.
  private var spareQueues: [RecordQueue] = []
  var versions = RecordVersions()
  /// What was written last, to be decided on without a read.
  var recent: RecentRecords

  /// A runner that has nothing to run yet.
  ///
  /// - Parameters:
  ///   - recordBytes: how large the data of a record may become. Its header comes on top: what is
  ///     stored can be leased and ended, whatever that writes of it.
  ///   - recentBytes: how much memory is for records that were written lately.
  public init(on host: any RecordHost, recordBytes: Int, recentBytes: Int = 4 << 20) {
    self.host = host
    self.recordBytes = recordBytes
    recent = RecentRecords(byteCount: recentBytes)
  }

  // MARK: In

  /// Whether no call waits for a record: what is read of it now is what the calls before have left.
  public func isIdle(_ name: StoreKey) -> Bool {
    queues.isEmpty || queues[HashedName(name)] == nil
  }

  /// Runs a call.
  ///
  /// - Parameters:
  ///   - idempotency: where its answer is kept; nil when it has no idempotency key.
  ///   - readsFirst: whether the record is read in any case: as long as it is only read, a call can be ended so
  ///     that nothing was done. Likewise what is read for it is read after what was asked for before.
  ///   - found: the reply to a look at the record, which was not there to be changed by another call when the
  ///     look began: the call takes effect before all that have come since. Nil reads the record.
  ///   - peer: who calls, whose share it takes of what is done off the loop; nil is the sidecar itself.
  ///   - completion: told the answer once, on the loop; possibly before this returns.
  /// - Returns: what the call can be given up by.
  @discardableResult
  public func run(
    _ call: RecordCall, keepingIn idempotency: IdempotencyRecord? = nil, readsFirst: Bool = false,
    found: StoreReply? = nil, for peer: Peer? = nil,
    _ completion: @escaping (RecordAnswer) -> Void
  ) -> RecordWait {
    let isKept = !call.isReading && call.keepsAnswer
    let wait = RecordWait(
      call, idempotency: isKept ? idempotency : nil, readsFirst: readsFirst, peer: peer, completion)
    let name = HashedName(call.name)
    if let found, call.isReading {
      wait.forgetNeed()
      decideReading(wait, found)
    } else if let queue = queues[name] {
      guard queue.hasRoom(atMost: Self.queueLimit) else {
        wait.fail(.tooManyOnRecord)
        return wait
      }
      wait.queue = queue
      queue.waiting.append(wait)
    } else if call.isReading {
      read(for: wait)
    } else {
      open(name, for: wait)
    }
    return wait
  }

  /// Whether a call can still be ended so that nothing was done, and nothing will be. What was not sent yet
  /// is withdrawn by asking.
  public func canEnd(_ wait: RecordWait) -> Bool {
    guard !wait.isOver else { return false }
    guard let queue = wait.queue, queue.isCommitting(wait) else { return true }
    guard !queue.isFollowedUp else { return false }
    guard let commit = queue.commit else { return true }
    return queue.batch.count == 1 && host.store.withdraw(commit.ticket, since: commit.sendings)
  }

  /// Lets a call go that nobody waits for any more: it is answered at once unless its commit is out.
  public func giveUp(_ wait: RecordWait, _ error: RPCError) {
    guard !wait.isOver else { return }
    if let queue = wait.queue {
      guard !queue.isOut || !queue.isCommitting(wait) else { return }
      queue.waiting.removeAll { $0 === wait }
      wait.complete(RecordAnswer(.failure(error)))
      return dropDeciding(for: queue)
    }
    _ = wait.drop.take()?()
    wait.complete(RecordAnswer(.failure(error)))
  }

  // MARK: Reading

  /// Most that is read stands as it is; what is found to have ended has to be written down.
  private func read(for wait: RecordWait) {
    host.read(wait.call.name, for: [wait]) { [self] reply in decideReading(wait, reply) }
  }

  private func decideReading(_ wait: RecordWait, _ reply: StoreReply) {
    guard !wait.isOver else { return }
    guard case .record(let record, let time) = reply else {
      if case .failure(let error) = reply, !error.isWrongType { return wait.fail(error) }
      return enqueue(wait, nil)
    }
    guard !isLong(record, [wait]) else {
      return decideReadingOffLoop(wait, record, at: time, reply)
    }
    var allowance = WorkAllowance.onLoop
    let decision = wait.decide(record, time, versions.next(), &allowance)
    guard !decision.isTooMuch else {
      return decideReadingOffLoop(wait, record, at: time, reply)
    }
    hasDecidedReading(wait, decision, reply)
  }

  /// A call that was only to read was decided on.
  func hasDecidedReading(_ wait: RecordWait, _ decision: RecordDecision, _ reply: StoreReply) {
    if let need = decision.needs {
      // What comes to be written takes its turn before anything is done for it, and so does what would be
      // overtaken while more is read.
      guard !need.command.isMutation, isIdle(wait.call.name) else { return enqueue(wait, reply) }
      wait.demand(need)
      return host.perform(need.command) { [self] in
        wait.learn($0)
        decideReading(wait, reply)
      }
    }
    guard decision.replacement == nil else { return enqueue(wait, reply) }
    wait.decision = decision
    host.followUp([wait], on: wait.call.name) { self.answer(wait, decision, $0) }
  }

  /// Has a call that was only to read take its turn with those that write. No other was waiting when it was
  /// read for: it goes before all that have come since.
  ///
  /// - Parameter found: what was read.
  private func enqueue(_ wait: RecordWait, _ found: StoreReply?) {
    let name = HashedName(wait.call.name)
    guard let queue = queues[name] else { return open(name, for: wait, found) }
    guard queue.hasRoom(atMost: Self.queueLimit) else { return wait.fail(.tooManyOnRecord) }
    queue.insert(wait)
  }

  /// A call on a record that no other waits for.
  private func open(_ name: HashedName, for wait: RecordWait, _ found: StoreReply? = nil) {
    let queue = spareQueues.popLast() ?? RecordQueue(name)
    queue.name = name
    queue.runner = self
    queues[name] = queue
    wait.queue = queue
    wait.isFirst = found != nil
    queue.waiting.append(wait)
    next(queue, found)
  }

  /// Takes up what has gathered.
  ///
  /// - Parameter found: what was read of the record for the only call that there is; nil reads it.
  func next(_ queue: RecordQueue, _ found: StoreReply? = nil) {
    queue.takeBatch(atMost: Self.groupLimit)
    guard let first = queue.batch.first else {
      queues[queue.name] = nil
      queue.runner = nil
      if spareQueues.count < Self.mostSpareQueues { spareQueues.append(queue) }
      return
    }
    if let found {
      hasRead(found, for: queue)
    } else if queue.batch.count == 1, first.call.expectsNothing {
      decide(queue, on: nil, at: host.store.timeMs, expecting: .nothing)
    } else if let record = recent.take(queue.name.hash), let version = RecordVersion(of: record),
      queue.batch.allSatisfy({ $0.need == nil && $0.idempotency == nil && !$0.readsFirst })
    {
      decide(
        queue, on: record, at: host.store.timeMs, expecting: .version(version), isGuess: true)
    } else {
      read(for: queue)
    }
  }

  func read(for queue: RecordQueue) {
    guard queue.batch.allSatisfy({ $0.need == nil }) else {
      return host.read(queue.name.name, for: queue.batch) { self.hasRead($0, for: queue) }
    }
    queue.step = .read
    host.perform(.read(queue.name.name), for: queue) { _ in }
  }

  /// The record that a queue waits for was read.
  func hasRead(_ reply: StoreReply, for queue: RecordQueue) {
    switch reply {
    case .record(let record?, let time):
      guard let version = RecordVersion(of: record) else { return end(queue, .notARecord) }
      decide(queue, on: record, at: time, expecting: .version(version))
    case .record(nil, let time):
      decide(queue, on: nil, at: time, expecting: .nothing)
    case .failure(let error) where error.isWrongType:
      readFields(for: queue)
    case .failure(let error):
      end(queue, error)
    default:
      end(queue, .unexpectedReply)
    }
  }

  /// What is no text may be a record in its earlier form: it is written anew, and never taken for nothing.
  private func readFields(for queue: RecordQueue) {
    host.perform(.step(ReadFields(queue.name.name))) { [self] reply in
      let found: ReadFields.Reply
      do throws(RPCError) {
        found = try reply.get(ReadFields.self)
      } catch {
        return end(queue, error)
      }
      // Somebody has written it anew since.
      guard !found.isText else { return again(queue) }
      guard let earlier = found.record else {
        return decide(queue, on: nil, at: found.atMs, expecting: .nothing)
      }
      guard let record = queue.batch.first?.call.adopt(earlier, versions.next()) else {
        return end(queue, .notARecord)
      }
      decide(queue, on: record, at: found.atMs, expecting: .fields(digest: found.digest))
    }
  }

  // MARK: Deciding

  /// Decides for all in a batch, one after the other, and commits what comes of it.
  ///
  /// - Parameter isGuess: whether the record is only what was there lately. A commit finds out whether it still
  ///   is; what comes to no commit is decided again on what is read.
  func decide(
    _ queue: RecordQueue, on record: ByteBuffer?, at time: Int64,
    expecting expected: RecordCommit.Expected, isGuess: Bool = false
  ) {
    queue.batch.removeAll(where: \.isOver)
    guard !isLong(record, queue.batch) else {
      return decideOffLoop(queue, on: record, at: time, expecting: expected, isGuess: isGuess)
    }
    var latest = record
    var allowance = WorkAllowance.onLoop
    for (place, wait) in queue.batch.enumerated() {
      let decision = wait.decide(latest, time, versions.next(), &allowance).bounded(by: recordBytes)
      guard !decision.isTooMuch else {
        return decideOffLoop(queue, on: record, at: time, expecting: expected, isGuess: isGuess)
      }
      if let need = decision.needs {
        if !isGuess { demandReads(for: queue.batch[(place + 1)...], on: latest, at: time) }
        return learn(need, wait, queue, on: record, at: time, expecting: expected, isGuess: isGuess)
      }
      wait.decision = decision
      latest = decision.replacement ?? latest
    }
    conclude(queue, on: record, at: time, expecting: expected, isGuess: isGuess)
  }

  /// Something has to be read before one of a batch can be decided on. What those before it have decided is decided
  /// again: nothing of it is done yet.
  func learn(
    _ need: RecordNeed, _ wait: RecordWait, _ queue: RecordQueue, on record: ByteBuffer?,
    at time: Int64, expecting expected: RecordCommit.Expected, isGuess: Bool
  ) {
    guard !isGuess else { return read(for: queue) }
    wait.demand(need)
    host.learn(for: queue.batch) { [self] in
      decide(queue, on: record, at: time, expecting: expected)
    }
  }

  /// Commits what was decided for all in a batch.
  func conclude(
    _ queue: RecordQueue, on record: ByteBuffer?, at time: Int64,
    expecting expected: RecordCommit.Expected, isGuess: Bool
  ) {
    var commit = RecordCommit(expecting: expected, replacement: nil)
    var isEnding = true
    for wait in queue.batch {
      guard let decision = wait.decision, let replacement = decision.replacement else { continue }
      isEnding = isEnding && decision.isEnding
      commit.replacement = replacement
      commit.keptUntilMs = decision.keptUntilMs
      commit.remindAtMs = [commit.remindAtMs, decision.remindAtMs].compactMap(\.self).min()
      if let stale = decision.staleAtMs, stale &- time < Self.nearMs {
        commit.staleAtMs = min(commit.staleAtMs ?? stale, stale)
      }
    }
    if isGuess, commit.replacement == nil, !queue.batch.isEmpty { return read(for: queue) }
    queue.isDecided = true
    if let record, let replacement = commit.replacement {
      let room = record.readableBytes + (isEnding ? Self.endingBytes : 0)
      commit.isNoLarger = replacement.readableBytes <= room
      if case .fields = expected { commit.remindAtMs = commit.remindAtMs ?? time }
    }
    if let wait = queue.batch.first, let idempotency = wait.idempotency {
      submit(commit, for: wait, keptIn: idempotency, queue)
    } else if commit.replacement != nil {
      submit(commit, queue)
    } else {
      complete(queue)
    }
  }

  /// Has what calls need that only read for it be read together: one after the other would take as many round
  /// trips. What writes is done for the one alone that needs it first; those behind it may need it no more.
  private func demandReads(
    for waits: ArraySlice<RecordWait>, on record: ByteBuffer?, at time: Int64
  ) {
    var allowance = WorkAllowance.onLoop
    for wait in waits where !wait.isOver {
      let decision = wait.decide(record, time, versions.next(), &allowance)
      guard let need = decision.needs, !need.command.isMutation else { continue }
      wait.demand(need)
    }
  }
}

extension RPCError {
  /// As many calls are on one record as may be, or others were faster again and again.
  static let tooManyOnRecord = RPCError(
    .overloaded, "too many calls change it at the same time; nothing was done", retryAfterMs: 50,
    limit: .recordQueue)

  static func recordTooLarge(_ limit: Int) -> RPCError {
    RPCError(.tooLarge, "the data would have more than \(limit) bytes; nothing was done")
  }

  /// Whether Redis has something under the name that is no text.
  var isWrongType: Bool {
    reason == .storeRefused && details.contains(.text("code", "WRONGTYPE"))
  }
}
