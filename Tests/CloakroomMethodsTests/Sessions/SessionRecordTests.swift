import CloakroomCore
@testable import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

/// The rules of a session's life, as the pure function has them.
@Suite("What becomes of a session", .timeLimit(.minutes(1)))
struct SessionRecordTests {
  private static let made = SessionStory.made

  /// How a session may stand.
  enum Standing: String, CaseIterable {
    case none, open, leased, leaseOver, lastLeaseOver, dead, expired, committed, deleted, rotated
  }

  /// A session that stands so, and when.
  private static func story(_ standing: Standing) throws -> (SessionStory, now: Int64) {
    var story = try SessionStory.finished(
      maxAttempts: standing == .dead || standing == .lastLeaseOver ? 1 : 2)
    let soon = made + 20
    switch standing {
    case .none: return (.nothing, made)
    case .open: return (story, soon)
    case .leased, .leaseOver:
      story.tell(SessionStory.checkout("r"), at: made)
      return (story, made + (standing == .leased ? 20 : SessionStory.lease))
    case .lastLeaseOver, .dead:
      story.tell(SessionStory.checkout("r"), at: made)
      if standing == .dead { story.tell(.read(whole: false), at: made + SessionStory.lease) }
      return (story, made + SessionStory.lease)
    case .expired: return (story, made + 10 + SessionStory.idle)
    case .committed:
      story.tell(SessionStory.checkout("r"), at: made)
      story.tell(SessionStory.commit("r"), at: made)
    case .deleted: story.tell(.delete, at: made)
    case .rotated:
      let record = try #require(story.record)
      story.tell(.retire(record, successor: "f", beforeMs: made + 1), at: made)
    }
    return (story, soon)
  }

