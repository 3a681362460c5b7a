import Foundation
import Support
import Testing

@Suite("What must not be kept of a session", .timeLimit(.minutes(3)))
struct SessionSecretTests {
  private static let flow =
    #"{"name":"pay","sensitive":["/card/number",{"pointer":"/card/cvc","mode":"refuse"}],"steps":[{"id":"card","schema":{"required":["card"],"properties":{"card":{"required":["number"],"properties":{"number":{"type":"string","pattern":"^[0-9]{16}$"}}}}}}]}"#
  private static let number = "4111111111111111"

  @Test(
    "sensitive members are looked into and given to who saves them, and shown to nobody else",
    arguments: SessionStage.Store.allCases)
  func sealed(store: SessionStage.Store) throws {
    let stage = try SessionStage(store, sidecars: 2)
    try stage.define(Self.flow)
    let visitor = try stage.begin(#""flow":"pay","principal":"ann""#)
    let refused = try visitor.call(
      "completeStep", #""step":"card","patch":{"card":{"number":"4111"}}"#)
    #expect(refused.reason == "VALIDATION_FAILED" && !refused.text.contains("4111"))
    try visitor.complete("card", #"{"card":{"number":"\#(Self.number)","holder":"Ann"}}"#)
    let tab = try visitor.tab(stage.daemons[stage.daemons.count - 1])
    for answer in [
      try tab.get(), try tab.update(#"{"card":{"holder":"Bob"}}"#),
      try stage.client.call("session.list", #"{"principal":"ann"}"#),
    ] {
      #expect(answer.result != nil && !answer.text.contains(Self.number), "\(answer)")
    }
    #expect(try tab.get()["data", "card", "holder"] as? String == "Bob")
    if let redis = stage.redis {
      let names = try redis.command(["KEYS", "*"]).split(whereSeparator: \.isWhitespace)
      var texts = 0
      for name in names where try redis.command(["TYPE", String(name)]) == "string" {
        texts += 1
        #expect(try !redis.command(["GET", String(name)]).contains(Self.number), "\(name)")
      }
      #expect(texts > 1)
      let stored = try redis.command(["GET", "cloakroom:default:session:\(visitor.ref)"])
      #expect(stored.contains("Bob") && stored.split(separator: "\n").count == 3)
    }
    let lease = try tab.call("checkout")
    #expect(lease["data", "card", "number"] as? String == Self.number, "\(lease)")
    let receipt = try #require(lease["receipt"] as? String)
    #expect(try visitor.call("commit", #""receipt":"\#(receipt)""#)["committed"] as? Bool == true)
    for log in stage.logs { #expect(!log.lines.joined().contains(Self.number)) }
  }

  @Test(
    "what a flow doesn't take is refused with its place", arguments: SessionStage.Store.allCases)
  func refusedMember(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    try stage.define(Self.flow)
    let visitor = try stage.begin(#""flow":"pay""#)
    for (method, members) in [
      ("update", #""patch":{"card":{"cvc":"987"}}"#),
      ("completeStep", #""step":"card","patch":{"card":{"number":"\#(Self.number)","cvc":"987"}}"#),
    ] {
      let answer = try visitor.call(method, members)
      #expect(answer.reason == "VALIDATION_FAILED" && answer.recovery == "fix", "\(answer)")
      let violations = answer.detail("violations") as? [[String: Any]]
      #expect(violations?.first?["pointer"] as? String == "/card/cvc")
      #expect(!answer.text.contains("987"))
    }
    #expect(
      try stage.client.call("session.create", #"{"flow":"pay","data":{"card":{"cvc":1}}}"#).reason
        == "VALIDATION_FAILED")
    #expect(try visitor.get().text.contains(#""data":{}"#))
  }

  @Test("an id is in no log and no list", arguments: SessionStage.Store.allCases)
  func ids(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    let visitor = try stage.begin(#""principal":"ann""#)
    try visitor.update(#"{"a":1}"#)
    let rotated = try visitor.call("rotate")
    let id = try #require(rotated["sessionId"] as? String)
    #expect(try !stage.client.call("session.list", #"{"principal":"ann"}"#).text.contains(id))
    let log = stage.logs[0]
    eventually("the log") { log.entries.contains { $0["method"] as? String == "session.rotate" } }
    for line in log.lines { #expect(!line.contains(visitor.id) && !line.contains(id)) }
    #expect(log.entries.contains { ($0["session"] as? String)?.count == 16 })
    #expect(!stage.daemons[0].output.contains(visitor.id))
  }
}
