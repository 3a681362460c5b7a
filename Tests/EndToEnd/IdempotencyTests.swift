import Support
import Testing

@Suite("Calls that are repeated with their idempotency keys", .timeLimit(.minutes(1)))
struct IdempotencyTests {
  /// Both stores: nil is the one in memory.
  private static let stores = [false, true]

  private static func withClient(redis: Bool, _ body: (LineClient) throws -> Void) throws {
    if redis {
      let server = try RedisServer()
      let daemon = try RedisSidecar.start(server.socketPath, patience: "5s")
      try body(daemon.readyClient())
    } else {
      let daemon = try Daemon()
      try body(daemon.client())
    }
  }

  @Test("are new calls again once the life that they gave their answer is over", arguments: stores)
  func lives(redis: Bool) throws {
    try Self.withClient(redis: redis) { client in
      func count(_ life: String) throws -> Int? {
        let params = #"{"key":"c","idempotencyKey":"k","idempotencyTtl":"\#(life)"}"#
        return try client.call("counter.increment", params)["value"] as? Int
      }
      #expect(try count("1h") == 1)
      #expect(try count("1h") == 1)
      let other = #"{"key":"d","idempotencyKey":"short","idempotencyTtl":"200ms"}"#
      #expect(try client.call("counter.increment", other)["value"] as? Int == 1)
      try eventually("the answer is forgotten") {
        try client.call("counter.increment", other)["value"] as? Int == 2
      }
      #expect(try count("200ms") == 1)
    }
  }

  @Test(
    "are answered as the first time, to the byte, whatever has happened in between",
    arguments: stores)
  func answers(redis: Bool) throws {
    try Self.withClient(redis: redis) { client in
      func line(_ method: String, _ params: String) throws -> String {
        try client.call(method, params).text
      }
      _ = try line("kv.set", #"{"key":"t","value":{"a":[],"b":9007199254740993,"c":1.10}}"#)
      _ = try line("counter.increment", #"{"key":"c","by":41}"#)
      let calls: [(String, String)] = [
        ("kv.set", #"{"key":"a","value":{"x" : [1]},"withMeta":true,"idempotencyKey":"1"}"#),
        ("kv.set", #"{"key":"t","value":1,"onlyIf":"absent","idempotencyKey":"2"}"#),
        ("kv.set", #"{"key":"no","value":1,"ifMatch":"0a","idempotencyKey":"3"}"#),
        ("kv.take", #"{"key":"t","idempotencyKey":"4"}"#),
        ("kv.take", #"{"key":"no","idempotencyKey":"5"}"#),
        ("kv.expire", #"{"key":"a","ttl":"1h","idempotencyKey":"6"}"#),
        ("kv.touch", #"{"key":"no","idempotencyKey":"7"}"#),
        ("counter.increment", #"{"key":"c","idempotencyKey":"8"}"#),
        ("counter.decrement", #"{"key":"c","by":100,"min":0,"idempotencyKey":"9"}"#),
        ("counter.reset", #"{"key":"c","idempotencyKey":"10"}"#),
        (
          "batch.set",
          #"{"entries":[{"key":"b","value":1},{"key":"d","value":2}],"idempotencyKey":"11"}"#
        ),
        ("batch.remove", #"{"keys":["b","no","d"],"idempotencyKey":"12"}"#),
        ("kv.remove", #"{"key":"a","idempotencyKey":"13"}"#),
      ]
      let first = try calls.map { try line($0.0, $0.1) }
      let state = [#"{"key":"a"}"#, #"{"key":"b"}"#, #"{"key":"c"}"#, #"{"key":"t"}"#]
      for key in state { _ = try client.call("kv.set", key.dropLast() + #","value":"mine"}"#) }
      #expect(try calls.map { try line($0.0, $0.1) } == first)
      for key in state { #expect(try client.call("kv.get", key)["value"] as? String == "mine") }
      #expect(try client.call("counter.get", #"{"key":"c"}"#)["value"] as? Int == 0)
    }
  }

  @Test("are refused as a whole when they are other calls, and do nothing", arguments: stores)
  func mismatch(redis: Bool) throws {
    try Self.withClient(redis: redis) { client in
      let set = #"{"entries":[{"key":"a","value":1},{"key":"b","value":2}],"idempotencyKey":"k"}"#
      #expect(try client.call("batch.set", set).reason == nil)
      let others = [
        ("batch.set", #"{"entries":[{"key":"a","value":9}],"idempotencyKey":"k"}"#),
        (
          "batch.set",
          #"{"entries":[{"key":"a","value":1},{"key":"b","value":2},{"key":"c","value":3}],"idempotencyKey":"k"}"#
        ),
        ("batch.remove", #"{"keys":["a","b","c"],"idempotencyKey":"k"}"#),
        ("kv.set", #"{"key":"c","value":3,"idempotencyKey":"k"}"#),
        ("counter.increment", #"{"key":"c","idempotencyKey":"k"}"#),
      ]
      for (method, params) in others {
        let answer = try client.call(method, params)
        #expect(answer.reason == "IDEMPOTENCY_MISMATCH", "\(method)")
        #expect(answer.isRetryable == false)
      }
      let values =
        try client.call("batch.get", #"{"keys":["a","b","c"]}"#).result as? [[String: Any]]
      #expect(values?.map { $0["value"] as? Int } == [1, 2, nil])
      // Another scope's key is another key.
      let scoped = #"{"key":"c","value":3,"scope":[{"key":"o","id":"1"}],"idempotencyKey":"k"}"#
      #expect(try client.call("kv.set", scoped).reason == nil)
    }
  }
}
