import Foundation
import Support
import Testing

/// What is wrong in seed 001's example code, shown absent one by one.
@Suite("The bugs of seed 001", .timeLimit(.minutes(3)))
struct SessionSeedBugTests {
  @Test(
    "a session knows its own id, and the store only a digest of it",
    arguments: SessionStage.Store.allCases)
  func ownID(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    let visitor = try stage.begin("")
    #expect(try visitor.get()["sessionId"] as? String == visitor.id)
    let form = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
    #expect(visitor.id.wholeMatch(of: form) != nil)
    // However it is written.
    let shouted = SessionVisitor(id: visitor.id.uppercased(), ref: "", client: stage.client)
    #expect(try shouted.get()["sessionId"] as? String == visitor.id)
    guard let redis = stage.redis else { return }
    let keys = try redis.command(["KEYS", "*"])
    #expect(keys.contains(visitor.ref) && !keys.contains(visitor.id))
    #expect(
      try !redis.command(["GET", "cloakroom:default:session:\(visitor.ref)"]).contains(visitor.id))
  }

  @Test(
    "an update loses no other's, and brings nothing back that was deleted",
    arguments: SessionStage.Store.allCases)
  func lostUpdates(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    let visitor = try stage.begin("")
    let clients = try (0..<20).map { try stage.daemons[$0 % stage.daemons.count].client() }
    for (number, client) in clients.enumerated() {
      let change =
        number == 10
        ? LineClient.request("session.delete", #"{"sessionId":"\#(visitor.id)"}"#)
        : LineClient.request(
          "session.update", #"{"sessionId":"\#(visitor.id)","patch":{"k\#(number)":1}}"#)
      try client.send(change)
    }
    for client in clients {
      let answer = Answer(try client.readLine())
      #expect(answer.result != nil || answer.reason == "DELETED", "\(answer)")
    }
    #expect(try visitor.get().reason == "DELETED")
    #expect(try visitor.update(#"{"a":1}"#).reason == "DELETED")
    #expect(try visitor.get().reason == "DELETED")
  }

  @Test("an update moves no end but the idle one, and expiresAt agrees with the store's own time")
  func slidingLife() throws {
    let stage = try SessionStage(.redis)
    try stage.define(
      #"{"name":"brief","idleTtl":"40s","absoluteTtl":"60s","steps":[{"id":"a"}]}"#)
    let redis = try #require(stage.redis)
    for (members, isIdle) in [(#""ttl":"50s""#, false), (#""flow":"brief""#, true)] {
      let visitor = try stage.begin(members)
      let first = try visitor.get()["expiresAt"] as? String
      let later = ContinuousClock.now + .milliseconds(20)
      eventually { ContinuousClock.now > later }
      try visitor.update(#"{"a":1}"#, #""touch":false"#)
      #expect(try visitor.get()["expiresAt"] as? String == first)
      try visitor.update(#"{"a":2}"#)
      let moved = try #require(try visitor.get()["expiresAt"] as? String)
      #expect((moved != first) == isIdle)
      // The tombstone is kept for a day behind the end.
      let end = try redis.command(["PEXPIRETIME", "cloakroom:default:session:\(visitor.ref)"])
      let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
      let shown = try format.parse(moved).timeIntervalSince1970
      let kept = try #require(Double(end.trimmingCharacters(in: .whitespacesAndNewlines)))
      #expect(abs(kept / 1000 - 86_400 - shown) < 0.002)
    }
  }

  @Test("members that a change doesn't name stay", arguments: SessionStage.Store.allCases)
  func absentMembers(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define()
    let visitor = try stage.begin()
    try visitor.complete("details", SessionStage.steps[0].patch)
    try visitor.update(#"{"budget":5}"#)
    let seen = try visitor.get()
    #expect(
      seen["data", "projectName"] as? String == "Harbour" && seen["data", "budget"] as? Int == 5)
    #expect(seen.completed == ["details"] && seen["currentStep"] as? String == "requirements")
    // To replace them all has to be asked for.
    _ = try visitor.call("update", #""data":{"budget":6}"#)
    #expect(try (visitor.get()["data"] as? [String: Any])?.count == 1)
    #expect(try visitor.call("update").reason == "INVALID_PARAMS")
    #expect(try visitor.call("update", #""data":1,"patch":2"#).reason == "INVALID_PARAMS")
  }

  @Test(
    "which steps are complete is never the client's word", arguments: SessionStage.Store.allCases)
  func believedSteps(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define()
    for method in ["create", "update", "completeStep", "goTo"] {
      let claim = #"{"completedSteps":["details"],"currentStep":"review"}"#
      #expect(try stage.client.call("session.\(method)", claim).reason == "INVALID_PARAMS")
    }
    let visitor = try stage.begin(
      #""flow":"project","data":{"completedSteps":["details","requirements"],"canSubmit":true}"#)
    #expect(try visitor.get().completed == [] && visitor.get().letters == "oooo")
    #expect(try visitor.call("checkout").reason == "INVALID_STEP")
  }

  @Test("validationStatus says how each step stands", arguments: SessionStage.Store.allCases)
  func validationStatus(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define()
    let visitor = try stage.begin()
    var expected = ["details": false, "requirements": false, "sources": false, "review": false]
    #expect(try visitor.get()["validationStatus"] as? [String: Bool] == expected)
    for step in SessionStage.steps {
      expected[step.id] = true
      let answer = try visitor.complete(step.id, step.patch)
      #expect(answer["validationStatus"] as? [String: Bool] == expected)
    }
    expected["sources"] = false
    let answer = try visitor.update(#"{"aiSourcing":1}"#)
    #expect(answer["validationStatus"] as? [String: Bool] == expected)
  }

  @Test("a session whose save has failed is all there", arguments: SessionStage.Store.allCases)
  func failedSave(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define()
    let visitor = try stage.finished()
    let before = try visitor.get()
    let receipt = try #require(try visitor.call("checkout")["receipt"] as? String)
    let released = try visitor.call("release", #""receipt":"\#(receipt)","error":"503""#)
    #expect(released["released"] as? Bool == true && released["attempts"] as? Int == 1)
    let after = try visitor.get()
    #expect(after["etag"] as? String == before["etag"] as? String && after.letters == "cccc")
    // The application has died: its lease ends by itself.
    #expect(try visitor.call("checkout", #""leaseTtl":"200ms""#)["attempt"] as? Int == 2)
    try eventually { try visitor.call("checkout")["attempt"] as? Int == 3 }
  }

  @Test(
    "a session that has expired is told from one that never was",
    arguments: SessionStage.Store.allCases)
  func expiredOrNot(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    let visitor = try stage.begin(#""ttl":"100ms""#)
    try eventually { try visitor.get().reason != nil }
    for _ in 0..<3 { #expect(try visitor.get().reason == "EXPIRED") }
    let nobody = SessionVisitor(
      id: "00000000-0000-4000-8000-000000000000", ref: "", client: stage.client)
    #expect(try nobody.get().reason == "NOT_FOUND")
  }

  @Test(
    "what has expired is not read, whenever somebody last looked for such",
    arguments: SessionStage.Store.allCases)
  func readAfterExpiry(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, ["--set", "pending.sweepInterval=1h"])
    let visitor = try stage.begin(#""ttl":"60ms","data":{"a":1}"#)
    let end = ContinuousClock.now + .milliseconds(70)
    eventually { ContinuousClock.now > end }
    #expect(try visitor.get().reason == "EXPIRED")
    #expect(try visitor.call("touch").reason == "EXPIRED")
  }
}
