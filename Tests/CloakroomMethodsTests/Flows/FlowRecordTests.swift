import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

/// The rules of a flow's definitions, as the pure function has them: no store, and times are numbers.
@Suite("What becomes of a flow's definitions", .timeLimit(.minutes(1)))
struct FlowRecordTests {
  private static let day: Int64 = 86_400_000
  /// How long a session on these definitions lives.
  private static let life: Int64 = 10_000

  /// A record, and what requests make of it.
  private struct Story {
    var record: FlowRecord?
    /// Whether the last request has changed it.
    var hasChanged = false

    @discardableResult
    mutating func tell(_ request: FlowRequest, at now: Int64) -> FlowOutcome {
      let transition = FlowRecord.decide(record, request, at: now)
      hasChanged = transition.change != nil
      record = transition.change ?? record
      return transition.outcome
    }

    /// Defines a flow of one step, and answers with its version; nil when it is refused.
    @discardableResult
    mutating func define(
      _ step: String, at now: Int64, life: Int64 = life, _ source: FlowRecord.Source = .call,
      longest: Int = 1 << 20, title: String = "-"
    ) throws -> Int64? {
      let flow = try Flow(
        #"{"absoluteTtl":"\#(life)ms","steps":[{"id":"\#(step)","title":"\#(title)"}]}"#)
      guard
        case .flow(let record) = tell(.define(FlowDraft(flow, source, longest: longest)), at: now)
      else { return nil }
      return record.version
    }

    /// The versions that are kept.
    var versions: [Int64] { record?.definitions.map(\.version) ?? [] }

    func digest(_ version: Int64) -> String {
      record?.definitions.first { $0.version == version }?.digest ?? ""
    }
  }

  @Test("The same definition again is the same version, and nothing is written")
  func same() throws {
    var story = Story()
    #expect(try story.define("a", at: 1) == 1)
    #expect(story.hasChanged)
    #expect(try story.define("a", at: 2) == 1)
    #expect(!story.hasChanged)
  }

  @Test("Another definition is the next version")
  func next() throws {
    var story = Story()
    #expect(try story.define("a", at: 1) == 1)
    #expect(try story.define("b", at: 2) == 2)
    #expect(try story.define("c", at: 3) == 3)
    #expect(story.versions == [1, 2, 3])
  }

  @Test("A definition that was there before becomes current again under its old number")
  func again() throws {
    var story = Story()
    try story.define("a", at: 1)
    try story.define("b", at: 2)
    #expect(try story.define("a", at: 3) == 1)
    #expect(story.record?.current?.untilMs == nil)
    #expect(try story.define("b", at: 4) == 2)
    #expect(try story.define("c", at: 5) == 3)
  }

  @Test("A definition is kept until the last session on it can have ended, and a day longer")
  func kept() throws {
    var story = Story()
    try story.define("a", at: 1000)
    try story.define("b", at: 2000)
    #expect(story.record?.definitions[0].untilMs == 2000 + Self.life + Self.day)
    try story.define("c", at: 2000 + Self.life + Self.day - 1)
    #expect(story.versions == [1, 2, 3])
    try story.define("d", at: 2000 + Self.life + Self.day)
    #expect(story.versions == [2, 3, 4])
  }

  @Test("A number is never given twice, though its definition is forgotten")
  func numbers() throws {
    var story = Story()
    try story.define("a", at: 0)
    try story.define("b", at: 0)
    #expect(try story.define("c", at: 10 * Self.day) == 3)
    #expect(try story.define("d", at: 20 * Self.day) == 4)
    #expect(story.versions == [3, 4])
    #expect(try story.define("a", at: 20 * Self.day) == 5)
  }

  @Test("A session that is to live longer has its definition kept longer")
  func raise() throws {
    var story = Story()
    try story.define("a", at: 0)
    let digest = story.digest(1)
    story.tell(.raise(digest: digest, lifeMs: 5 * Self.day), at: 0)
    #expect(story.hasChanged)
    story.tell(.raise(digest: digest, lifeMs: Self.day), at: 0)
    #expect(!story.hasChanged)
    try story.define("b", at: 1000)
    #expect(story.record?.definitions[0].untilMs == 1000 + 6 * Self.day)
  }

