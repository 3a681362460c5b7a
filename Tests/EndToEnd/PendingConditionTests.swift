import Support
import Testing

@Suite("What a caller says of a pending operation's state", .timeLimit(.minutes(3)))
struct PendingConditionTests {
  /// Makes an operation. → what names it in a call
  private static func create(
    _ stage: SessionStage, _ data: String, _ more: String = ""
  ) throws -> String {
    let answer = try stage.client.call(
      "pending.create", #"{"operationType":"form","data":\#(data)\#(more)}"#)
    let token = try #require(answer["token"] as? String, "\(answer)")
    return #""token":"\#(token)","operationType":"form""#
  }

  @Test(
    "changes a status forward only, where the change says from which",
    arguments: SessionStage.Store.allCases, ["store", "jwt"])
  func onlyIf(store: SessionStage.Store, backend: String) throws {
    let stage = try SessionStage(store)
    let condition = #""onlyIf":{"properties":{"status":{"const":"draft"}}}"#
    let reissue = backend == "jwt" ? #","reissue":true"# : ""
    let draft = try Self.create(stage, #"{"status":"draft"}"#, #","backend":"\#(backend)""#)
    let sent = try Self.create(stage, #"{"status":"sent"}"#, #","backend":"\#(backend)""#)
    func update(_ operation: String, _ condition: String) throws -> Answer {
      try stage.client.call(
        "pending.update",
        #"{\#(operation),"patch":{"status":"sent"}\#(reissue),\#(condition)}"#)
    }
    #expect(try update(draft, condition)["etag"] is String)
    let refused = try update(sent, condition)
    #expect(refused.reason == "CONFLICT", "\(refused)")
    let violations = refused.detail("violations") as? [[String: Any]]
    #expect(violations?.first?["pointer"] as? String == "/status", "\(refused)")
    #expect(violations?.first?["keyword"] as? String == "/properties/status/const", "\(refused)")
    // Nothing was done: the operation is there, under its own token.
    let read = try stage.client.call("pending.verify", "{\(sent)}")
    #expect(read["data", "status"] as? String == "sent", "\(read)")
    let broken = try update(sent, #""onlyIf":{"type":"nothing"}"#)
    #expect(broken.reason == "INVALID_PARAMS" && broken.detail("pointer") as? String == "/type")
  }

  @Test(
    "is kept as the last error, and told to operators of what is dead",
    arguments: SessionStage.Store.allCases)
  func lastError(store: SessionStage.Store) throws {
    let stage = try SessionStage(store)
    for (name, release) in [
      ("said", #","error":{"code":1.10,"list":[]}"#), ("silent", ""), ("null", #","error":null"#),
    ] {
      let operation = try Self.create(
        stage, #"{"name":"\#(name)"}"#, #","backend":"store","maxAttempts":1"#)
      let lease = try stage.client.call("pending.checkout", "{\(operation)}")
      let receipt = try #require(lease["receipt"] as? String, "\(lease)")
      let held = #"\#(operation),"receipt":"\#(receipt)""#
      let long = String(repeating: "x", count: 4096)
      let refused = try stage.client.call("pending.release", #"{\#(held),"error":"\#(long)"}"#)
      #expect(refused.reason == "TOO_LARGE", "\(refused)")
      let released = try stage.client.call("pending.release", "{\(held)\(release)}")
      #expect(released["state"] as? String == "dead", "\(released)")
    }
    let listed = try stage.client.call("pending.dead", #"{"withData":true}"#)
    #expect(
      listed.text.contains(#""error":{"code":1.10,"list":[]},"data":{"name":"said"}"#), "\(listed)")
    for name in ["silent", "null"] {
      #expect(listed.text.contains(#""error":null,"data":{"name":"\#(name)"}"#), "\(listed)")
    }
  }
}
