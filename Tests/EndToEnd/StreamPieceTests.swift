internal import Support
internal import Testing

@Suite("A reading of many messages", .timeLimit(.minutes(2)))
struct StreamPieceTests {
  private static let reader = #""stream":"s","group":"g","consumer":"c""#

  /// A sidecar whose stream has so many messages of so many bytes each.
  private static func sidecar(_ store: String, _ count: Int, bytes: Int) throws -> StreamSidecar {
    let sidecar = try StreamSidecar(store, loops: 1)
    let client = try sidecar.client()
    let text = String(repeating: "x", count: bytes)
    let appends = (0..<count).map { number in
      ("streams.append", #"{"stream":"s","message":{"n":\#(number),"x":"\#(text)"}}"#)
    }
    #expect(try client.pipeline(appends).values.allSatisfy { $0.reason == nil })
    _ = try client.call("streams.ensure", #"{"stream":"s","group":"g"}"#)
    return sidecar
  }

  private static func numbers(_ answer: Answer) -> [Int] {
    (answer["messages"] as? [[String: Any]] ?? []).compactMap {
      ($0["message"] as? [String: Any])?["n"] as? Int
    }
  }

  @Test(
    "answers as many as were asked for, each once and in order", arguments: ["memory", "redis"],
    [(1000, 10), (30, 100_000)])
  func all(_ store: String, _ messages: (count: Int, bytes: Int)) throws {
    let sidecar = try Self.sidecar(store, messages.count, bytes: messages.bytes)
    let client = try sidecar.client()
    let first = messages.count / 3
    var read = Self.numbers(
      try client.call("streams.read", "{\(Self.reader),\"count\":\(first)}"))
    #expect(read.count == first)
    read += Self.numbers(try client.call("streams.read", "{\(Self.reader),\"count\":1000}"))
    #expect(read == Array(0..<messages.count))
    let none = try client.call("streams.read", "{\(Self.reader),\"count\":1000}")
    #expect(Self.numbers(none).isEmpty && none.reason == nil)
    let held = try client.call("streams.pending", #"{"stream":"s","group":"g"}"#)
    #expect(held["count"] as? Int == messages.count)
  }

  @Test("is of bounded steps, but for one whose answer is kept")
  func steps() throws {
    let sidecar = try Self.sidecar("redis", 1000, bytes: 10)
    let redis = try #require(sidecar.redis)
    let client = try sidecar.client()
    for (key, steps) in [("", 3), (#","idempotencyKey":"k""#, 1)] {
      let calls = try redis.calls {
        let answer = try client.call("streams.read", "{\(Self.reader),\"count\":450\(key)}")
        #expect(Self.numbers(answer).count == 450)
      }
      #expect(calls["evalsha"] == steps)
    }
    let again = try client.call(
      "streams.read", "{\(Self.reader),\"count\":450,\"idempotencyKey\":\"k\"}")
    #expect(Self.numbers(again) == Array(450..<900))
  }

  @Test("is answered with what was read by then where Redis is lost on the way")
  func cut() throws {
    let redis = try RedisServer()
    let proxy = try CuttingProxy(to: redis.socketPath)
    let daemon = try RedisSidecar.start(proxy.path, patience: "10s")
    let client = try daemon.readyClient()
    let appends = (0..<600).map { ("streams.append", #"{"stream":"s","message":{"n":\#($0)}}"#) }
    #expect(try client.pipeline(appends).values.allSatisfy { $0.reason == nil })
    _ = try client.call("streams.ensure", #"{"stream":"s","group":"g"}"#)
    // More than one piece's reply, and less than two.
    proxy.cut(.replies, after: 20_000)
    let answer = try client.call("streams.read", "{\(Self.reader),\"count\":600}")
    #expect(proxy.cuts == 1)
    #expect(Self.numbers(answer) == Array(0..<200))
  }

  @Test(
    "and the next one of the connection has what comes behind, but for one that waits",
    arguments: ["memory", "redis"])
  func order(_ store: String) throws {
    let sidecar = try Self.sidecar(store, 900, bytes: 10)
    let client = try sidecar.client()
    let read = ("streams.read", "{\(Self.reader),\"count\":450}")
    let waiting = ("streams.read", "{\(Self.reader),\"count\":1000,\"blockMs\":60000}")
    let append = ("streams.append", #"{"stream":"s","message":{"n":900}}"#)
    let answers = try client.pipeline([read, read, waiting, append])
    #expect(answers[0].map(Self.numbers) == Array(0..<450))
    #expect(answers[1].map(Self.numbers) == Array(450..<900))
    #expect(answers[2].map(Self.numbers) == [900])
  }
}
