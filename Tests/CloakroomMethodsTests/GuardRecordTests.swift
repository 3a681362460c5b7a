import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

/// The rules of a guard, as the pure function has them: no store, and times are numbers.
@Suite("What becomes of a guard", .timeLimit(.minutes(1)))
struct GuardRecordTests {
  private static let start: Int64 = 1_000_000
  private static let lock: Int64 = 500
  private static let life: Int64 = 10_000

  /// A record, and what events make of it.
  private struct Story {
    var record: GuardRecord?
    var last: Transition<GuardRecord>?

    /// Lets something happen.
    @discardableResult
    mutating func tell(_ request: GuardRequest, at now: Int64) -> GuardOutcome {
      let transition = GuardRecord.decide(record, request, at: now)
      record = transition.change ?? record
      last = transition
      return transition.outcome
    }
  }

  private static func ttl(_ milliseconds: Int64) -> TimeToLive {
    (try? TimeToLive(milliseconds: milliseconds)) ?? .longest
  }

  private static func begin(
    _ receipt: String, _ fingerprint: String? = "f", isAwaiting: Bool = false, life: Int64 = life
  ) -> GuardRequest {
    .begin(
      GuardLock(
        receipt: receipt, fingerprint: fingerprint, lock: ttl(lock), life: ttl(life),
        isAwaiting: isAwaiting))
  }

  private static func complete(_ receipt: String, _ result: String = "7") -> GuardRequest {
    .complete(receipt: receipt, result: ByteBuffer(string: result))
  }

  private static func fail(
    _ receipt: String, _ error: String = "1", isFinal: Bool = false
  ) -> GuardRequest {
    .fail(receipt: receipt, error: ByteBuffer(string: error), isFinal: isFinal)
  }

  /// How a guard may stand after its first begin, with the receipt `r`.
  enum Standing: String, CaseIterable {
    case none, locked, lapsed, open, completed, failed, withdrawn, takenOver
  }

  /// A guard that stands so, and when.
  private static func story(_ standing: Standing) -> (Story, now: Int64) {
    var story = Story()
    if standing == .none { return (story, start) }
    story.tell(begin("r"), at: start)
    switch standing {
    case .none, .locked: break
    case .lapsed: return (story, start + lock)
    case .open: story.tell(fail("r"), at: start)
    case .completed: story.tell(complete("r"), at: start)
    case .failed: story.tell(fail("r", "2", isFinal: true), at: start)
    case .withdrawn: story.tell(.withdraw(receipt: "r"), at: start)
    case .takenOver:
      story.tell(begin("s"), at: start + lock)
      return (story, start + lock)
    }
    return (story, start + 10)
  }

  private static let steps: [(String, GuardRequest)] = [
    ("begin r", begin("r")), ("begin s", begin("s")), ("begin t, other", begin("t", "g")),
    ("begin t, none", begin("t", nil)), ("complete r", complete("r", "8")),
    ("complete t", complete("t")), ("fail r", fail("r", "9")), ("fail t", fail("t")),
    ("end r", fail("r", "9", isFinal: true)), ("renew r", .renew(receipt: "r", lock: nil)),
    ("renew t", .renew(receipt: "t", lock: nil)), ("withdraw r", .withdraw(receipt: "r")),
  ]

  /// An outcome in one word.
  private static func word(_ outcome: GuardOutcome) -> String {
    switch outcome {
    case .new(let hold): "new\(hold.attempt)" + (hold.isRepeated ? "again" : "")
    case .inProgress(let rest): "busy\(rest)"
    case .ended(let end):
      (end.isFailure ? "failed" : "done") + String(buffer: end.result)
        + (end.isRepeated ? "again" : "")
    case .opened(let attempts, let isRepeated): "open\(attempts)" + (isRepeated ? "again" : "")
    case .renewed(let end): "until\(end - start)"
    case .withdrawn: "withdrawn"
    case .refused(.notFound): "none"
    case .refused(.mismatch): "mismatch"
    case .refused(.leaseLost): "lost"
    case .refused(.ended(let state)): "ended:\(state.rawValue)"
    }
  }

  /// What each step comes to, in the order of `steps`.
  private static let outcomes: [(Standing, String)] = [
    (.none, "new1 new1 new1 new1 none none none none none none none none"),
    (
      .locked,
      "new1again busy490 mismatch busy490 done8 lost open1 lost failed9 until510 lost withdrawn"
    ),
    (.lapsed, "new2 new2 mismatch new2 done8 lost open1 lost failed9 until1000 lost withdrawn"),
    (
      .open,
      "new2 new2 mismatch new2 ended:open lost open1again lost ended:open ended:open lost lost"
    ),
    (
      .completed,
      "done7again done7again mismatch done7again done7again lost ended:completed lost ended:completed ended:completed lost lost"
    ),
    (
      .failed,
      "failed2again failed2again mismatch failed2again ended:failed lost ended:failed lost failed2again ended:failed lost lost"
    ),
    (.withdrawn, "new1 new1 new1 new1 lost lost lost lost lost lost lost lost"),
    (
      .takenOver,
      "busy500 new2again mismatch busy500 lost lost lost lost lost lost lost lost"
    ),
  ]