  @Test("A session that begins on a definition that has just been replaced has it kept as well")
  func raiseReplaced() throws {
    var story = Story()
    try story.define("a", at: 0)
    let digest = story.digest(1)
    try story.define("b", at: 1000)
    story.tell(.raise(digest: digest, lifeMs: 5 * Self.day), at: 2000)
    #expect(story.record?.definitions[0].untilMs == 2000 + 6 * Self.day)
    // A life that was known, of a session that begins later than all that were.
    story.tell(.raise(digest: digest, lifeMs: 5 * Self.day), at: 3000)
    #expect(story.record?.definitions[0].untilMs == 3000 + 6 * Self.day)
    #expect(
      story.tell(.raise(digest: "none", lifeMs: 1), at: 0) == .refused(.definitionGone))
  }

  @Test(
    "A flow without sessions is removed, and its definitions stay for those that began a moment ago"
  )
  func remove() throws {
    var story = Story()
    try story.define("a", at: 1000)
    let digest = story.digest(1)
    story.tell(.remove(live: 0), at: 2000)
    #expect(story.record?.state == .removed)
    #expect(story.tell(.read, at: 2000) == .refused(.noFlow))
    #expect(story.tell(.remove(live: 0), at: 2000) == .refused(.noFlow))
    guard case .definition(let found) = story.tell(.definition(digest: digest), at: 2000) else {
      Issue.record("gone")
      return
    }
    #expect(found.version == 1)
    #expect(story.record?.nextLookMs == 2000 + Self.life + Self.day)
  }

  @Test(
    "A definition is held for a session that is to outlive it, while it is current and afterwards",
    arguments: [true, false])
  func hold(isCurrent: Bool) throws {
    var story = Story()
    try story.define("a", at: 0)
    let digest = story.digest(1)
    if !isCurrent { try story.define("b", at: 500) }
    story.tell(.hold(digest: digest, untilMs: 9 * Self.day), at: 1000)
    #expect(story.hasChanged)
    story.tell(.hold(digest: digest, untilMs: 8 * Self.day), at: 1000)
    #expect(!story.hasChanged)
    if isCurrent { try story.define("b", at: 2000) }
    #expect(story.record?.definitions[0].untilMs == 10 * Self.day)
    try story.define("c", at: 10 * Self.day - 1)
    #expect(story.digest(1) == digest)
    // Who holds one has no other held.
    #expect(story.record?.definitions[1].untilMs == 10 * Self.day - 1 + Self.life + Self.day)
    try story.define("d", at: 10 * Self.day)
    #expect(!story.versions.contains(1))
    #expect(story.tell(.hold(digest: digest, untilMs: 1), at: 0) == .refused(.definitionGone))
  }

  @Test(
    "A definition of a flow that was removed is held as well",
    arguments: [true, false])
  func holdRemoved(isFirst: Bool) throws {
    var story = Story()
    try story.define("a", at: 0)
    let digest = story.digest(1)
    if !isFirst { story.tell(.remove(live: 0), at: 1000) }
    story.tell(.hold(digest: digest, untilMs: 9 * Self.day), at: 1000)
    if isFirst { story.tell(.remove(live: 0), at: 1000) }
    #expect(story.record?.definitions[0].untilMs == 10 * Self.day)
    #expect(story.record?.keptUntilMs == 100 * Self.day)
    story.tell(.settle, at: 10 * Self.day - 1)
    #expect(story.versions == [1])
  }

  @Test(
    "A flow that was removed loses its definitions, and keeps its numbers as long as they are counted by",
    arguments: [0, 5])
  func numbersOfRemoved(live: Int64) throws {
    var story = Story()
    try story.define("a", at: 0)
    try story.define("b", at: 0)
    story.tell(.remove(live: live), at: 0)
    let gone = Self.life + Self.day
    story.tell(.settle, at: gone - 1)
    #expect(story.versions == [1, 2] && !story.hasChanged)
    story.tell(.settle, at: gone)
    #expect(story.versions == [] && story.hasChanged)
    #expect(story.record?.state == .removed && story.record?.nextLookMs == nil)
    #expect(story.tell(.read, at: gone) == .refused(.noFlow))
    // Statistics of the last session that can have been on it are kept for 90 days.
    #expect(story.record?.keptUntilMs == gone + 90 * Self.day)
    #expect(try story.define("c", at: 60 * Self.day) == 3)
    #expect(try story.define("a", at: 60 * Self.day) == 4)
  }

