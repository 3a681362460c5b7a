public import CloakroomCore
public import CloakroomStore
internal import NIOCore

/// Runs calls on records: read, decide, commit; and decides again where somebody else was faster.
///
/// One for each event loop, and bound to it. Calls that change a record wait for each other here, so that
/// they take effect in the order in which they came: those that have gathered while a commit was out are
/// decided on one after the other, on what was read after they came, and committed together. A call that
/// only reads is read for at once, unless others are before it.
public final class RecordRunner {
  /// The calls on one record that wait for each other.
  final class Queue {
    let name: StoreKey
    var waiting: [RecordWait] = []
    /// Those that are being decided on, or committed.
    var batch: [RecordWait] = []
    var tries = 0
    /// Set while a commit is out.
    var commit: (ticket: StoreTicket, sendings: UInt64)?

    init(_ name: StoreKey) { self.name = name }
  }

  /// How many calls of a loop wait for one record at most.
  static let queueLimit = 4096
  /// How many of them are committed together.
  static let groupLimit = 64
  /// How often a commit is tried because others were faster. Each time somebody's was done.
  static let mostTries = 400
  /// After so many tries the others are let pass for a moment.
  private static let eagerTries = 4

  /// By how many bytes a header grows at most when it says how something has ended.
  private static let endingBytes = 192

  /// Only a moment that is nearer than this can come between a decision and its commit, in milliseconds: no
  /// command is waited for as long. To have Redis look at its clock takes it as long as to write the record.
  private static let nearMs: Int64 = 120_000

  private unowned let host: any RecordHost
  private let recordBytes: Int
  private var queues: [StoreKey: Queue] = [:]
  private var versions = UInt64.random(in: .min ... .max)

  /// A runner that has nothing to run yet.
  ///
  /// - Parameter recordBytes: how large a record may be.
  public init(on host: any RecordHost, recordBytes: Int) {
    self.host = host
    self.recordBytes = recordBytes
  }

  // MARK: In

  /// Runs a call.
  ///
  /// - Parameters:
  ///   - idempotency: where its answer is kept; nil when it has no idempotency key.
  ///   - completion: told the answer once, on the loop; possibly before this returns.
  /// - Returns: what the call can be given up by.
  @discardableResult
  public func run(
    _ call: RecordCall, keepingIn idempotency: IdempotencyRecord? = nil,
    _ completion: @escaping (RecordAnswer) -> Void
  ) -> RecordWait {
    let wait = RecordWait(call, idempotency: call.isReading ? nil : idempotency, completion)
    if let queue = queues[call.name] {
      guard queue.waiting.count < Self.queueLimit else {
        wait.fail(.tooManyOnRecord)
        return wait
      }
      wait.queue = queue
      queue.waiting.append(wait)
    } else if call.isReading {
      read(for: wait)
    } else {
      enqueue(wait)
    }
    return wait
  }

  /// Whether a call can still be ended so that nothing was done, and nothing will be. What was not sent yet
  /// is withdrawn by asking.
  public func canEnd(_ wait: RecordWait) -> Bool {
    guard !wait.isOver else { return false }
    guard let queue = wait.queue, let commit = queue.commit, isCommitting(wait, queue) else {
      return true
    }
    return queue.batch.count == 1 && host.store.withdraw(commit.ticket, since: commit.sendings)
  }

  /// Lets a call go that nobody waits for any more: it is answered at once unless its commit is out.
  public func giveUp(_ wait: RecordWait, _ error: RPCError) {
    guard !wait.isOver else { return }
    if let queue = wait.queue {
      guard queue.commit == nil || !isCommitting(wait, queue) else { return }
      queue.waiting.removeAll { $0 === wait }
    }
    wait.complete(RecordAnswer(.failure(error)))
  }

  /// Whether it hangs on the commit that is out.
  private func isCommitting(_ wait: RecordWait, _ queue: Queue) -> Bool {
    guard queue.batch.contains(where: { $0 === wait }) else { return false }
    return wait.idempotency != nil || wait.decision?.replacement != nil
  }

  // MARK: Reading

  /// Most that is read stands as it is; what is found to have ended has to be written down.
  private func read(for wait: RecordWait) {
    perform(.read(wait.call.name)) { [self] reply in
      guard !wait.isOver else { return }
      guard case .record(let record, let time) = reply else { return enqueue(wait) }
      let decision = wait.call.decide(record, time, nextVersion())
      guard decision.replacement == nil else { return enqueue(wait) }
      wait.complete(decision.answer)
    }
  }

