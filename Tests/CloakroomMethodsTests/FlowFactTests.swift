import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomStore

@Suite("Facts about a session", .timeLimit(.minutes(1)))
struct FlowFactTests {
  private static let start: Int64 = 1_764_000_000_000

  private static let events: [FlowFact.Event] = [
    .created, .entered("basics"), .entered("a.b-c_D9"), .done("basics", ms: 0),
    .done("basics", ms: 9_000_000_000), .completed, .deleted, .abandoned("basics"), .abandoned(nil),
    .dead, .reopened, .entered("what; else: 100 % {x}|\n"), .done(":;%3B", ms: 7),
  ]

  @Test("are the same again when they are read", arguments: events)
  func text(event: FlowFact.Event) {
    let fact = FlowFact(event, at: Self.start)
    #expect(fact.hour == 490_000)
    #expect(FlowFact(fact.text) == fact)
    #expect(!fact.text.contains(";"))
    var facts = FlowFacts()
    for _ in 0..<3 { facts.append(event, at: Self.start) }
    #expect(facts.text.map { FlowFacts($0) } == facts)
  }

  @Test("keep their numbers, and the latest of them", arguments: [1, 63, 64, 65, 1000])
  func limit(count: Int) throws {
    var facts = FlowFacts()
    #expect(facts.text == nil && facts.last == 0 && facts.first == 1)
    for number in 1...count { facts.append(.done("a", ms: Int64(number)), at: Self.start) }
    facts = FlowFacts(try #require(facts.text))
    #expect(facts.last == Int64(count))
    #expect(facts.recent.count == min(count, FlowFacts.limit))
    #expect(facts.first == Int64(max(1, count - FlowFacts.limit + 1)))
    #expect(facts.recent.last?.event == .done("a", ms: Int64(count)))
    #expect(facts.recent.first?.event == .done("a", ms: facts.first))
    let later = facts.later(than: facts.last - 1)
    #expect(later.recent.count == 1 && later.first == facts.last)
    #expect(facts.later(than: 0) == facts)
    #expect(facts.later(than: facts.last).recent.isEmpty)
    #expect(facts.later(than: facts.last + 5).recent.isEmpty)
  }

  @Test(
    "that can't be read are none",
    arguments: [
      "", ";", "1", "0;490000c", "x;490000c", "-1;490000c", "1;", "1;490000", "1;c",
      "1;490000z", "1;490000d", "1;490000da:x", "1;490000da", "1;490000c;?", "٣;490000c",
    ])
  func broken(text: String) {
    #expect(FlowFacts(text).recent.isEmpty)
    #expect(FlowFacts(text).last == 0)
  }

  @Test("count durations within 5 %")
  func buckets() {
    for ms in (2...2000).map(Int64.init) + [10_000, 86_400_000, 31_536_000_000] {
      let told = DurationBucket(ms: ms).middleMs
      // Told in whole milliseconds.
      #expect(abs(Double(told - ms)) <= 0.05 * Double(ms) + 0.5, "\(ms) \(told)")
    }
    #expect(DurationBucket(ms: -5).number == 0)
    #expect(DurationBucket(ms: 0).middleMs == 1)
    #expect(DurationBucket(ms: .max).number == DurationBucket.last)
    #expect(DurationBucket(number: DurationBucket.last + 1) == nil)
    #expect(DurationBucket(number: -1) == nil)
  }

  @Test("have the median and other parts that their times have")
  func quantiles() throws {
    #expect(DurationBucket.quantile(0.5, of: [:]) == nil)
    var counts: [DurationBucket: Int64] = [:]
    for ms in 1...999 { counts[DurationBucket(ms: Int64(ms)), default: 0] += 1 }
    let parts: [(Double, Double)] = [(0.5, 500), (0.9, 900), (1, 999), (0, 1)]
    for (part, ms) in parts {
      let told = try #require(DurationBucket.quantile(part, of: counts)).middleMs
      #expect(abs(Double(told) - ms) <= 0.05 * ms + 0.5)
    }
  }

  @Test("are read out of the names that they are counted under")
  func fields() {
    let step = "a|b:%"
    let fields: [CountField] = [
      .created, .completed, .deleted, .dead, .reopened, .entered(step), .done(step),
      .abandoned(step), .abandoned(""), .time(step, bucket: DurationBucket(ms: 1000)),
      .error(step, keyword: "minLength"),
    ]
    for field in fields {
      let read = CountField.read(field.text(12))
      #expect(read?.version == 12)
      #expect(read?.field == field)
    }
    for text in ["", "1", "x|created", "1|created|a", "1|time|a|9999", "1|entered", "1|else|a"] {
      #expect(CountField.read(text) == nil)
    }
  }

  @Test("of a session are counted where its flow is")
  func names() throws {
    let keySpace = KeySpace(prefix: "igniter:store", service: "api")
    let scope = [
      ScopeStep(key: "organization", id: "a:b"), ScopeStep(key: "session", id: "session"),
      ScopeStep(key: "user", id: "1"),
    ]
    // The name of a namespace is no scope's key.
    let allowed = [scope[0], scope[2]]
    for depth in 0...2 {
      for outward in 0...depth {
        var name = ByteBuffer()
        try keySpace.write(
          .session, scope: Array(allowed.prefix(depth)), key: "00ff".utf8.span.bytes, into: &name)
        let expected = try FlowStatistics(
          keySpace, scope: Array(allowed.prefix(depth - outward)), flow: "project")
        let statistics = FlowStatistics(
          ofSession: StoreKey(bytes: name), flow: "project", outward: outward)
        #expect(statistics == expected)
      }
    }
    let statistics = try FlowStatistics(keySpace, scope: [], flow: "p{r}:1")
    #expect(
      String(buffer: statistics.live.bytes)
        == "igniter:store:api:session:stats:{p%7Br%7D%3A1}:live")
    for name in ["", "session:1", "a:b:pending:1", ":session:1"] {
      let key = StoreKey(bytes: ByteBuffer(string: name))
      #expect(FlowStatistics(ofSession: key, flow: "f", outward: 3) == nil)
    }
  }
}
