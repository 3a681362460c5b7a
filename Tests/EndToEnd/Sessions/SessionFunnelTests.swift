import Support
import Testing

@Suite("The funnel of sessions", .timeLimit(.minutes(2)))
struct SessionFunnelTests {
  /// Each number of `flow.stats` by its name; a step's by `step.name`.
  private static func numbers(_ answer: Answer) -> [String: Int] {
    var numbers: [String: Int] = [:]
    for name in ["live", "created", "completed", "deleted", "dead", "abandoned"] {
      numbers[name] = answer[name] as? Int
    }
    for step in answer["steps"] as? [[String: Any]] ?? [] {
      guard let id = step["id"] as? String else { continue }
      for name in ["entered", "completed", "abandoned"] {
        numbers["\(id).\(name)"] = step[name] as? Int
      }
    }
    return numbers
  }

  @Test(
    "adds up to what people did, each end counted once over all sidecars",
    arguments: SessionStage.Store.allCases)
  func adds(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2, ["--set", "pending.maxAttempts=1"])
    try stage.define()
    // One goes on under another id, and goes back and forth.
    let first = try stage.begin()
    try first.complete("details", SessionStage.steps[0].patch)
    let id = try #require(try first.call("rotate")["sessionId"] as? String)
    let alive = SessionVisitor(id: id, ref: "", client: stage.client)
    _ = try alive.call("goTo", #""step":"details""#)
    _ = try alive.call("goTo", #""step":"requirements""#)
    // One is saved, once; one can't be; one is deleted; one is left alone.
    let saved = try stage.finished()
    let receipt = try #require(try saved.call("checkout")["receipt"] as? String)
    for _ in 0..<2 {
      #expect(try saved.call("commit", #""receipt":"\#(receipt)""#)["committed"] as? Bool == true)
    }
    let lost = try stage.finished()
    let held = try #require(try lost.call("checkout")["receipt"] as? String)
    #expect(try lost.call("release", #""receipt":"\#(held)""#)["state"] as? String == "dead")
    let deleted = try stage.begin()
    for _ in 0..<2 { try deleted.call("delete") }
    let left = try stage.begin(#""flow":"project","ttl":"400ms""#)
    try left.complete("details", SessionStage.steps[0].patch)
    let expected = [
      "created": 5, "live": 1, "completed": 1, "dead": 1, "deleted": 1, "abandoned": 1,
      "details.entered": 6, "details.completed": 4, "details.abandoned": 0,
      "requirements.entered": 5, "requirements.completed": 2, "requirements.abandoned": 1,
      "sources.entered": 2, "sources.completed": 2, "review.entered": 2, "review.completed": 2,
      "sources.abandoned": 0, "review.abandoned": 0,
    ]
    var numbers: [String: Int] = [:]
    try eventually("the numbers") {
      numbers = Self.numbers(try stage.client.call("flow.stats", #"{"name":"project"}"#))
      return numbers == expected
    }
    #expect(numbers == expected)
    #expect(try left.get().reason == "EXPIRED")
    let later = Self.numbers(try stage.client.call("flow.stats", #"{"name":"project"}"#))
    #expect(later == expected)
  }
}
