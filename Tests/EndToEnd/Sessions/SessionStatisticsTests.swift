import Foundation
import Support
import Testing

/// Where people give up, as it is counted, logged and told.
@Suite("A flow's statistics", .timeLimit(.minutes(3)))
struct SessionStatisticsTests {
  /// What `flow.stats` tells of a step.
  private static func step(_ id: String, _ stats: Answer) -> [String: Any] {
    let steps = stats["steps"] as? [[String: Any]] ?? []
    return steps.first { $0["id"] as? String == id } ?? [:]
  }

  @Test(
    "add up to what was done, over all sidecars", arguments: SessionStage.Store.allCases)
  func funnel(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    try stage.define()
    let last = stage.daemons[stage.daemons.count - 1]
    // One is handed over, one deleted, one given up at its second step, one is there.
    let done = try stage.finished()
    let lease = try done.tab(last).call("checkout")
    let receipt = try #require(lease["receipt"] as? String, "\(lease)")
    #expect(try done.call("commit", #""receipt":"\#(receipt)","result":7"#).result != nil)
    let deleted = try stage.begin()
    #expect(try deleted.tab(last).call("delete")["deleted"] as? Bool == true)
    let left = try stage.begin(#""flow":"project","ttl":"1s""#)
    try left.complete("details", SessionStage.steps[0].patch)
    let here = try stage.begin()
    // What doesn't fit is counted by its keyword, twice.
    for _ in 0..<2 {
      let refused = try here.call("completeStep", #""step":"details","patch":{"budget":-1}"#)
      #expect(refused.reason == "VALIDATION_FAILED")
    }
    var stats = try stage.client.call("flow.stats", #"{"name":"project"}"#)
    try eventually("the end is counted", within: .seconds(30)) {
      stats = try last.client().call("flow.stats", #"{"name":"project"}"#)
      return stats["abandoned"] as? Int == 1
    }
    #expect(stats["created"] as? Int == 4)
    #expect(stats["completed"] as? Int == 1)
    #expect(stats["deleted"] as? Int == 1)
    #expect(stats["dead"] as? Int == 0)
    #expect(stats["live"] as? Int == 1)
    let steps = stats["steps"] as? [[String: Any]] ?? []
    #expect(
      steps.map { $0["id"] as? String } == ["details", "requirements", "sources", "review"])
    #expect(steps.map { $0["entered"] as? Int } == [4, 2, 1, 1])
    #expect(steps.map { $0["completed"] as? Int } == [2, 1, 1, 1])
    #expect(steps.map { $0["abandoned"] as? Int } == [0, 1, 0, 0])
    #expect(Self.step("details", stats)["medianMs"] is Int)
    let errors = Self.step("details", stats)["errors"] as? [[String: Any]] ?? []
    let counts = Dictionary(
      errors.map { ($0["keyword"] as? String ?? "", $0["count"] as? Int ?? 0) },
      uniquingKeysWith: +)
    #expect(counts == ["required": 2, "minimum": 2])
    // Another version has none of it, and neither has a time that is over.
    let other = try stage.client.call("flow.stats", #"{"name":"project","version":2}"#)
    #expect(other["created"] as? Int == 0 && other["live"] as? Int == 0)
    let early = try stage.client.call(
      "flow.stats", #"{"name":"project","to":"2020-01-01T00:00:00Z"}"#)
    #expect(early["created"] as? Int == 0)
    #expect(try stage.client.call("flow.stats", #"{"name":"nothing"}"#).reason == "NOT_FOUND")
  }

  @Test(
    "are in the metrics of the sidecar that has seen it", arguments: SessionStage.Store.allCases)
  func metrics(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define()
    let visitor = try stage.begin(#""flow":"project","ttl":"1s""#)
    _ = try visitor.call("completeStep", #""step":"details""#)
    try visitor.complete("details", SessionStage.steps[0].patch)
    func sum(_ name: String, _ labels: [String: String]) throws -> Int {
      Int(try stage.daemons[0].client().metrics().sum(name, labels))
    }
    try eventually("the end is counted", within: .seconds(30)) {
      try sum("flow_sessions_abandoned_total", ["flow": "project", "step": "requirements"]) == 1
    }
    #expect(try sum("flow_sessions_total", ["flow": "project", "event": "created"]) == 1)
    #expect(try sum("flow_sessions_total", ["flow": "project", "event": "expired"]) == 1)
    #expect(
      try sum("flow_step_refusals_total", ["flow": "project", "step": "details"]) == 1)
    #expect(try sum("session_events_total", ["event": "created"]) == 1)
    #expect(try sum("session_events_total", ["event": "step_completed"]) == 1)
    #expect(try sum("session_events_total", ["event": "expired"]) == 1)
    #expect(try sum("pending_operations_total", ["event": "expired"]) == 0)
  }

  @Test("have a line for each call and for the end, that a hash key joins over sidecars")
  func log() throws {
    let folder = try Folder()
    let path = folder.path + "/hash-key"
    let isMade = FileManager.default.createFile(
      atPath: path, contents: Data("00112233445566778899aabbccddeeff\n".utf8),
      attributes: [.posixPermissions: 0o600])
    #expect(isMade)
    let stage = try SessionStage(.redis, sidecars: 2, ["--set", "accessLog.hashKey=\(path)"])
    try stage.define()
    let visitor = try stage.begin(#""flow":"project","ttl":"1s""#)
    let tab = try visitor.tab(stage.daemons[1])
    _ = try tab.call("get")
    _ = try tab.call("completeStep", #""step":"details""#)
    try tab.complete("details", SessionStage.steps[0].patch)
    var lines: [[String: Any]] = []
    eventually("the end is logged", within: .seconds(30)) {
      lines = stage.logs.flatMap(\.entries).filter { $0["ns"] as? String == "session" }
      return lines.contains { $0["action"] as? String == "expire" }
    }
    let hashes = Set(lines.compactMap { $0["session"] as? String })
    #expect(hashes.count == 1 && hashes.first?.count == 16, "\(lines)")
    #expect(lines.allSatisfy { $0["session"] is String && $0["key"] == nil })
    let calls = lines.filter { $0["method"] != nil }
    #expect(
      calls.map { "\($0["action"] ?? "") \($0["step"] ?? "-") \($0["outcome"] ?? "")" }.sorted()
        == [
          "create details ok", "read - ok", "update details VALIDATION_FAILED",
          "update details ok",
        ])
    #expect(calls.allSatisfy { $0["us"] is Int && $0["time"] is String })
    let ends = lines.filter { $0["action"] as? String == "expire" }
    #expect(ends.count == 1)
    #expect(ends.first?["flow"] as? String == "project")
    #expect(ends.first?["step"] as? String == "requirements")
    let text = stage.logs.flatMap(\.lines).joined(separator: "\n")
    #expect(!text.contains(visitor.id) && !text.contains(visitor.ref))
  }
}
