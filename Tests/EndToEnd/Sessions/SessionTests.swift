import Foundation
import Support
import Testing

/// The sentences of seed 001, each as a test.
@Suite("A wizard's session", .timeLimit(.minutes(3)))
struct SessionTests {
  @Test(
    "is recovered when the page is refreshed, with all that there was",
    arguments: SessionStage.Store.allCases)
  func refresh(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    try stage.define()
    let visitor = try stage.begin(
      #""flow":"project","principal":"user_1","metadata":{"userAgent":"Mozilla/5.0","ipAddress":"203.0.113.7","deviceInfo":"Linux"}"#
    )
    try visitor.complete("details", SessionStage.steps[0].patch)
    try visitor.update(#"{"documents":[{"format":"pd"}],"numberOfFloors":3}"#)
    // Another connection, and where there is one another sidecar: the browser has nothing but the id.
    let tab = try visitor.tab(stage.daemons[stage.daemons.count - 1])
    let seen = try tab.call("get", #""withMetadata":true"#)
    #expect(seen["sessionId"] as? String == visitor.id)
    #expect(seen["flow"] as? String == "project" && seen["version"] as? Int == 1)
    #expect(seen["currentStep"] as? String == "requirements" && seen.completed == ["details"])
    #expect(seen["data", "projectName"] as? String == "Harbour")
    #expect(seen["data", "numberOfFloors"] as? Int == 3)
    #expect((seen["data", "documents"] as? [Any])?.count == 1)
    let status = seen["validationStatus"] as? [String: Bool]
    #expect(status == ["details": true, "requirements": false, "sources": false, "review": false])
    #expect(seen["metadata", "userAgent"] as? String == "Mozilla/5.0")
    #expect(seen["metadata", "ipAddress"] as? String == "203.0.113.7")
    #expect(seen["metadata", "deviceInfo"] as? String == "Linux")
    #expect(seen["principal"] as? String == "user_1" && seen["canSubmit"] as? Bool == false)
    for name in ["createdAt", "lastActivity", "expiresAt", "etag"] { #expect(seen[name] is String) }
    #expect(seen.letters == "cooo")
    #expect(try tab.get()["metadata"] == nil)
  }

  @Test(
    "is saved with each step that is completed, and ends by default after 24 hours",
    arguments: SessionStage.Store.allCases)
  func autoSave(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define()
    let visitor = try stage.begin()
    var expected = ["requirements", "sources", "review", "review"]
    for step in SessionStage.steps {
      let answer = try visitor.complete(step.id, step.patch)
      #expect(answer["currentStep"] as? String == expected.removeFirst())
      #expect(try visitor.get()["etag"] as? String == answer["etag"] as? String)
    }
    let seen = try visitor.get()
    #expect(seen.letters == "cccc" && seen["canSubmit"] as? Bool == true)
    let life = try #require(Self.seconds(from: seen["createdAt"], to: seen["expiresAt"]))
    #expect(abs(life - 86_400) < 1)
  }

  private static func seconds(from start: Any?, to end: Any?) -> Double? {
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    guard let start = start as? String, let end = end as? String,
      let first = try? format.parse(start), let last = try? format.parse(end)
    else { return nil }
    return last.timeIntervalSince(first)
  }

  @Test(
    "lets one go back and forth, and loses nothing that was typed",
    arguments: SessionStage.Store.allCases)
  func navigation(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define()
    let visitor = try stage.begin()
    for step in SessionStage.steps.prefix(2) { try visitor.complete(step.id, step.patch) }
    let back = try visitor.call(
      "goTo", #""step":"details","patch":{"aiSourcing":"not decided","projectName":"Har"}"#)
    #expect(back["currentStep"] as? String == "details")
    #expect(back.completed == ["details", "requirements"])
    let forth = try visitor.call("goTo", #""step":"sources""#)
    #expect(forth["currentStep"] as? String == "sources")
    #expect(try visitor.get()["data", "aiSourcing"] as? String == "not decided")
    #expect(try visitor.get()["data", "projectName"] as? String == "Har")
  }

  @Test(
    "skips no check, whatever a browser's back button or a bookmark asks for",
    arguments: SessionStage.Store.allCases)
  func noSkipping(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define()
    let visitor = try stage.begin()
    for method in ["goTo", "completeStep"] {
      for step in ["sources", "review", "nowhere"] {
        let answer = try visitor.call(method, #""step":"\#(step)""#)
        #expect(answer.reason == "INVALID_STEP" && answer.recovery == "goTo", "\(answer)")
        #expect(answer.detail("lastValidStep") as? String == "details")
        #expect(answer.detail("step") as? String == "details")
      }
    }
    try visitor.complete("details", SessionStage.steps[0].patch)
    let answer = try visitor.call("goTo", #""step":"review""#)
    #expect(answer.detail("lastValidStep") as? String == "requirements")
    #expect(try visitor.get()["currentStep"] as? String == "requirements")
  }

  @Test(
    "is saved as a draft though it isn't valid yet, and each step is checked when it is completed",
    arguments: SessionStage.Store.allCases)
  func drafts(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define()
    let visitor = try stage.begin()
    #expect(try visitor.update(#"{"projectName":"","squareFootage":-1,"budget":-5}"#).result != nil)
    let refused = try visitor.call(
      "completeStep", #""step":"details","patch":{"clientEmail":"no"}"#)
    #expect(refused.reason == "VALIDATION_FAILED" && refused.recovery == "fix")
    let violations = refused.detail("violations") as? [[String: Any]] ?? []
    let places = Set(violations.compactMap { $0["pointer"] as? String })
    #expect(
      places.isSuperset(of: ["/projectName", "/squareFootage", "/budget", "/clientEmail"]),
      "\(refused)")
    #expect(violations.allSatisfy { $0["keyword"] is String && $0["message"] is String })
    // Nothing of it was written.
    #expect(try visitor.get()["data", "clientEmail"] == nil)
    #expect(try visitor.get().letters == "oooo")
  }

  @Test(
    "opens later steps again when the answer that they stand on is changed",
    arguments: SessionStage.Store.allCases)
  func laterSteps(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define()
    let visitor = try stage.finished()
    let changed = try visitor.update(#"{"buildingType":"school"}"#)
    #expect(changed.completed == ["details"] && changed["canSubmit"] as? Bool == false)
    let seen = try visitor.get()
    #expect(seen.letters == "cooo" && (seen["data", "documents"] as? [Any])?.count == 1)
    #expect(try visitor.update(#"{"projectName":null}"#).completed == [])
    #expect(try visitor.get().letters == "iooo")
    #expect(try visitor.update(#"{"projectName":"Quay"}"#).completed == ["details"])
  }

  @Test(
    "goes on with the form that it began with when there is a new one",
    arguments: SessionStage.Store.allCases)
  func versions(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    try stage.define()
    let old = try stage.begin()
    try old.complete("details", SessionStage.steps[0].patch)
    try stage.define(
      #"{"name":"project","steps":[{"id":"all","schema":{"required":["everything"]}}]}"#)
    let other = try old.tab(stage.daemons[stage.daemons.count - 1])
    for step in SessionStage.steps.dropFirst() { try other.complete(step.id, step.patch) }
    #expect(try other.get()["version"] as? Int == 1 && other.get()["canSubmit"] as? Bool == true)
    let new = try stage.begin()
    #expect(try new.get()["version"] as? Int == 2 && new.get().letters == "o")
  }

  // MARK: Errors and recoveries

  @Test("tells each error, and what to do about it", arguments: SessionStage.Store.allCases)
  func errors(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define()
    let client = stage.client
    let nobody = SessionVisitor(
      id: "7b2f5a0e-9d3c-4e51-8a64-0f1c2d3e4f50", ref: "", client: client)
    for visitor in [nobody, SessionVisitor(id: "null", ref: "", client: client)] {
      for method in ["get", "touch", "checkout"] {
        let answer = try visitor.call(method)
        #expect(answer.reason == "NOT_FOUND" && answer.recovery == "create", "\(answer)")
      }
      let answer = try visitor.call("delete")
      #expect(answer["deleted"] as? Bool == false && answer["reason"] as? String == "NOT_FOUND")
    }
    let brief = try stage.begin(#""flow":"project","ttl":"300ms""#)
    try eventually { try brief.get().reason == "EXPIRED" }
    for method in ["get", "touch"] { #expect(try brief.call(method).recovery == "restart") }
    #expect(try brief.update("{}").reason == "EXPIRED")
    let deleted = try stage.begin()
    #expect(try deleted.call("delete")["deleted"] as? Bool == true)
    #expect(try deleted.get().reason == "DELETED" && deleted.get().recovery == "restart")
    #expect(try deleted.call("delete")["reason"] as? String == "DELETED")
    let submitted = try stage.finished()
    let receipt = try #require(try submitted.call("checkout")["receipt"] as? String)
    #expect(try submitted.call("commit", #""receipt":"\#(receipt)""#)["committed"] as? Bool == true)
    #expect(try submitted.get().reason == "CONSUMED" && submitted.get().recovery == "restart")
    #expect(try stage.client.call("session.create", #"{"flow":"nothing"}"#).reason == "NOT_FOUND")
  }

  // MARK: The end

  @Test(
    "is submitted only when everything is complete and the whole fits",
    arguments: SessionStage.Store.allCases)
  func submission(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define()
    let visitor = try stage.begin()
    let early = try visitor.call("checkout")
    #expect(early.reason == "INVALID_STEP" && early.recovery == "goTo", "\(early)")
    #expect((early.detail("missing") as? [[String: Any]])?.count == 4)
    for step in SessionStage.steps { try visitor.complete(step.id, step.patch) }
    try visitor.update(#"{"priority":"urgent"}"#)
    #expect(try visitor.get()["canSubmit"] as? Bool == false)
    let whole = try visitor.call("checkout")
    #expect(whole.reason == "VALIDATION_FAILED" && whole.recovery == "fix", "\(whole)")
    try visitor.update(#"{"priority":"high"}"#)
    let lease = try visitor.call("checkout")
    #expect(lease["data", "projectName"] as? String == "Harbour" && lease["attempt"] as? Int == 1)
    let receipt = try #require(lease["receipt"] as? String)
    // Nobody else saves it, or changes it, meanwhile.
    for (method, members) in [
      ("checkout", ""), ("touch", ""), ("update", #""patch":{}"#), ("goTo", #""step":"details""#),
    ] {
      let answer = try visitor.call(method, members)
      #expect(answer.reason == "CHECKED_OUT" && answer.retryAfterMs ?? 0 > 0, "\(answer)")
    }
    #expect(try visitor.get()["state"] as? String == "checked_out")
    // A form that is sent twice makes one project.
    let commit = #""receipt":"\#(receipt)","result":{"projectId":42}"#
    for _ in 0..<3 {
      let done = try visitor.call("commit", commit)
      #expect(done["result", "projectId"] as? Int == 42, "\(done)")
    }
    #expect(
      try visitor.call("commit", #""receipt":"\#(String(receipt.reversed()))""#).reason
        == "CONSUMED")
  }

  @Test(
    "is leased to one of those who ask at the same time, and alike to the same receipt",
    arguments: SessionStage.Store.allCases)
  func receipts(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    try stage.define()
    let visitor = try stage.finished()
    let clients = try (0..<20).map { try stage.daemons[$0 % stage.daemons.count].client() }
    for (number, client) in clients.enumerated() {
      try client.send(
        LineClient.request(
          "session.checkout",
          #"{"sessionId":"\#(visitor.id)","receipt":"receipt-of-128-random-bits-\#(number % 10)"}"#)
      )
    }
    let answers = try clients.map { Answer(try $0.readLine()) }
    let granted = answers.filter { $0.result != nil }
    #expect(granted.count == 2 && Set(granted.compactMap { $0["fence"] as? Int }).count == 1)
    #expect(answers.count { $0.reason == "CHECKED_OUT" } == 18)
    #expect(try visitor.call("checkout", #""receipt":"short""#).reason == "INVALID_PARAMS")
  }

  @Test(
    "is dead when it could not be saved time and again: operators see why, and open it again",
    arguments: SessionStage.Store.allCases)
  func dead(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, ["--set", "pending.maxAttempts=2"])
    try stage.define()
    let visitor = try stage.finished()
    for attempt in 1...2 {
      let receipt = try #require(try visitor.call("checkout")["receipt"] as? String)
      let released = try visitor.call(
        "release", #""receipt":"\#(receipt)","error":{"attempt":\#(attempt)}"#)
      #expect(released["state"] as? String == (attempt == 2 ? "dead" : "open"), "\(released)")
    }
    let refused = try visitor.call("checkout")
    #expect(refused.reason == "CONFLICT" && refused.detail("state") as? String == "dead")
    let listed = try stage.client.call("session.dead", #"{"withData":true}"#)
    let sessions = try #require(listed["sessions"] as? [[String: Any]])
    #expect(sessions.count == 1 && sessions[0]["ref"] as? String == visitor.ref, "\(listed)")
    #expect((sessions[0]["error"] as? [String: Any])?["attempt"] as? Int == 2)
    #expect((sessions[0]["data"] as? [String: Any])?["projectName"] as? String == "Harbour")
    let opened = try stage.client.call("session.reopen", #"{"ref":"\#(visitor.ref)"}"#)
    #expect(opened["reopened"] as? Bool == true, "\(opened)")
    #expect(try (stage.client.call("session.dead")["sessions"] as? [Any])?.count == 0)
    #expect(try visitor.call("checkout")["attempt"] as? Int == 1)
  }

  @Test("has steps of any names without a flow, and a life", arguments: SessionStage.Store.allCases)
  func free(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    let visitor = try stage.begin(#""data":[1.10,9007199254740993]"#)
    #expect(try visitor.get().text.contains(#""data":[1.10,9007199254740993]"#))
    #expect(try visitor.update(#"{"a":1}"#)["currentStep"] is NSNull)
    try visitor.complete("2", #"{"b":{"c":2}}"#)
    try visitor.complete("1", #"{"b":{"d":3}}"#)
    let seen = try visitor.get()
    #expect(seen.completed == ["2", "1"] && seen["currentStep"] as? String == "1")
    #expect(seen.text.contains(#""data":{"a":1,"b":{"c":2,"d":3}}"#))
    #expect(seen["validationStatus"] as? [String: Bool] == ["2": true, "1": true])
    #expect(try visitor.call("checkout")["flow"] is NSNull)
  }
}