  private static let steps: [(String, SessionStep)] = [
    ("read", .read(whole: false)), ("touch", .touch), ("update", SessionStory.patch(#"{"a":1}"#)),
    ("complete", SessionStory.complete("review")), ("goTo", SessionStory.goTo("name")),
    ("delete", .delete), ("checkout", SessionStory.checkout("s")),
    ("commit", SessionStory.commit("r")), ("release", .release(receipt: "r", error: nil)),
    ("withdraw", .withdraw(receipt: "r")), ("reopen", .reopen),
  ]

  /// What each step comes to, in the order of `steps`: `+` is done, else why not.
  private static let outcomes: [(Standing, String)] = [
    (
      .none,
      "NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND"
    ),
    (.open, "+ + + + + + + LEASE_LOST LEASE_LOST CONFLICT CONFLICT"),
    (
      .leased,
      "+ CHECKED_OUT CHECKED_OUT CHECKED_OUT CHECKED_OUT CHECKED_OUT CHECKED_OUT + + + CONFLICT"
    ),
    (.leaseOver, "+ + + + + + + + + CONFLICT CONFLICT"),
    (.lastLeaseOver, "+ CONFLICT CONFLICT CONFLICT CONFLICT + CONFLICT + CONFLICT CONFLICT +"),
    (.dead, "+ CONFLICT CONFLICT CONFLICT CONFLICT + CONFLICT + CONFLICT CONFLICT +"),
    (
      .expired,
      "EXPIRED EXPIRED EXPIRED EXPIRED EXPIRED EXPIRED EXPIRED EXPIRED EXPIRED EXPIRED EXPIRED"
    ),
    (
      .committed,
      "CONSUMED CONSUMED CONSUMED CONSUMED CONSUMED CONSUMED CONSUMED + CONSUMED CONSUMED CONSUMED"
    ),
    (
      .deleted,
      "DELETED DELETED DELETED DELETED DELETED DELETED DELETED DELETED DELETED DELETED DELETED"
    ),
    (
      .rotated,
      "DELETED DELETED DELETED DELETED DELETED DELETED DELETED DELETED DELETED DELETED DELETED"
    ),
  ]

  @Test("is decided by how it stands", arguments: outcomes)
  func decided(standing: Standing, expected: String) throws {
    for ((name, step), word) in zip(Self.steps, expected.split(separator: " ")) {
      var (story, now) = try Self.story(standing)
      story.tell(step, at: now)
      #expect(story.refusal?.reason.name ?? "+" == word, "\(name)")
    }
  }

  @Test("says with each refusal what to do about it")
  func recovery() throws {
    let expected: [(Standing, String)] = [
      (.none, "create"), (.expired, "restart"), (.committed, "restart"), (.deleted, "restart"),
      (.rotated, "restart"),
    ]
    for (standing, word) in expected {
      var (story, now) = try Self.story(standing)
      story.tell(.read(whole: false), at: now)
      #expect(story.refusal?.details.contains(.text("recovery", word)) == true, "\(standing)")
    }
  }

  @Test("is noticed once, by the first who decides after its time")
  func noticed() throws {
    for standing in [Standing.expired, .lastLeaseOver] {
      for (name, step) in Self.steps {
        var (story, now) = try Self.story(standing)
        story.tell(step, at: now)
        let first = story.last?.noticed
        if standing == .lastLeaseOver, name == "commit" {
          // An end that nobody was told of has not been: this is how it ends.
          #expect(first == nil && story.record?.state == .committed)
          continue
        }
        #expect(first == (standing == .expired ? .expired : .dead), "\(name)")
        #expect(story.last?.change != nil)
        story.tell(.read(whole: false), at: now + 1)
        #expect(story.last?.noticed == nil && story.last?.change == nil, "\(name)")
      }
    }
  }

  @Test("leaves nothing of what was typed when it is over")
  func tombstones() throws {
    for standing in [Standing.expired, .deleted, .rotated] {
      var (story, now) = try Self.story(standing)
      story.tell(.read(whole: false), at: now)
      let record = try #require(story.record)
      #expect(record.content == .none && record.principal == nil && record.metadata == .none)
      let stored = String(buffer: record.record(RecordVersion(1)))
      #expect(!stored.contains("Ann") && !stored.contains("user_1"), "\(stored)")
      #expect(record.keptUntilMs >= now, "\(standing)")
    }
  }

  @Test("is read as it was written, however it stands", arguments: Standing.allCases)
  func stored(standing: Standing) throws {
    let (story, _) = try Self.story(standing)
    guard let record = story.record else { return }
    let bytes = record.record(RecordVersion(7))
    #expect(try SessionRecord(reading: bytes) == record)
  }

  // MARK: Times

  @Test("ends when nobody has touched it for a while, and at its absolute end whatever happens")
  func ends() throws {
    var story = SessionStory(try SessionStory.wizard())
    #expect(story.record?.expiresAtMs == Self.made + SessionStory.idle)
    story.tell(.touch, at: Self.made + 1500)
    #expect(story.record?.expiresAtMs == Self.made + 1500 + SessionStory.idle)
    for now in stride(from: Self.made + 3000, to: Self.made + SessionStory.life, by: 1500) {
      story.tell(.touch, at: now)
      #expect(story.refusal == nil)
    }
    #expect(story.record?.expiresAtMs == Self.made + SessionStory.life)
    story.tell(.touch, at: Self.made + SessionStory.life)
    #expect(story.refusal?.reason == .expired)
  }

  @Test("is touched by what is done with it, and by nothing else")
  func touches() throws {
    let expected: [(SessionStep, moves: Bool)] = [
      (.read(whole: false), false), (.touch, true), (SessionStory.patch("{}"), true),
      (SessionStory.patch(#"{"a":1}"#, touches: false), false),
      (SessionStory.complete("name", #"{"name":"Ann"}"#), true), (SessionStory.goTo("name"), true),
      (SessionStory.complete("size"), false), (SessionStory.goTo("review"), false),
    ]
    for (step, moves) in expected {
      var story = SessionStory(try SessionStory.wizard())
      let before = try #require(story.record)
      story.tell(step, at: Self.made + 700)
      let after = try #require(story.record)
      #expect((after.expiresAtMs == Self.made + 700 + SessionStory.idle) == moves, "\(step)")
      #expect((after.activeAtMs == Self.made + 700) == moves, "\(step)")
      #expect(after.endAtMs == before.endAtMs)
      // A tombstone that is shorter than clocks may be apart is kept for that.
      #expect(after.keptUntilMs == after.expiresAtMs + PendingRetention.slackMs)
    }
  }

  @Test("never comes to a nearer end by being touched, as after a lease that made it longer")
  func neverShorter() throws {
    var story = try SessionStory.finished()
    story.tell(
      .checkout(PendingLease(receipt: "r", life: SessionStory.ttl(20_000))), at: Self.made + 20)
    let end = try #require(story.record?.expiresAtMs)
    #expect(end == Self.made + 20 + 40_000)
    story.tell(.release(receipt: "r", error: nil), at: Self.made + 30)
    story.tell(.touch, at: Self.made + 40)
    #expect(story.record?.expiresAtMs == end)
  }

  @Test("has its life back as it was when a checkout is taken back")
  func withdrawal() throws {
    var story = try SessionStory.finished()
    let before = try #require(story.record)
    story.tell(
      .checkout(PendingLease(receipt: "r", life: SessionStory.ttl(20_000))), at: Self.made + 20)
    story.tell(.withdraw(receipt: "r"), at: Self.made + 30)
    let after = try #require(story.record)
    #expect(after.expiresAtMs == before.expiresAtMs && after.lease.attempts == 0)
    #expect(after.keptUntilMs == before.keptUntilMs && after.state == .open)
  }

  @Test("says until when it would be decided alike, and when to look again")
  func looks() throws {
    var story = try SessionStory.finished(maxAttempts: 1)
    #expect(story.record?.nextLookMs == Self.made + 10 + SessionStory.idle)
    story.tell(SessionStory.checkout("r"), at: Self.made + 20)
    #expect(story.last?.staleAtMs == Self.made + 10 + SessionStory.idle)
    // The last lease's end is one to look for.
    #expect(story.record?.nextLookMs == Self.made + 20 + SessionStory.lease)
    story.tell(.settle, at: Self.made + 20 + SessionStory.lease, by: nil)
    #expect(story.last?.noticed == .dead)
    // What follows from that may not have been done: a minute later that is looked for.
    let end = Self.made + 20 + SessionStory.lease
    #expect(story.record?.nextLookMs == end + FlowFacts.lookDelayMs)
  }

  // MARK: Hand-over

  @Test(
    "is committed late by the one who had it last, though it was touched and its life is over since"
  )
  func committedLate() throws {
    var story = try SessionStory.finished()
    story.tell(SessionStory.checkout("r"), at: Self.made + 20)
    story.tell(.touch, at: Self.made + 20 + SessionStory.lease)
    let record = try #require(story.record)
    #expect(record.state == .open)
    story.tell(SessionStory.commit("r"), at: record.expiresAtMs)
    #expect(story.record?.state == .committed && story.last?.noticed == nil)
  }

  @Test(
    "has spent the time since it last came somewhere in a step that it completes from elsewhere")
  func timeOfStep() throws {
    let flow = try SessionStory.flow(#""steps":[{"id":"a"},{"id":"b","requires":[]}]"#)
    var story = SessionStory(flow)
    story.tell(SessionStory.complete("b"), at: Self.made + 400)
    let facts = try #require(story.record?.facts.text)
    #expect(facts.contains("400"), "\(facts)")
  }

  @Test("is handed over once, and a repeated commit gets the first result")
  func commits() throws {
    var story = try SessionStory.finished()
    let first = story.tell(SessionStory.checkout("r"), at: Self.made + 20)
    #expect(first?.whole.map { String(buffer: $0) } == #"{"name":"Ann","size":4}"#)
    let again = story.tell(SessionStory.checkout("r"), at: Self.made + 30)
    #expect(again?.record.lease.fence == first?.record.lease.fence)
    story.tell(SessionStory.checkout("other"), at: Self.made + 30)
    #expect(story.refusal?.reason == .checkedOut && story.last?.isPassing == true)
    #expect(story.refusal?.retryAfterMs == SessionStory.lease - 10)
    story.tell(SessionStory.commit("r", "42"), at: Self.made + 40)
    story.tell(SessionStory.commit("r", "43"), at: Self.made + 50)
    #expect(story.text == "42" && story.scene?.record.committedAtMs == Self.made + 40)
    story.tell(SessionStory.commit("other", "44"), at: Self.made + 50)
    #expect(story.refusal?.reason == .consumed)
  }

  @Test("is open again after a failed save, and dead after the last one, with what that said")
  func releases() throws {
    var story = try SessionStory.finished(maxAttempts: 2)
    story.tell(SessionStory.checkout("r"), at: Self.made + 20)
    story.tell(.release(receipt: "r", error: ByteBuffer(string: #""full""#)), at: Self.made + 30)
    #expect(story.record?.state == .open && story.last?.noticed == nil)
    #expect(story.text == #"{"name":"Ann","size":4}"#)
    story.tell(SessionStory.checkout("s"), at: Self.made + 40)
    story.tell(
      .release(receipt: "s", error: ByteBuffer(string: #"{"code":9}"#)), at: Self.made + 50)
    #expect(story.record?.state == .dead && story.last?.noticed == .dead)
    #expect(story.record?.lease.lastError == ByteBuffer(string: #"{"code":9}"#))
    story.tell(.reopen, at: Self.made + 60, by: nil)
    let record = try #require(story.record)
    #expect(record.state == .open && record.lease.attempts == 0)
    #expect(record.endAtMs == Self.made + 60 + SessionStory.life)
    #expect(record.expiresAtMs == Self.made + 60 + SessionStory.idle)
    for (number, receipt) in ["t", "u"].enumerated() {
      let at = Self.made + 70 + Int64(number) * 10
      story.tell(SessionStory.checkout(receipt), at: at)
      story.tell(.release(receipt: receipt, error: nil), at: at + 5)
    }
    #expect(story.record?.state == .dead)
    // The life that it was made with, and not what has become of it meanwhile.
    story.tell(.reopen, at: Self.made + 2000, by: nil)
    #expect(story.record?.endAtMs == Self.made + 2000 + SessionStory.life)
  }

  @Test("counts each end once, however it comes about")
  func facts() throws {
    func events(_ story: SessionStory) -> [FlowFact.Event] {
      story.record?.facts.recent.map(\.event) ?? []
    }
    func ends(_ story: SessionStory) -> Int64 {
      events(story).reduce(0) { $0 + FlowFact($1, at: 0).live }
    }
    var story = try SessionStory.finished(maxAttempts: 1)
    #expect(
      events(story) == [
        .created, .entered("name"), .done("name", ms: 10), .entered("size"), .done("size", ms: 0),
        .entered("review"), .done("review", ms: 0),
      ])
    #expect(ends(story) == 1)
    story.tell(SessionStory.complete("review"), at: Self.made + 15)
    #expect(events(story).count == 7)
    story.tell(SessionStory.checkout("r"), at: Self.made + 20)
    var late = story
    // Its lease is over, and nobody was told so: it ends as it should have.
    late.tell(SessionStory.commit("r"), at: Self.made + 20 + SessionStory.lease)
    #expect(late.last?.noticed == nil && events(late).last == .completed && ends(late) == 0)
    story.tell(.settle, at: Self.made + 20 + SessionStory.lease, by: nil)
    #expect(events(story).last == .dead && ends(story) == 0)
    var deleted = story
    deleted.tell(.delete, at: Self.made + 600)
    #expect(events(deleted).last == .dead && ends(deleted) == 0)
    var committed = story
    committed.tell(SessionStory.commit("r"), at: Self.made + 600)
    #expect(Array(events(committed).suffix(2)) == [.reopened, .completed] && ends(committed) == 0)
    story.tell(.reopen, at: Self.made + 600, by: nil)
    #expect(ends(story) == 1)
    story.tell(.read(whole: false), at: Self.made + 600 + SessionStory.idle)
    #expect(events(story).last == .abandoned("review") && ends(story) == 0)
  }

  @Test("that was changed after a lease was over is not committed by that lease")
  func changedMeanwhile() throws {
    var story = try SessionStory.finished()
    story.tell(SessionStory.checkout("r"), at: Self.made + 20)
    story.tell(SessionStory.patch(#"{"name":"Bob"}"#), at: Self.made + 20 + SessionStory.lease)
    story.tell(SessionStory.commit("r"), at: Self.made + 600)
    #expect(story.refusal?.reason == .leaseLost && story.record?.state == .open)
  }

  // MARK: Another id

  @Test("goes on under another name, and the old one is over only if it has not changed")
  func rotation() throws {
    var old = try SessionStory.finished()
    let seen = try #require(old.record)
    var next = SessionStory.nothing
    next.tell(SessionStory.succeed(seen, principal: "user_2"), by: nil)
    #expect(next.record?.isFresh == true && next.record?.principal == "user_2")
    #expect(next.record?.content == seen.content && next.record?.way == seen.way)
    #expect(next.record?.endAtMs == seen.endAtMs)
    old.tell(SessionStory.patch(#"{"late":1}"#), at: Self.made + 20)
    old.tell(SessionStory.retire(seen), at: Self.made + 30)
    #expect(old.refusal == .movedSession && old.last?.isPassing == true)
    #expect(old.record?.state == .open)
    // Made again, of what the old one is by now.
    let now = try #require(old.record)
    next.tell(SessionStory.succeed(now, principal: "user_2"), by: nil)
    #expect(next.text?.contains("late") == true)
    old.tell(SessionStory.retire(now), at: Self.made + 40)
    #expect(old.refusal == nil && old.record?.state == .rotated)
    // Again, as its answer may be lost: in favour of the same one, and of no other.
    old.tell(SessionStory.retire(now), at: Self.made + 50)
    #expect(old.refusal == nil && old.last?.change == nil)
    old.tell(SessionStory.retire(now, successor: "another"), at: Self.made + 50)
    #expect(old.refusal == .rotatedSession)
    next.tell(.confirm, by: nil)
    #expect(next.record?.isFresh == false)
    // It is somebody's now.
    next.tell(SessionStory.succeed(now), by: nil)
    #expect(next.refusal?.reason == .conflict)
  }

  @Test("is not ended in favour of one that was made too long ago")
  func lateRotation() throws {
    var old = try SessionStory.finished()
    let seen = try #require(old.record)
    old.tell(SessionStory.retire(seen, beforeMs: Self.made + 30), at: Self.made + 30)
    #expect(old.refusal == .movedSession && old.record?.state == .open)
    old.tell(SessionStory.retire(seen, beforeMs: Self.made + 31), at: Self.made + 30)
    #expect(old.record?.state == .rotated)
    // Nor does the store do it later.
    #expect(old.last?.staleAtMs == Self.made + 31)
  }

  @Test(
    "is somebody's or nobody's, as the one in whose place it was made turns out",
    arguments: [SessionRecord.Origin.over, .standing])
  func origin(found: SessionRecord.Origin) throws {
    let other = try #require(try SessionStory.finished().record)
    var next = SessionStory.nothing
    next.tell(SessionStory.succeed(other), at: Self.made, by: nil)
    let look = try #require(next.record?.nextLookMs)
    #expect(look == min(other.expiresAtMs, Self.made + 120_000))
    // Until then nobody needs to know, but who lists it.
    next.tell(.settle, at: look - 1, by: nil)
    #expect(next.last?.need == nil && next.last?.change == nil)
    next.tell(.show, at: look - 1, by: nil)
    #expect(next.last?.need != nil)
    next.tell(.show, at: look - 1, by: nil, origin: found)
    #expect(next.last?.change == nil)
    #expect(next.refusal == (found == .over ? nil : .noSession))
    next.tell(.delete, at: look, by: nil)
    #expect(next.last?.need != nil)
    next.tell(.settle, at: look, by: nil)
    #expect(next.last?.need != nil)
    next.tell(.settle, at: look, by: nil, origin: found)
    #expect(next.record?.isFresh == false)
    guard found == .standing else {
      #expect(next.record?.state == .expired && next.last?.noticed == .expired)
      return
    }
    #expect(next.record?.state == .deleted && next.last?.noticed == nil)
    #expect(next.record?.facts.recent.isEmpty == true)
    #expect(next.record?.content == SessionContent.none)
  }

  @Test("is taken back in silence when the other goes on, unless somebody has had it")
  func discarded() throws {
    let other = try #require(try SessionStory.finished().record)
    for isUsed in [false, true] {
      var next = SessionStory.nothing
      next.tell(SessionStory.succeed(other), by: nil)
      if isUsed { next.tell(.touch, at: Self.made + 20) }
      next.tell(.discard, at: Self.made + 30, by: nil)
      #expect(next.record?.state == (isUsed ? .open : .deleted))
      #expect(next.record?.facts.recent.isEmpty == true)
    }
  }

  @Test("ends in silence when it was made in another's place and nobody has had it")
  func silence() throws {
    let other = try #require(try SessionStory.finished().record)
    for isUsed in [false, true] {
      var next = SessionStory.nothing
      next.tell(SessionStory.succeed(other), by: nil)
      if isUsed { next.tell(.touch, at: Self.made + 20) }
      next.tell(.settle, at: Self.made + 5000, by: nil, origin: .standing)
      #expect(next.record?.state == (isUsed ? .expired : .deleted))
      #expect(next.last?.noticed == (isUsed ? .expired : nil))
    }
  }

  // MARK: Its flow's definition

  @Test("has its flow's definition held before it may outlive what it was given")
  func held() throws {
    // The last attempt: it may be dead for a while, and be opened again.
    var story = try SessionStory.finished(maxAttempts: 1)
    for touch in 1...6 { story.tell(.touch, at: Self.made + 1500 * Int64(touch)) }
    let late = Self.made + 9010
    let before = story.record
    story.tell(SessionStory.checkout("r"), at: late, held: 0)
    guard case .unheld(let mark, let until) = story.last?.outcome else {
      Issue.record("\(String(describing: story.last?.outcome))")
      return
    }
    #expect(mark == story.record?.flow && story.last?.isPassing == true)
    #expect(story.record == before)
    #expect(until > late + SessionStory.lease + SessionStory.kept.deadMs)
    story.tell(SessionStory.checkout("r"), at: late, held: until)
    #expect(story.record?.state == .leased && story.record?.heldUntilMs == until)
    // Who has it may do it again.
    story.tell(SessionStory.checkout("r"), at: late + 10, held: 0)
    #expect(story.scene != nil)
    story.tell(.settle, at: late + SessionStory.lease, by: nil, held: 0)
    #expect(story.record?.state == .dead)
    #expect(try #require(story.record?.keptUntilMs) < until + FlowRecord.slackMs)
    // Opened again it lives as long as it did.
    story.tell(.reopen, at: until - 1, by: nil, held: 0)
    guard case .unheld(_, let again) = story.last?.outcome else {
      Issue.record("\(String(describing: story.last?.outcome))")
      return
    }
    #expect(again > until - 1 + SessionStory.idle)
    story.tell(.reopen, at: until - 1, by: nil, held: again)
    #expect(story.record?.state == .open)
  }

  @Test("needs nothing held as long as it lives no longer than it was given")
  func unheld() throws {
    var story = try SessionStory.finished(maxAttempts: 2)
    story.tell(SessionStory.checkout("r"), at: Self.made + 20, held: 0)
    #expect(story.record?.state == .leased && story.record?.heldUntilMs == 0)
    var free = SessionStory(maxAttempts: 1)
    free.tell(SessionStory.checkout("r"), at: Self.made + 20, held: 0)
    #expect(free.record?.state == .leased)
  }
}