  private func enqueue(_ wait: RecordWait) {
    let queue = queues[wait.call.name] ?? Queue(wait.call.name)
    wait.queue = queue
    queue.waiting.append(wait)
    guard queues.updateValue(queue, forKey: queue.name) == nil else { return }
    next(queue)
  }

  /// Takes up what has gathered.
  private func next(_ queue: Queue) {
    queue.batch = takeBatch(of: queue)
    queue.tries = 0
    queue.commit = nil
    guard let first = queue.batch.first else {
      queues[queue.name] = nil
      return
    }
    if queue.batch.count == 1, first.call.expectsNothing {
      decide(queue, on: nil, at: host.store.timeMs, expecting: .nothing)
    } else {
      read(for: queue)
    }
  }

  /// Calls that keep their answers are committed one by one.
  private func takeBatch(of queue: Queue) -> [RecordWait] {
    guard let first = queue.waiting.first else { return [] }
    let count =
      first.idempotency != nil
      ? 1 : queue.waiting.prefix(Self.groupLimit).prefix { $0.idempotency == nil }.count
    defer { queue.waiting.removeFirst(count) }
    return Array(queue.waiting.prefix(count))
  }

  private func read(for queue: Queue) {
    perform(.read(queue.name)) { [self] reply in
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
  }

  /// What is no text may be a record in its earlier form: it is written anew, and never taken for nothing.
  private func readFields(for queue: Queue) {
    perform(.step(ReadFields(queue.name))) { [self] reply in
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
      guard let record = queue.batch.first?.call.adopt(earlier, nextVersion()) else {
        return end(queue, .notARecord)
      }
      decide(queue, on: record, at: found.atMs, expecting: .fields(digest: found.digest))
    }
  }

  // MARK: Deciding

  private func decide(
    _ queue: Queue, on record: ByteBuffer?, at time: Int64,
    expecting expected: RecordCommit.Expected
  ) {
    var commit = RecordCommit(expecting: expected, replacement: nil)
    var latest = record
    var isEnding = true
    queue.batch.removeAll(where: \.isOver)
    for wait in queue.batch {
      var decision = wait.call.decide(latest, time, nextVersion())
      if let replacement = decision.replacement, replacement.readableBytes > recordBytes {
        decision = RecordDecision(answer: RecordAnswer(.failure(.recordTooLarge(recordBytes))))
      }
      wait.decision = decision
      guard let replacement = decision.replacement else { continue }
      latest = replacement
      isEnding = isEnding && decision.isEnding
      commit.replacement = replacement
      commit.keptUntilMs = decision.keptUntilMs
      commit.remindAtMs = [commit.remindAtMs, decision.remindAtMs].compactMap(\.self).min()
      if let stale = decision.staleAtMs, stale &- time < Self.nearMs {
        commit.staleAtMs = min(commit.staleAtMs ?? stale, stale)
      }
    }
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

  // MARK: Committing

  private func submit(_ commit: RecordCommit, _ queue: Queue) {
    submit(.commit(queue.name, commit), queue) { [self] reply in
      switch reply {
      case .done: complete(queue)
      case .stale(let record?, _, _) where Self.isSame(record, commit.replacement):
        // It was sent again, and has met itself.
        complete(queue)
      case .stale(_, _, wasResent: true): end(queue, RPCError(.outcomeUnknown))
      case .stale(let record, let time, _): again(queue, record, time)
      case .failure(let error) where error.isWrongType: again(queue)
      default: end(queue, reply.unexpected)
      }
    }
  }

  private static func isSame(_ record: ByteBuffer, _ other: ByteBuffer?) -> Bool {
    guard let version = RecordVersion(of: record) else { return false }
    return version == other.flatMap { RecordVersion(of: $0) }
  }

  /// Commits for a call whose answer is kept in the same step; a refusal is kept as well, under the version
  /// that it was decided on.
  private func submit(
    _ commit: RecordCommit, for wait: RecordWait, keptIn idempotency: IdempotencyRecord,
    _ queue: Queue
  ) {
    guard let decision = wait.decision else { return end(queue, RPCError(.internal)) }
    guard !decision.isPassing else { return recall(for: wait, idempotency, queue) }
    let note: ByteBuffer
    do throws(RPCError) {
      note = try KeptAnswer(decision.answer.result, nextVersion(), sealed: wait.call.secret).note
    } catch {
      return end(queue, error)
    }
    let command = idempotency.keeping(.commit(queue.name, commit), step: 0, note: note)
    submit(command, queue) { [self] reply in
      switch reply {
      case .noted(note, _): complete(queue)
      case .noted(let first, _): complete(wait, repeating: first, queue)
      // Had it been done before, its answer would have been kept.
      case .stale(let record, let time, _): again(queue, record, time)
      case .failure(let error) where error.isWrongType: again(queue)
      case .done: end(queue, KeptAnswer.unreadable)
      default: end(queue, reply.unexpected)
      }
    }
  }

  /// What may come to something else later is not kept; but what was kept before is told.
  private func recall(for wait: RecordWait, _ idempotency: IdempotencyRecord, _ queue: Queue) {
    wait.decision?.noticed = nil
    perform(idempotency.recall(step: 0)) { [self] reply in
      switch reply {
      case .value(nil): complete(queue)
      case .noted(let first, _): complete(wait, repeating: first, queue)
      case .failure(let error): end(queue, error)
      default: end(queue, KeptAnswer.unreadable)
      }
    }
  }

  private func submit(
    _ command: StoreCommand, _ queue: Queue, _ completion: @escaping (StoreReply) -> Void
  ) {
    let sendings = host.store.sendings
    host.perform(command) { reply in
      queue.commit = nil
      completion(reply)
    } submitting: { ticket in
      queue.commit = (ticket, sendings)
    }
  }

  private func perform(_ command: StoreCommand, _ completion: @escaping (StoreReply) -> Void) {
    host.perform(command, completion) { _ in }
  }

  /// Somebody else was faster: decides again, on what is there now.
  private func again(_ queue: Queue, _ record: ByteBuffer?, _ time: Int64) {
    queue.tries += 1
    guard queue.tries >= Self.eagerTries else {
      guard let record else { return decide(queue, on: nil, at: time, expecting: .nothing) }
      guard let version = RecordVersion(of: record) else { return end(queue, .notARecord) }
      return decide(queue, on: record, at: time, expecting: .version(version))
    }
    guard queue.tries < Self.mostTries else {
      return end(queue, .tooManyOnRecord)
    }
    let pause = Int64.random(in: 0...Int64(min(queue.tries, 40)) * 250)
    host.later(.microseconds(pause)) { self.read(for: queue) }
  }

  private func again(_ queue: Queue) {
    queue.tries += 1
    guard queue.tries < Self.mostTries else { return end(queue, .tooManyOnRecord) }
    read(for: queue)
  }

  // MARK: Out

  /// What was decided is done.
  private func complete(_ queue: Queue) {
    let batch = queue.batch
    queue.batch = []
    if batch.contains(where: { $0.decision?.announces ?? false }) {
      // Nobody waits for it: those who are not told look for themselves in time.
      perform(.publish(queue.name, ByteBuffer())) { _ in }
    }
    for wait in batch {
      guard let decision = wait.decision else { continue }
      if let notice = decision.noticed { host.noticed(notice, of: queue.name) }
      wait.complete(decision.answer)
    }
    next(queue)
  }

  /// The call was made before: what it was answered then is the answer.
  private func complete(_ wait: RecordWait, repeating note: ByteBuffer, _ queue: Queue) {
    queue.batch = []
    do throws(RPCError) {
      wait.complete(repeating: .success(try KeptAnswer.result(of: note, sealed: wait.call.secret)))
    } catch {
      wait.complete(repeating: .failure(error))
    }
    next(queue)
  }

  /// The store could not be asked, or has not said what came of it.
  private func end(_ queue: Queue, _ error: RPCError) {
    let batch = queue.batch
    queue.batch = []
    for wait in batch {
      let changesNothing = wait.decision?.replacement == nil && wait.idempotency == nil
      if changesNothing, error.reason == .outcomeUnknown {
        wait.fail(RPCError(.unavailable))
      } else {
        wait.fail(error)
      }
    }
    next(queue)
  }

  private func nextVersion() -> RecordVersion {
    // SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014): versions
    // must be different, not secret.
    versions &+= 0x9E37_79B9_7F4A_7C15
    var bits = versions
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return RecordVersion(bits ^ (bits >> 31))
  }
}

extension RPCError {
  /// As many calls are on one record as may be, or others were faster again and again.
  static let tooManyOnRecord = RPCError(
    .overloaded, "too many calls change it at the same time; nothing was done", retryAfterMs: 50,
    limit: .recordQueue)

  static func recordTooLarge(_ limit: Int) -> RPCError {
    RPCError(.tooLarge, "the record would have more than \(limit) bytes; nothing was done")
  }

  /// Whether Redis has something under the name that is no text.
  fileprivate var isWrongType: Bool {
    reason == .storeRefused && details.contains(.text("code", "WRONGTYPE"))
  }
}
