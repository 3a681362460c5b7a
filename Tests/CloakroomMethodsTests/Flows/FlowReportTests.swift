import CloakroomCore
import NIOCore
import Testing

@testable import CloakroomMethods
@testable import CloakroomStore

@Suite("A flow's numbers", .timeLimit(.minutes(1)))
struct FlowReportTests {
  private static let counts: [String: Int64] = [
    "1|created": 10, "2|created": 5, "1|completed": 3, "1|deleted": 1, "1|dead": 2, "1|reopened": 1,
    "1|entered|a": 10, "1|done|a": 7, "1|abandoned|a": 3, "2|abandoned|": 1, "2|entered|b": 2,
    "1|time|a|\(DurationBucket(ms: 1000).number)": 6,
    "1|time|a|\(DurationBucket(ms: 60_000).number)": 1,
    "1|error|a|required": 2, "2|error|a|type": 2, "1|error|a|minLength": 9, "nonsense": 5,
  ]

  @Test("are those of all versions, or of one")
  func versions() {
    let all = FlowReport(Self.counts, version: nil)
    #expect(all.created == 15 && all.completed == 3 && all.deleted == 1 && all.dead == 1)
    #expect(all.abandoned == 4)
    #expect(all.versions == [1, 2])
    let second = FlowReport(Self.counts, version: 2)
    #expect(second.created == 5 && second.abandoned == 1 && second.completed == 0)
    #expect(second.steps["b"]?.entered == 2)
    #expect(FlowReport(Self.counts, version: 3) == FlowReport([:], version: nil))
  }

  @Test("have the steps in the flow's order, and those that it doesn't have any more behind them")
  func order() {
    let report = FlowReport(Self.counts, version: nil)
    #expect(report.order(["c", "b"]) == ["c", "b", "a"])
  }

  @Test("are written with times and with the most frequent error first")
  func text() {
    var text = ByteBuffer()
    FlowReport(Self.counts, version: nil).write(order: ["a", "c"], into: &text)
    let (median, p90) = (
      DurationBucket(ms: 1000).middleMs, DurationBucket(ms: 60_000).middleMs
    )
    #expect(
      String(buffer: text) == #"""
        ,"created":15,"completed":3,"deleted":1,"dead":1,"abandoned":4,"steps":[\#
        {"id":"a","entered":10,"completed":7,"abandoned":3,"medianMs":\#(median),\#
        "p90Ms":\#(p90),"errors":[{"keyword":"minLength","count":9},\#
        {"keyword":"required","count":2},{"keyword":"type","count":2}]},\#
        {"id":"c","entered":0,"completed":0,"abandoned":0,"medianMs":null,"p90Ms":null,"errors":[]}]
        """#)
  }

  @Test("are of whole hours, as far back as they are kept")
  func hours() throws {
    let hour = FlowStatistics.hourMs
    let now = 500_000 * hour + 7
    #expect(try FlowStatsMethods.hours(from: nil, to: nil, now: now) == 497_840..<500_001)
    #expect(
      try FlowStatsMethods.hours(from: now - 1, to: now + 1, now: now) == 500_000..<500_001)
    #expect(
      try FlowStatsMethods.hours(from: 499_990 * hour, to: 499_995 * hour + 5, now: now)
        == 499_990..<499_996)
    #expect(try FlowStatsMethods.hours(from: 0, to: 1, now: now).isEmpty)
    #expect(try FlowStatsMethods.hours(from: now + 5 * hour, to: now + 9 * hour, now: now).isEmpty)
    #expect(throws: RPCError.self) {
      try FlowStatsMethods.hours(from: now, to: now - 1, now: now)
    }
  }

  @Test("take moments as RFC 3339 writes them")
  func parameters() throws {
    let caller = Caller()
    for params in [
      #"{"name":"f"}"#, #"{"name":"f","version":3,"from":"2026-11-01T00:00:00Z","to":null}"#,
    ] {
      #expect(try caller.begin("flow.stats", params).steps == ["a procedure"])
    }
    for params in [
      #"{}"#, #"{"name":""}"#, #"{"name":"a b"}"#, #"{"name":"f","version":0}"#,
      #"{"name":"f","version":"1"}"#, #"{"name":"f","from":"yesterday"}"#,
      #"{"name":"f","to":1764000000}"#, #"{"name":"f","from":"1960-01-01T00:00:00Z"}"#,
    ] {
      #expect(caller.refusal("flow.stats", params)?.reason == .invalidParams, "\(params)")
    }
  }

  @Test("name the keyword of a violation, wherever in a schema it stands")
  func keywords() {
    func error(_ places: [String]) -> RPCError {
      RPCError(
        .validationFailed, "",
        details: [.list("violations", places.map { [.text("keyword", $0)] })])
    }
    #expect(
      error([
        "/required", "/properties/type/minLength", "/allOf/0/required", "/properties/secret",
        "/$defs/a/anyOf/1/not", "",
      ]).violatedKeywords == ["required", "minLength", "false", "not"])
    #expect(RPCError(.validationFailed, "").violatedKeywords == [])
  }
}
