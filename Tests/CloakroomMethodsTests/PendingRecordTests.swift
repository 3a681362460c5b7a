import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

/// The rules of a pending operation, as the pure function has them: no store, and times are numbers.
@Suite("What becomes of a pending operation", .timeLimit(.minutes(1)))
struct PendingRecordTests {
  private static let kept = PendingRetention(
    tombstoneMs: 1000, receiptMs: 2000, deadMs: 3000)
  private static let made: Int64 = 1_000_000
  /// How long it is given to live.
  private static let life: Int64 = 10_000
  private static let lease: Int64 = 500

  /// A record, and what events make of it.
  private struct Story {
    var record: PendingRecord?
    var last: Transition<PendingRecord>?

    /// Lets something happen.
    @discardableResult
    mutating func tell(
      _ step: PendingStep, at now: Int64, type: String = "form"
    ) -> PendingOutcome {
      let request = PendingRequest(step, type: type, retention: kept)
      let transition = PendingRecord.decide(record, request, at: now)
      record = transition.change ?? record
      last = transition
      return transition.outcome
    }
  }

  private static func ttl(_ milliseconds: Int64) -> TimeToLive {
    (try? TimeToLive(milliseconds: milliseconds)) ?? .longest
  }

  private static func operation(maxAttempts: Int = 2) -> Story {
    var story = Story()
    let draft = PendingDraft(
      data: ByteBuffer(string: "1"), life: ttl(life), maxAttempts: maxAttempts)
    story.tell(.create(draft), at: made)
    return story
  }

  private static func checkout(_ receipt: String) -> PendingStep {
    .checkout(PendingLease(receipt: receipt, life: ttl(lease)))
  }

  /// How an operation may stand.
  enum Standing: String, CaseIterable {
    case none, open, leased, leaseOver, lastLeaseOver, dead, expired, consumed, deleted, committed
  }

  /// An operation that stands so, and when.
  private static func story(_ standing: Standing) -> (Story, now: Int64) {
    var story = operation()
    switch standing {
    case .none: return (Story(), made)
    case .open: return (story, made + 10)
    case .leased, .leaseOver:
      story.tell(checkout("r"), at: made)
      return (story, made + (standing == .leased ? 10 : lease))
    case .lastLeaseOver, .dead:
      story = operation(maxAttempts: 1)
      story.tell(checkout("r"), at: made)
      if standing == .dead { story.tell(.read(withData: false), at: made + lease) }
      return (story, made + lease)
    case .expired: return (story, made + life)
    case .consumed: story.tell(.consume, at: made)
    case .deleted: story.tell(.delete, at: made)
    case .committed:
      story.tell(checkout("r"), at: made)
      story.tell(.commit(receipt: "r", result: ByteBuffer(string: "7")), at: made)
    }
    return (story, made + 10)
  }

  private static let steps: [(String, PendingStep)] = [
    ("read", .read(withData: true)), ("consume", .consume),
    ("update", .update(PendingChange(data: ByteBuffer(string: "2")))), ("delete", .delete),
    ("checkout", checkout("s")), ("commit", .commit(receipt: "r", result: ByteBuffer())),
    ("release", .release(receipt: "r")), ("withdraw", .withdraw(receipt: "r")),
    ("reopen", .reopen),
  ]

  /// What each step comes to, in the order of `steps`: `+` is done, else the first letters of why not.
  private static let outcomes: [(Standing, String)] = [
    (.none, "not not not not not not not not not"),
    (.open, "+ + + + + lease lease not notDead"),
    (.leased, "+ leased leased leased leased + + + notDead"),
    (.leaseOver, "+ + + + + + + notDead notDead"),
    (.lastLeaseOver, "+ dead dead + dead + dead dead +"),
    (.dead, "+ dead dead + dead + dead dead +"),
    (.expired, "expired expired expired expired expired expired expired expired expired"),
    (.consumed, "consumed consumed consumed consumed consumed consumed consumed consumed consumed"),
    (.deleted, "deleted deleted deleted deleted deleted deleted deleted deleted deleted"),
    (.committed, "consumed consumed consumed consumed consumed + consumed consumed consumed"),
  ]

  @Test("is decided by how it stands", arguments: outcomes)
  func decided(standing: Standing, expected: String) {
    for ((name, step), word) in zip(Self.steps, expected.split(separator: " ")) {
      var (story, now) = Self.story(standing)
      let outcome = story.tell(step, at: now)
      if word == "+" {
        #expect(outcome.isDone, "\(name): \(outcome)")
      } else if case .refused(let refusal) = outcome {
        // An open one has no other word for a step that needs it otherwise.
        #expect("\(refusal)".hasPrefix(word == "not" ? "not" : String(word)), "\(name): \(outcome)")
      } else {
        Issue.record("\(name) was done: \(outcome)")
      }
    }
  }

  @Test("is noticed once, by the first who decides after its time")
  func noticed() {
    for standing in [Standing.expired, .lastLeaseOver] {
      for (name, step) in Self.steps {
        var (story, now) = Self.story(standing)
        story.tell(step, at: now)
        let first = story.last?.noticed
        // A commit that still comes has ended it otherwise.
        let isCommitted = standing == .lastLeaseOver && name == "commit"
        let expected = standing == .expired ? RecordNotice.expired : .dead
        #expect(first == (isCommitted ? nil : expected), "\(name)")
        #expect(story.last?.change != nil)
        story.tell(.read(withData: false), at: now + 1)
        #expect(story.last?.noticed == nil && story.last?.change == nil, "\(name)")
      }
    }
  }

