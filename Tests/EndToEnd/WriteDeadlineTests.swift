import Support
import Testing

/// What a call is told whose deadline passes: the truth about what it has changed.
@Suite("A deadline that passes", .timeLimit(.minutes(2)))
struct WriteDeadlineTests {
  /// A write, and what shows whether it was done.
  struct Case: Sendable, CustomTestStringConvertible {
    let method: String
    let params: String
    /// Whether its effect is taken back, and so nothing was done.
    var isTakenBack = false

    var testDescription: String { method }
  }

  private static let writes: [Case] = [
    Case(method: "kv.set", params: #""key":"a","value":1"#),
    Case(method: "kv.take", params: #""key":"there""#),
    Case(method: "kv.remove", params: #""key":"there""#),
    Case(method: "kv.expire", params: #""key":"there","ttl":"1h""#),
    Case(method: "counter.increment", params: #""key":"n""#),
    Case(method: "streams.append", params: #""stream":"s","message":1"#),
    Case(method: "events.publish", params: #""channel":"c","data":1"#),
    Case(method: "pending.create", params: #""operationType":"form","data":1"#),
    Case(method: "pending.consume", params: #""token":"TOKEN","operationType":"form""#),
    Case(
      method: "pending.checkout", params: #""token":"TOKEN","operationType":"form""#,
      isTakenBack: true),
    Case(method: "claim.once", params: #""key":"c","owner":"o","ttl":"1h""#, isTakenBack: true),
  ]

  private static func token(_ client: LineClient) throws -> String {
    #expect(try client.call("kv.set", #"{"key":"there","value":1}"#).reason == nil)
    let created = try client.call("pending.create", #"{"operationType":"form","data":1}"#)
    return try #require(created["token"] as? String)
  }

  @Test(
    "says that a write's outcome is unknown once it was sent, unless it is taken back",
    arguments: writes, [false, true])
  func sent(_ test: Case, hasKey: Bool) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "20s")
    let client = try daemon.readyClient()
    let token = try Self.token(client)
    try redis.pauseWrites()
    let key = hasKey ? #","idempotencyKey":"k""# : ""
    let params = test.params.replacing("TOKEN", with: token)
    let answer = try client.call(test.method, "{\(params),\"deadlineMs\":100\(key)}")
    try redis.resumeWrites()
    guard !test.isTakenBack || hasKey else {
      #expect(answer.reason == "DEADLINE_EXCEEDED", "\(answer)")
      #expect(answer.isRetryable == true)
      let isFree = try eventually {
        let claim = try client.call("claim.inspect", #"{"key":"c"}"#)
        let operation = try client.call(
          "pending.verify", #"{"token":"\#(token)","operationType":"form"}"#)
        return claim["held"] as? Bool == false && operation["state"] as? String == "open"
          && operation["attempts"] as? Int == 0
      }
      #expect(isFree)
      return
    }
    #expect(answer.reason == "OUTCOME_UNKNOWN", "\(answer)")
    #expect(answer.isRetryable == false)
    #expect(answer.text.contains("idempotencyKey"))
    guard hasKey else { return }
    // Repeated under its key it is done once, and says so.
    let again = try client.call(test.method, "{\(params)\(key)}")
    #expect(again.reason == nil, "\(again)")
    #expect(try client.call(test.method, "{\(params)\(key)}").text == again.text)
    if test.method == "counter.increment" { #expect(again["value"] as? Int == 1) }
    if test.method == "claim.once" { #expect(again["claimed"] as? Bool == true) }
  }

  @Test(
    "says that nothing was done of a write that was never sent, and nothing is", arguments: writes)
  func unsent(_ test: Case) throws {
    let redis = try RedisServer()
    let proxy = try CuttingProxy(to: redis.socketPath)
    let daemon = try RedisSidecar.start(proxy.path, patience: "20s")
    let client = try daemon.readyClient()
    let token = try Self.token(client)
    // The connection is lost, and the next one is not greeted: commands wait for it.
    redis.pause()
    proxy.cut(.requests, after: 0)
    let reader = try daemon.client()
    try reader.send(LineClient.request("kv.get", #"{"key":"there"}"#, id: 1))
    eventually { proxy.cuts == 1 }
    let params = test.params.replacing("TOKEN", with: token)
    let answer = try client.call(test.method, "{\(params),\"deadlineMs\":200}")
    #expect(answer.reason == "DEADLINE_EXCEEDED", "\(answer)")
    #expect(answer.isRetryable == true)
    redis.resume()
    _ = try client.waitForStore()
    #expect(try client.call("kv.get", #"{"key":"there"}"#)["value"] as? Int == 1)
    #expect(try client.call("counter.get", #"{"key":"n"}"#)["value"] as? Int == 0)
  }

  @Test("says that nothing was done of a write to a record that was still being read")
  func reading() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "20s")
    let client = try daemon.readyClient()
    let token = try Self.token(client)
    let target = #""token":"\#(token)","operationType":"form""#
    redis.pause()
    for method in ["consume", "checkout", "delete"] {
      let answer = try client.call("pending.\(method)", "{\(target),\"deadlineMs\":50}")
      #expect(answer.reason == "DEADLINE_EXCEEDED", "\(answer)")
    }
    redis.resume()
    let operation = try client.call("pending.verify", "{\(target)}")
    #expect(operation["state"] as? String == "open" && operation["attempts"] as? Int == 0)
  }

  @Test("of a read says that nothing was done, and of many writes what became of each")
  func others() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "20s")
    let client = try daemon.readyClient()
    redis.pause()
    let read = try client.call("kv.get", #"{"key":"a","deadlineMs":50}"#)
    #expect(read.reason == "DEADLINE_EXCEEDED")
    #expect(read.isRetryable == true)
    let many = try client.call(
      "batch.set", #"{"entries":[{"key":"a","value":1},{"key":"b","value":2}],"deadlineMs":50}"#)
    redis.resume()
    #expect(many.text.contains("OUTCOME_UNKNOWN"), "\(many)")
    #expect(!many.text.contains("DEADLINE_EXCEEDED"))
  }

  @Test("a claim that was taken back while Redis was out is free as soon as it is there again")
  func outage() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "200ms")
    let client = try daemon.readyClient()
    redis.pause()
    let answer = try client.call(
      "claim.once", #"{"key":"c","owner":"o","ttl":"1h","deadlineMs":50}"#)
    #expect(answer.reason == "DEADLINE_EXCEEDED", "\(answer)")
    // So long that its withdrawal fails too.
    let isOut = try eventually {
      try client.call("kv.get", #"{"key":"a"}"#).reason == "UNAVAILABLE"
    }
    #expect(isOut)
    redis.resume()
    let isFree = try eventually {
      try client.call("claim.inspect", #"{"key":"c"}"#)["held"] as? Bool == false
    }
    #expect(isFree)
    // Not only not yet: whatever was sent has run by now.
    let other = try client.call("claim.once", #"{"key":"c","owner":"p","ttl":"1h"}"#)
    #expect(other["claimed"] as? Bool == true, "\(other)")
  }
}