  @Test(
    "A flow that has sessions, or may have some, is only closed to new ones",
    arguments: [5, nil] as [Int64?])
  func close(live: Int64?) throws {
    var story = Story()
    try story.define("a", at: 1000)
    story.tell(.remove(live: live), at: 2000)
    #expect(story.record?.state == .closed)
    guard case .flow(let read) = story.tell(.read, at: 2000) else {
      Issue.record("gone")
      return
    }
    #expect(read.current?.version == 1)
    // Not for ever: no session can be on it then, and a while later no statistics.
    let kept = 2000 + Self.life + Self.day + 90 * Self.day
    #expect(story.record?.keptUntilMs == kept)
    story.tell(.remove(live: live), at: 3000)
    #expect(!story.hasChanged)
    story.tell(.remove(live: 0), at: 4000)
    #expect(story.record?.state == .removed)
    #expect(story.record?.keptUntilMs == kept)
  }

  @Test("A flow that was closed or removed is open again when it is defined", arguments: [0, 5])
  func reopen(live: Int64) throws {
    var story = Story()
    try story.define("a", at: 1000)
    story.tell(.remove(live: live), at: 2000)
    #expect(try story.define("a", at: 3000) == 1)
    #expect(story.record?.state == .open)
    #expect(story.record?.current?.untilMs == nil)
    story.tell(.remove(live: live), at: 4000)
    #expect(try story.define("b", at: 5000) == 2)
  }

  @Test("Who defined it last is told, and makes no version")
  func source() throws {
    var story = Story()
    try story.define("a", at: 0)
    #expect(try story.define("a", at: 1, .file) == 1)
    #expect(story.hasChanged)
    #expect(story.record?.source == .file)
  }

  @Test("A flow that isn't there can't be read, removed or raised")
  func absent() {
    var story = Story()
    for request in [.read, .remove(live: 0), .raise(digest: "a", lifeMs: 1)] as [FlowRequest] {
      #expect(story.tell(request, at: 0) == .refused(.noFlow))
    }
  }

  @Test("Definitions have as much room as a record, and no more")
  func room() throws {
    var story = Story()
    let title = String(repeating: "a", count: 256)
    var defined = 0
    while try story.define("s\(defined)", at: 0, longest: 65_536, title: title) != nil {
      defined += 1
      try #require(defined < 1000)
    }
    #expect(defined > 20)
    let version = story.record?.version
    let outcome = story.tell(
      .define(
        FlowDraft(try Flow(steps: #"{"id":"x","title":"\#(title)"}"#), .call, longest: 65_536)),
      at: 0)
    #expect(outcome == .refused(.tooManyDefinitions(bytes: 65_536)))
    #expect(story.record?.version == version)
    // Once sessions can't be on the old ones any more there is room again.
    #expect(
      try story.define("y", at: Self.life + Self.day, longest: 65_536) == Int64(defined + 1))
    let record = try #require(story.record?.record(RecordVersion(1)))
    #expect(record.readableBytes <= 65_536)
  }

  @Test("At most 256 definitions are kept")
  func most() throws {
    var story = Story()
    for number in 0..<FlowRecord.mostDefinitions { try story.define("s\(number)", at: 0) }
    #expect(try story.define("more", at: 0) == nil)
    #expect(story.versions.count == 256)
  }

  @Test("A record is the same after it was written and read")
  func stored() throws {
    var story = Story()
    try story.define("a", at: 1000)
    try story.define("b", at: 2000, .file)
    story.tell(.hold(digest: story.digest(1), untilMs: 5000), at: 2500)
    story.tell(.remove(live: nil), at: 3000)
    let record = try #require(story.record)
    #expect(try FlowRecord(reading: record.record(RecordVersion(1))) == record)
  }

  @Test(
    "What is no flow's record is refused",
    arguments: [
      #"{"v":"00000000000","kind":"flow"}"# + "\n[]",
      #"{"v":"00000000000","kind":"flow","name":"a","state":"open","source":"call","version":1,"last":1,"kept":1}"#
        + "\n{}",
      #"{"v":"00000000000","kind":"flow","name":"a","state":"odd","source":"call","version":1,"last":1,"kept":1}"#
        + "\n[]",
      #"{"v":"00000000000","kind":"flow","name":"a","state":"open","source":"call","version":1,"last":1,"kept":1}"#
        + "\n[{\"version\":1}]",
    ])
  func foreign(text: String) {
    #expect(throws: RPCError.notARecord) { try FlowRecord(reading: ByteBuffer(string: text)) }
  }
}