  @Test("says until when it would be decided alike, and when to look again")
  func times() {
    var story = Self.operation()
    #expect(story.record?.nextLookMs == Self.made + Self.life)
    story.tell(Self.checkout("r"), at: Self.made + 1)
    #expect(story.last?.staleAtMs == Self.made + Self.life)
    // A lease that is not the last is nothing to look for.
    #expect(story.record?.nextLookMs == Self.made + Self.life)
    story.tell(.release(receipt: "r"), at: Self.made + 2)
    #expect(story.last?.staleAtMs == Self.made + 1 + Self.lease)
    story.tell(Self.checkout("s"), at: Self.made + 3)
    #expect(story.record?.nextLookMs == Self.made + 3 + Self.lease)
    story.tell(.commit(receipt: "s", result: ByteBuffer()), at: Self.made + 4)
    #expect(story.record?.nextLookMs == nil)
    story.tell(.read(withData: false), at: Self.made + 5)
    #expect(story.last?.staleAtMs == nil)
  }

  @Test("keeps no refusal that may pass, and every other")
  func passing() {
    var (leased, now) = Self.story(.leased)
    leased.tell(.consume, at: now)
    #expect(leased.last?.isPassing == true)
    for standing in [Standing.consumed, .deleted, .expired, .dead, .none] {
      var (story, now) = Self.story(standing)
      story.tell(.consume, at: now)
      #expect(story.last?.isPassing == false)
    }
    var open = Self.operation()
    let change = PendingChange(data: ByteBuffer(string: "2"), ifMatch: "another")
    open.tell(.update(change), at: Self.made)
    #expect(open.last?.isPassing == false && open.last?.change == nil)
  }

  @Test("is as if a checkout had never been when that is withdrawn")
  func withdrawn() {
    var story = Self.operation()
    let before = story.record
    let late = Self.made + Self.life - 1
    story.tell(Self.checkout("r"), at: late)
    #expect(story.record?.nextLookMs == late + 2 * Self.lease)
    #expect(story.tell(.withdraw(receipt: "other"), at: late) != .done)
    #expect(story.tell(.withdraw(receipt: "r"), at: late) == .done)
    #expect(story.record?.nextLookMs == before?.nextLookMs)
    guard case .operation(let operation) = story.tell(.read(withData: true), at: late) else {
      Issue.record("it is gone")
      return
    }
    #expect(operation.attempts == 0 && operation.state == .open)
  }

  @Test(
    "is written and read again as it is",
    arguments: [
      "form", "", "caf\u{e9}", "\"quotes\" and \\ and \n", "\u{0}\u{1F}", "{\"v\":\"", "🙂",
    ])
  func written(type: String) throws {
    for standing in Standing.allCases {
      var (story, now) = Self.story(standing)
      story.tell(.read(withData: false), at: now)
      guard story.record != nil else { continue }
      var stories = [story.record]
      var other = Story()
      let bytes = ByteBuffer(bytes: Array(0...255) + Array(0...255))
      other.tell(.create(PendingDraft(data: bytes, life: Self.ttl(5))), at: now, type: type)
      stories.append(other.record)
      for record in stories.compactMap({ $0 }) {
        let version = RecordVersion(.random(in: .min ... .max))
        let text = record.record(version)
        #expect(RecordVersion(of: text) == version)
        #expect(try PendingRecord(reading: text) == record)
      }
    }
  }

  @Test("is no operation when somebody else has written it")
  func foreign() {
    let texts = [
      "", "{}", "x", "{\"v\":\"AAAAAAAAAAA\"}\n1", "{\"v\":\"AAAAAAAAAAA\",\"kind\":\"other\"}\n1",
      "{\"v\":\"AAAAAAAAAAA\",\"kind\":\"pending\"}\n1",
      "{\"v\":\"AAAAAAAAAAA\",\"kind\":\"pending\"",
      "{\"v\":\"AAAAAAAA AA\",\"kind\":\"pending\",\"type\":\"form\"}\n",
      "{\"v\":\"AAAAAAAAAAA\",\"kind\":\"pending\",\"type\":\"form\",\"created\":1,\"expires\":9e99,"
        + "\"life\":1,\"kept\":1}\n",
    ]
    for text in texts {
      #expect(throws: RPCError.notARecord, "\(text)") {
        try PendingRecord(reading: ByteBuffer(string: text))
      }
    }
  }

  @Test("is never made alive again, and its fence never falls, whatever happens in whatever order")
  func random() {
    for _ in 0..<300 {
      var story = Self.operation(maxAttempts: .random(in: 0...3))
      var now = Self.made
      var isOver = false
      var notices = 0
      var fence: Int64 = 0
      for _ in 0..<60 {
        now += .random(in: -3...400)
        let (_, step) = Self.steps.randomElement() ?? ("", .consume)
        let outcome = story.tell(step, at: now)
        if case .leased(_, let grant) = outcome, grant.fence != fence {
          #expect(grant.fence > fence)
          fence = grant.fence
        }
        if story.last?.noticed == .expired { notices += 1 }
        let state = story.record?.state
        if isOver { #expect(state != .open && state != .leased && state != .dead) }
        isOver = isOver || [.expired, .consumed, .deleted, .committed].contains(state)
        guard let record = story.record else { continue }
        #expect(record.keptUntilMs >= record.expiresAtMs, "a trace goes before its token")
      }
      #expect(notices <= 1)
    }
  }
}
