import Support
import Testing

@Suite("Two tabs on one session", .timeLimit(.minutes(3)))
struct SessionTabTests {
  @Test(
    "lose none of a hundred changes of different members", arguments: SessionStage.Store.allCases)
  func members(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    try stage.define()
    let visitor = try stage.begin(#""flow":"project","data":{"kept":9007199254740993,"list":[]}"#)
    let clients = try (0..<10).map { try stage.daemons[$0 % stage.daemons.count].client() }
    for (number, client) in clients.enumerated() {
      try client.sendAll(
        (0..<10).map { turn in
          (
            "session.update",
            #"{"sessionId":"\#(visitor.id)","patch":{"deep":{"k\#(number)_\#(turn)":\#(turn)}}}"#
          )
        })
    }
    for client in clients {
      let answers = try client.readAll(10)
      #expect(answers.count == 10)
      for answer in answers.values { #expect(answer["etag"] is String, "\(answer)") }
    }
    let seen = try visitor.get()
    #expect((seen["data", "deep"] as? [String: Any])?.count == 100)
    #expect(seen.text.contains(#""kept":9007199254740993,"list":[]"#))
  }

  @Test(
    "overwrite each other in no member where they say what they have seen",
    arguments: SessionStage.Store.allCases)
  func sameMember(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    let visitor = try stage.begin(#""data":{"name":"Ann"}"#)
    let etag = try #require(try visitor.get()["etag"] as? String)
    let tabs = try (0..<10).map { try visitor.tab(stage.daemons[$0 % stage.daemons.count]) }
    for (number, tab) in tabs.enumerated() {
      try tab.client.send(
        LineClient.request(
          "session.update",
          #"{"sessionId":"\#(visitor.id)","patch":{"name":"tab \#(number)"},"ifMatch":"\#(etag)"}"#)
      )
    }
    let answers = try tabs.map { Answer(try $0.client.readLine()) }
    #expect(answers.count { $0.result != nil } == 1)
    #expect(answers.count { $0.reason == "CONFLICT" } == 9)
    let winner = try #require(answers.firstIndex { $0.result != nil })
    #expect(try visitor.get()["data", "name"] as? String == "tab \(winner)")
  }

  @Test(
    "change a status forward only, where the change says from which",
    arguments: SessionStage.Store.allCases)
  func onlyIf(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    let visitor = try stage.begin(#""data":{"status":"draft"}"#)
    let condition = #""onlyIf":{"properties":{"status":{"const":"draft"}}}"#
    #expect(try visitor.update(#"{"status":"sent"}"#, condition).result != nil)
    let refused = try visitor.update(#"{"status":"draft"}"#, condition)
    #expect(refused.reason == "CONFLICT")
    let violations = refused.detail("violations") as? [[String: Any]]
    #expect(violations?.first?["pointer"] as? String == "/status", "\(refused)")
    let broken = try visitor.update("{}", #""onlyIf":{"type":"nothing"}"#)
    #expect(broken.reason == "INVALID_PARAMS" && broken.detail("pointer") as? String == "/type")
  }

  @Test(
    "complete different steps without undoing each other's", arguments: SessionStage.Store.allCases)
  func steps(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    let steps = (0..<20).map { #"{"id":"s\#($0)","requires":[]}"# }.joined(separator: ",")
    try stage.define(#"{"name":"project","steps":[\#(steps)]}"#)
    let visitor = try stage.begin()
    let clients = try (0..<20).map { try stage.daemons[$0 % stage.daemons.count].client() }
    for (number, client) in clients.enumerated() {
      try client.send(
        LineClient.request(
          "session.completeStep", #"{"sessionId":"\#(visitor.id)","step":"s\#(number)"}"#))
    }
    for client in clients { #expect(Answer(try client.readLine()).result != nil) }
    #expect(try visitor.get().completed.count == 20 && visitor.get()["canSubmit"] as? Bool == true)
  }
}
