import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

/// The rules of a cache's key, as the pure function has them: no store, and times are numbers.
@Suite("What becomes of a cached value", .timeLimit(.minutes(1)))
struct CacheRecordTests {
  private static let start: Int64 = 1_000_000
  private static let life: Int64 = 10_000
  private static let grace: Int64 = 5000
  private static let mine = "a receipt of mine"
  private static let another = "another's receipt"

  /// A key of a cache with the tags of its service, and what happens to it.
  private struct Story {
    var record: CacheRecord?
    var last: Transition<CacheRecord>?
    /// The tags as the store has them, and its counter.
    var states: [String: CacheTagState] = [:]
    var number: Int64 = 1

    /// Lets something happen, with whatever has to be read first.
    @discardableResult
    mutating func tell(_ step: CacheStep, at now: Int64) throws -> CacheOutcome {
      var request = CacheRequest(step, CacheNames(KeySpace(prefix: "p", service: "s")))
      if let need = CacheRecord.beforehand(request) { request = try learn(need) }
      while true {
        let transition = CacheRecord.decide(record, request, at: now)
        if let need = transition.need {
          request = try learn(need)
          continue
        }
        // What is kept no longer is gone.
        record = (transition.change ?? record).flatMap { $0.keptUntilMs > now ? $0 : nil }
        last = transition
        return transition.outcome
      }
    }

    private mutating func learn(_ need: EventNeed<CacheRequest>) throws -> CacheRequest {
      func tag(_ key: StoreKey) -> String {
        String(String(buffer: key.bytes).dropFirst("p:$tags:{s}:cache:".count))
      }
      switch need.command {
      case .getMany(let keys):
        return try need.learn(.values(keys.map { states[tag($0)]?.text }))
      case .step(let step):
        let step = try #require(step as? KeepCacheTags)
        let kept = step.tags.map { key in
          let state = states[tag(key)] ?? CacheTagState(hard: number)
          states[tag(key)] = state
          return state
        }
        let reply = KeepCacheTags.Reply(number: number, states: kept)
        return try need.learn(.step(StepReply(reply, to: KeepCacheTags.self)))
      default:
        throw RPCError.unexpectedReply
      }
    }

    /// Invalidates a tag; its number is the time in microseconds.
    mutating func invalidate(_ tag: String, isSoft: Bool = false, at now: Int64) {
      number = max(number + 1, now * 1000)
      var state = states[tag] ?? CacheTagState(hard: number)
      if isSoft { state.soft = number } else { state.hard = number }
      states[tag] = state
    }

    /// What a caller gets who only looks.
    mutating func seen(at now: Int64) throws -> CacheFinding.Status? {
      guard case .found(let finding, nil) = try tell(.get(look(.none)), at: now) else { return nil }
      return finding.status
    }
  }

  private static func look(
    _ wish: CacheLook.Wish = .receipt(mine), tags: [String] = [], chance: Double = 0
  ) -> CacheLook {
    CacheLook(wish: wish, leaseMs: 1000, tags: tags, chance: { chance })
  }

  private static func fill(
    _ value: String = "1", grace: Int64 = 0, tookMs: Int64 = 0, isNegative: Bool = false,
    tags: [String] = [], lease: String? = nil
  ) -> CacheStep {
    .set(
      CacheFill(
        value: ByteBuffer(string: value), lifeMs: life, graceMs: grace, tookMs: tookMs,
        isNegative: isNegative, tags: tags, lease: lease.map { Receipt.digest(of: $0) }))
  }

  private static func found(
    _ status: CacheFinding.Status, _ value: String = "1", ageMs: Int64 = 0, lease: String? = nil
  ) -> CacheOutcome {
    let value = ByteBuffer(string: status == .miss ? "" : value)
    return .found(CacheFinding(status: status, value: value, ageMs: ageMs), lease: lease)
  }

  private static let stored = CacheOutcome.stored(expiresAtMs: start + life)

  // MARK: A value's time