  @Test("is decided by how it stands", arguments: outcomes)
  func decided(standing: Standing, expected: String) {
    let words = expected.split(separator: " ").map(String.init)
    #expect(words.count == Self.steps.count)
    for ((name, step), word) in zip(Self.steps, words) {
      var (story, now) = Self.story(standing)
      #expect(Self.word(story.tell(step, at: now)) == word, "\(name)")
    }
  }

  @Test("every standing has its row")
  func complete() { #expect(Set(Self.outcomes.map(\.0)) == Set(Standing.allCases)) }

  @Test("writes nothing where nothing has changed")
  func unchanged() {
    var (story, now) = Self.story(.locked)
    for request in [Self.begin("r"), Self.begin("s"), Self.complete("t"), .look] {
      story.tell(request, at: now)
      #expect(story.last?.change == nil)
    }
    (story, now) = Self.story(.completed)
    for request in [Self.begin("s"), Self.complete("r", "8"), Self.fail("r")] {
      story.tell(request, at: now)
      #expect(story.last?.change == nil)
    }
  }

  @Test("is kept as long as the ttl after the last try began or ended, and no lock outlives it")
  func life() {
    var story = Story()
    story.tell(Self.begin("r"), at: Self.start)
    #expect(story.record?.keptUntilMs == Self.start + Self.life)
    story.tell(Self.complete("r"), at: Self.start + 100)
    #expect(story.record?.keptUntilMs == Self.start + 100 + Self.life)
    // One that lapses can be completed for as long as it was locked.
    story = Story()
    story.tell(Self.begin("r", life: 1), at: Self.start)
    #expect(story.record?.keptUntilMs == Self.start + 2 * Self.lock)
    story.tell(.renew(receipt: "r", lock: Self.ttl(800)), at: Self.start + 10)
    #expect(story.record?.keptUntilMs == Self.start + 10 + 1600)
    story.tell(Self.complete("r"), at: Self.start + 20)
    #expect(story.record?.keptUntilMs == Self.start + 21)
  }

  @Test("tells the next try what the last one that failed has left")
  func lastError() {
    var story = Story()
    story.tell(Self.begin("r"), at: Self.start)
    story.tell(Self.fail("r", #"{"a":1}"#), at: Self.start)
    for (receipt, time) in [("s", Self.start), ("t", Self.start + Self.lock)] {
      guard case .new(let hold) = story.tell(Self.begin(receipt), at: time) else {
        Issue.record("\(receipt) is not new")
        return
      }
      #expect(String(buffer: hold.lastError) == #"{"a":1}"#)
    }
  }

  @Test("is announced when there is less to wait for, to those who have said that they wait")
  func announced() {
    let sooner: [GuardRequest] = [
      Self.complete("r"), Self.fail("r"), Self.fail("r", isFinal: true),
      .withdraw(receipt: "r"), .renew(receipt: "r", lock: Self.ttl(10)),
    ]
    for request in sooner {
      var (story, now) = Self.story(.locked)
      story.tell(Self.begin("s", isAwaiting: true), at: now)
      #expect(story.last?.change?.isAwaited == true && story.last?.announces == false)
      // It must not be written that it is awaited when it is the waiter's turn already.
      #expect(story.last?.staleAtMs == Self.start + Self.lock)
      story.tell(request, at: now)
      #expect(story.last?.announces == true, "\(request)")
      (story, now) = Self.story(.locked)
      story.tell(request, at: now)
      #expect(story.last?.announces == false, "\(request)")
    }
    var (story, now) = Self.story(.locked)
    story.tell(Self.begin("s", isAwaiting: true), at: now)
    story.tell(.renew(receipt: "r", lock: Self.ttl(900)), at: now)
    #expect(story.last?.announces == false)
  }

  @Test("is its earlier holder's again when a later begin is taken back", arguments: [true, false])
  func takenBack(hasFailed: Bool) {
    var (story, now) = Self.story(hasFailed ? .open : .lapsed)
    let before = story.record
    story.tell(Self.begin("s"), at: now)
    #expect(story.tell(Self.complete("r"), at: now) == .refused(.leaseLost))
    #expect(story.tell(.withdraw(receipt: "s"), at: now) == .withdrawn)
    #expect(story.record?.receipt == "r" && story.record?.attempts == before?.attempts)
    // What has failed stays so, and what has only lapsed can be completed by the one who did it.
    let outcome = story.tell(Self.complete("r"), at: now)
    if case .ended(let end) = outcome {
      #expect(!hasFailed && !end.isFailure)
    } else {
      #expect(hasFailed, "\(outcome)")
    }
    (story, now) = Self.story(hasFailed ? .open : .lapsed)
    story.tell(Self.begin("s"), at: now)
    story.tell(.withdraw(receipt: "s"), at: now)
    guard case .new = story.tell(Self.begin("t"), at: now) else {
      Issue.record("it is not the next one's")
      return
    }
  }

  @Test("comes back from its bytes as it was", arguments: Standing.allCases)
  func stored(standing: Standing) throws {
    var (story, now) = Self.story(standing)
    story.tell(Self.begin("w", isAwaiting: true), at: now)
    let record = try #require(story.record)
    #expect(try GuardRecord(reading: record.record(RecordVersion(7))) == record)
  }
}
