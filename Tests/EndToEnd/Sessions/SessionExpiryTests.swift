import Foundation
import Support
import Testing

@Suite("A session's end by itself", .timeLimit(.minutes(3)))
struct SessionExpiryTests {
  @Test(
    "is logged once by two sidecars, though nobody asks", arguments: SessionStage.Store.allCases)
  func once(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    try stage.define()
    let visitors = try (0..<20).map { _ in try stage.begin(#""flow":"project","ttl":"700ms""#) }
    func ends() -> [[String: Any]] {
      stage.logs.flatMap(\.entries).filter {
        $0["action"] as? String == "expire" && $0["method"] == nil
      }
    }
    eventually("all ends", within: .seconds(30)) { ends().count >= visitors.count }
    for visitor in visitors { #expect(try visitor.get().reason == "EXPIRED") }
    let more = becomesTrue(within: .milliseconds(700)) { ends().count != visitors.count }
    #expect(!more, "\(ends().count)")
    #expect(Set(ends().compactMap { $0["session"] as? String }).count == visitors.count)
    #expect(ends().allSatisfy { $0["ns"] as? String == "session" })
  }

  @Test(
    "comes when nobody has touched it for a while, and at the absolute end all the same",
    arguments: SessionStage.Store.allCases)
  func idle(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define(
      #"{"name":"brief","idleTtl":"600ms","absoluteTtl":"3s","steps":[{"id":"a"}]}"#)
    let idle = try stage.begin(#""flow":"brief""#)
    let busy = try stage.begin(#""flow":"brief""#)
    let begin = ContinuousClock.now
    let made = Date()
    var last = ""
    // As long as it is touched it goes on, and no longer than its absolute life.
    eventually("its end", within: .seconds(20)) {
      guard let answer = try? busy.call("touch") else { return false }
      if let end = answer["expiresAt"] as? String { last = max(last, end) }
      return answer.reason == "EXPIRED"
    }
    let lasted = begin.duration(to: .now)
    #expect(lasted >= .seconds(2.8) && lasted < .seconds(6), "\(lasted)")
    #expect(try idle.get().reason == "EXPIRED")
    // No touch has ever told a later end than the absolute one.
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    #expect(try format.parse(last).timeIntervalSince(made) <= 3.001)
  }

  @Test(
    "of one that got another id in between is logged for neither of the two but once",
    arguments: SessionStage.Store.allCases)
  func rotated(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    let visitor = try stage.begin(#""ttl":"800ms""#)
    let rotated = try visitor.call("rotate")
    let id = try #require(rotated["sessionId"] as? String)
    let new = SessionVisitor(id: id, ref: "", client: stage.client)
    try eventually { try new.get().reason == "EXPIRED" }
    let log = stage.logs[0]
    func ends() -> Int {
      log.entries.count { $0["action"] as? String == "expire" && $0["method"] == nil }
    }
    eventually { ends() == 1 }
    #expect(!becomesTrue(within: .milliseconds(400)) { ends() != 1 })
  }
}