  @Test(
    "is fresh, then stale for its grace, then gone",
    arguments: [
      (0, 0, CacheFinding.Status.hit), (life - 1, 0, .hit), (life, 0, .miss),
      (life - 1, grace, .hit), (life, grace, .stale), (life + grace - 1, grace, .stale),
      (life + grace, grace, .miss),
    ] as [(Int64, Int64, CacheFinding.Status)])
  func freshness(after age: Int64, grace: Int64, status: CacheFinding.Status) throws {
    var story = Story()
    #expect(try story.tell(Self.fill(grace: grace), at: Self.start) == Self.stored)
    #expect(story.record?.keptUntilMs == Self.start + Self.life + grace)
    #expect(
      try story.tell(.get(Self.look(.none)), at: Self.start + age)
        == Self.found(status, ageMs: status == .miss ? 0 : age))
    #expect(story.last?.change == nil)
  }

  @Test("that there is nothing is told as such, and no longer than it is fresh")
  func negative() throws {
    var story = Story()
    try story.tell(Self.fill("null", isNegative: true), at: Self.start)
    #expect(try story.seen(at: Self.start + 1) == .negative)
    #expect(try story.seen(at: Self.start + Self.life) == .miss)
  }

  // MARK: Leases

  @Test("is leased to one caller where there is none, and the others are told for how long")
  func oneLease() throws {
    var story = Story()
    #expect(
      try story.tell(.get(Self.look()), at: Self.start) == Self.found(.miss, lease: Self.mine))
    #expect(
      try story.tell(.get(Self.look(.receipt(Self.another))), at: Self.start + 400)
        == .busy(restMs: 600))
    #expect(try story.tell(.get(Self.look(.none)), at: Self.start + 400) == .busy(restMs: 600))
    #expect(
      try story.tell(.get(Self.look()), at: Self.start + 500)
        == Self.found(.miss, lease: Self.mine),
      "a call that is repeated is answered alike")
    #expect(story.last?.change == nil)
    #expect(
      try story.tell(.get(Self.look(.receipt(Self.another))), at: Self.start + 1000)
        == Self.found(.miss, lease: Self.another), "the next gets it when the filler has died")
    #expect(
      try story.tell(Self.fill(lease: Self.mine), at: Self.start + 1001) == .lost,
      "the next one has it now")
    #expect(
      try story.tell(Self.fill(lease: Self.another), at: Self.start + 1002)
        == .stored(expiresAtMs: Self.start + 1002 + Self.life))
    #expect(story.last?.announces == true)
  }

  @Test("makes a receipt only for the caller who is leased it")
  func newReceipt() throws {
    var story = Story()
    guard
      case .found(.nothing, let lease?) = try story.tell(.get(Self.look(.new)), at: Self.start)
    else {
      Issue.record("there is no lease")
      return
    }
    #expect(lease.hasPrefix("ckr_"))
    #expect(try story.tell(Self.fill(lease: lease), at: Self.start) == Self.stored)
  }

  @Test("is taken from a filler whose lease is over, as long as nobody else has had it")
  func lateFill() throws {
    var story = Story()
    try story.tell(.get(Self.look()), at: Self.start)
    #expect(
      try story.tell(Self.fill(lease: Self.mine), at: Self.start + 5000)
        == .stored(expiresAtMs: Self.start + 5000 + Self.life))
    story = Story()
    try story.tell(.get(Self.look()), at: Self.start)
    let forgotten = try #require(story.record?.keptUntilMs)
    #expect(forgotten == Self.start + 1000 + CacheRecord.leaseSlackMs)
  }

  @Test("is leased when it is stale, and given to all within its grace")
  func stale() throws {
    var story = Story()
    try story.tell(Self.fill(grace: Self.grace), at: Self.start)
    let now = Self.start + Self.life
    #expect(
      try story.tell(.get(Self.look()), at: now)
        == Self.found(.stale, ageMs: Self.life, lease: Self.mine))
    #expect(
      try story.tell(.get(Self.look(.receipt(Self.another))), at: now)
        == Self.found(.stale, ageMs: Self.life))
    #expect(
      try story.tell(Self.fill("2", lease: Self.mine), at: now)
        == .stored(expiresAtMs: now + Self.life))
    #expect(try story.tell(.get(Self.look()), at: now) == Self.found(.hit, "2"))
  }

  @Test("is opened to the next when the lease is given back, and only by its holder")
  func release() throws {
    var story = Story()
    try story.tell(.get(Self.look()), at: Self.start)
    let mine = Receipt.digest(of: Self.mine)
    #expect(try story.tell(.release(lease: "no digest"), at: Self.start) == .released(false))
    #expect(story.record?.lease != nil && story.last?.announces == false)
    #expect(try story.tell(.release(lease: mine), at: Self.start) == .released(true))
    #expect(story.record == nil && story.last?.announces == true)
    #expect(try story.tell(.release(lease: mine), at: Self.start) == .released(false))
    try story.tell(Self.fill(grace: Self.grace), at: Self.start)
    try story.tell(.get(Self.look()), at: Self.start + Self.life)
    #expect(try story.tell(.release(lease: mine), at: Self.start + Self.life) == .released(true))
    #expect(try story.seen(at: Self.start + Self.life) == .stale, "the value stays")
  }

  @Test(
    "is leased early by chance, and the sooner the longer it takes to make",
    arguments: [
      (100, 9899, 1.0, false), (100, 9900, 1.0, true), (1000, 9000, 1.0, true),
      (1000, 8000, 1.9, false), (1000, 8000, 2.0, true), (0, 9999, 99.0, false),
    ] as [(Int64, Int64, Double, Bool)])
  func early(tookMs: Int64, age: Int64, chance: Double, isLeased: Bool) throws {
    var story = Story()
    try story.tell(Self.fill(tookMs: tookMs), at: Self.start)
    let now = Self.start + age
    #expect(
      try story.tell(.get(Self.look(chance: chance)), at: now)
        == Self.found(.hit, ageMs: age, lease: isLeased ? Self.mine : nil))
    #expect(
      try story.tell(.get(Self.look(.receipt(Self.another), chance: 99)), at: now)
        == Self.found(.hit, ageMs: age, lease: !isLeased && tookMs > 0 ? Self.another : nil),
      "one at a time makes it early")
    #expect(
      try story.tell(.get(Self.look(.none, chance: 99)), at: now) == Self.found(.hit, ageMs: age))
  }

  // MARK: Writing over

  @Test(
    "is not written by a slow reader over what was set since, or invalidated",
    arguments: [false, true])
  func slowReader(hasGrace: Bool) throws {
    let grace = hasGrace ? Self.grace : 0
    let voiding: [CacheStep] = [
      Self.fill("new", grace: grace), .invalidate(isSoft: false), .invalidate(isSoft: true),
    ]
    for step in voiding {
      var story = Story()
      try story.tell(Self.fill("old", grace: Self.grace), at: Self.start)
      try story.tell(.get(Self.look()), at: Self.start + Self.life)
      #expect(story.record?.lease != nil)
      try story.tell(step, at: Self.start + Self.life)
      #expect(story.last?.announces == true)
      let before = story.record
      #expect(
        try story.tell(Self.fill("stale", lease: Self.mine), at: Self.start + Self.life) == .lost)
      #expect(story.record == before)
    }
  }

  // MARK: Keys

  @Test("is void by its key, grace or not")
  func hard() throws {
    var story = Story()
    #expect(try story.tell(.invalidate(isSoft: false), at: Self.start) == .invalidated)
    #expect(story.last?.change == nil)
    try story.tell(Self.fill(grace: Self.grace), at: Self.start)
    #expect(try story.tell(.invalidate(isSoft: false), at: Self.start + 1) == .invalidated)
    #expect(story.record == nil)
    #expect(try story.seen(at: Self.start + 1) == .miss)
  }

  @Test("is stale by its key, and its grace counts from then")
  func soft() throws {
    var story = Story()
    try story.tell(Self.fill(grace: Self.grace), at: Self.start)
    try story.tell(.invalidate(isSoft: true), at: Self.start + 100)
    #expect(try story.seen(at: Self.start + 100) == .stale)
    #expect(try story.seen(at: Self.start + 99 + Self.grace) == .stale)
    #expect(try story.seen(at: Self.start + 100 + Self.grace) == .miss)
    // Nothing to give: it is gone.
    try story.tell(Self.fill(), at: Self.start)
    try story.tell(.invalidate(isSoft: true), at: Self.start + 100)
    #expect(story.record == nil)
  }

  @Test("has no longer a grace for being invalidated when it is stale already")
  func softWhenStale() throws {
    var story = Story()
    try story.tell(Self.fill(grace: Self.grace), at: Self.start)
    let end = Self.start + Self.life + Self.grace
    try story.tell(.invalidate(isSoft: true), at: end - 10)
    #expect(try story.seen(at: end - 1) == .stale)
    #expect(try story.seen(at: end) == .miss)
  }

  // MARK: Tags

  @Test("is void by any of its tags, grace or not, and by no other", arguments: ["a", "b", "c"])
  func hardTag(tag: String) throws {
    var story = Story()
    try story.tell(Self.fill(grace: Self.grace, tags: ["a", "b"]), at: Self.start)
    story.invalidate(tag, at: Self.start + 10)
    #expect(try story.seen(at: Self.start + 20) == (tag == "c" ? .hit : .miss))
    #expect(try story.seen(at: Self.start + Self.life) == (tag == "c" ? .stale : .miss))
    try story.tell(Self.fill(tags: ["a", "b"]), at: Self.start + 30)
    #expect(try story.seen(at: Self.start + 30) == .hit)
  }

  @Test("is void when the store has lost one of its tags")
  func lostTag() throws {
    var story = Story()
    try story.tell(Self.fill(grace: Self.grace, tags: ["a"]), at: Self.start)
    story.states["a"] = nil
    #expect(try story.seen(at: Self.start) == .miss)
    // Made anew, it takes nothing that was there before for good.
    story.number += 1
    try story.tell(.get(Self.look(tags: ["a"])), at: Self.start)
    #expect(story.states["a"] != nil)
    #expect(try story.tell(.get(Self.look(.none)), at: Self.start) == .busy(restMs: 1000))
  }

  @Test("is stale by a tag, and its grace counts from then")
  func softTag() throws {
    var story = Story()
    try story.tell(Self.fill(grace: Self.grace, tags: ["a"]), at: Self.start)
    story.invalidate("a", isSoft: true, at: Self.start + 100)
    #expect(try story.seen(at: Self.start + 100) == .stale)
    #expect(try story.seen(at: Self.start + 99 + Self.grace) == .stale)
    #expect(try story.seen(at: Self.start + 100 + Self.grace) == .miss)
    story.invalidate("a", at: Self.start + 200)
    #expect(try story.seen(at: Self.start + 200) == .miss)
    try story.tell(Self.fill(tags: ["a"]), at: Self.start + 300)
    story.invalidate("a", isSoft: true, at: Self.start + 400)
    #expect(try story.seen(at: Self.start + 400) == .miss, "without a grace")
  }

  @Test(
    "is not written when a tag was invalidated since the lease was given, named then or not",
    arguments: [true, false], [true, false])
  func voidLease(isNamed: Bool, isSoft: Bool) throws {
    var story = Story()
    story.states["a"] = CacheTagState(hard: 1)
    try story.tell(.get(Self.look(tags: isNamed ? ["a"] : [])), at: Self.start)
    story.invalidate("a", isSoft: isSoft, at: Self.start + 10)
    #expect(try story.tell(Self.fill(tags: ["a"], lease: Self.mine), at: Self.start + 20) == .lost)
    #expect(story.record == nil && story.last?.announces == true, "the next may make it")
  }

  @Test("is not waited for when its maker's lease was voided by a tag: another makes it at once")
  func voidLeaseIsFree() throws {
    var story = Story()
    try story.tell(.get(Self.look(tags: ["a"])), at: Self.start)
    story.invalidate("a", at: Self.start + 10)
    #expect(
      try story.tell(.get(Self.look(.receipt(Self.another), tags: ["a"])), at: Self.start + 20)
        == Self.found(.miss, lease: Self.another))
    #expect(try story.tell(Self.fill(tags: ["a"], lease: Self.mine), at: Self.start + 30) == .lost)
    #expect(
      try story.tell(Self.fill(tags: ["a"], lease: Self.another), at: Self.start + 40)
        == .stored(expiresAtMs: Self.start + 40 + Self.life))
    #expect(try story.seen(at: Self.start + 50) == .hit)
  }

  @Test("carries the number of when its lease was given, so that a tag raised meanwhile voids it")
  func numberOfLease() throws {
    var story = Story()
    story.number = 7
    story.states["a"] = CacheTagState(hard: 3)
    try story.tell(.get(Self.look()), at: Self.start)
    // Another tag of the service is invalidated: it is none of the value's.
    story.invalidate("b", at: Self.start + 1)
    #expect(
      try story.tell(Self.fill(tags: ["a"], lease: Self.mine), at: Self.start + 2)
        == .stored(expiresAtMs: Self.start + 2 + Self.life))
    #expect(story.record?.entry?.number == 7)
    try story.tell(Self.fill(tags: ["a"]), at: Self.start + 3)
    #expect(story.record?.entry?.number == (Self.start + 1) * 1000)
  }

  @Test("with a tag that nobody has used yet is written if nothing was invalidated meanwhile")
  func newTag() throws {
    for isQuiet in [true, false] {
      var story = Story()
      try story.tell(.get(Self.look()), at: Self.start)
      // What that was can't be known: the tag may be one that the store has lost.
      if !isQuiet { story.invalidate("b", at: Self.start + 1) }
      let outcome = try story.tell(Self.fill(tags: ["a"], lease: Self.mine), at: Self.start)
      #expect(outcome == (isQuiet ? Self.stored : .lost))
    }
  }

  // MARK: The store's form

  @Test("is read as it was written")
  func form() throws {
    var story = Story()
    try story.tell(
      Self.fill(#"{"a":[]}"#, grace: Self.grace, tookMs: 12, tags: ["a", "ü b"]), at: Self.start)
    try story.tell(.get(Self.look()), at: Self.start + Self.life)
    let record = try #require(story.record)
    #expect(record.lease?.tags == ["a", "ü b"])
    #expect(try CacheRecord(reading: record.record(RecordVersion(1))) == record)
    try story.tell(Self.fill("null", isNegative: true), at: Self.start)
    let negative = try #require(story.record)
    #expect(negative.entry?.isNegative == true)
    #expect(try CacheRecord(reading: negative.record(RecordVersion(2))) == negative)
    #expect(throws: RPCError.notARecord) {
      try CacheRecord(reading: ByteBuffer(string: "{\"v\":\"AAAAAAAAAAA\",\"kind\":\"pending\"}\n"))
    }
  }
}
