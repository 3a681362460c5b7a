internal import Glibc
internal import Support
internal import Testing

@Suite("A limit", .timeLimit(.minutes(2)))
struct LimitTests {
  private static func sidecar(_ settings: String..., options: [String] = []) throws -> Daemon {
    try Daemon(settings.flatMap { ["--set", $0] } + options)
  }

  private static func hits(_ client: LineClient, _ limit: String) throws -> Double {
    try client.metrics().sum("limit_hits_total", ["limit": limit])
  }

  @Test("of a frame's bytes: TOO_LARGE", arguments: WireFraming.allCases)
  func frame(_ framing: WireFraming) throws {
    let sidecar = try Self.sidecar("limits.frameBytes=1024")
    let (client, other) = (try sidecar.client(), try sidecar.client())
    let ping = #"{"jsonrpc":"2.0","id":1,"method":"system.ping"}"#
    let longest = ping + String(repeating: " ", count: 1024 - ping.utf8.count)
    try client.send(framing.frame(longest))
    #expect(Answer(try framing.read(client)).id == 1)
    for size in [1025, 5000, 1_000_000] {
      try client.send(framing.frame(longest + String(repeating: " ", count: size - 1024)))
      #expect(Answer(try framing.read(client)).reason == "TOO_LARGE")
    }
    try client.send(framing.frame(longest))
    #expect(Answer(try framing.read(client)).id == 1)
    #expect(try Self.hits(other, "frame_size") == 3)
  }

  @Test(
    "of a frame's bytes or depth is told to the call whose id was read",
    arguments: WireFraming.allCases)
  func identity(_ framing: WireFraming) throws {
    let sidecar = try Self.sidecar("limits.frameBytes=8000", "limits.depth=8")
    let client = try sidecar.client()
    let set = #""jsonrpc":"2.0","method":"kv.set""#
    let value = { (text: String) in #""params":{"key":"k","value":\#(text)}"# }
    let long = value("\"" + String(repeating: "x", count: 9000) + "\"")
    let deep = value(String(repeating: "[", count: 8) + String(repeating: "]", count: 8))
    for (request, id) in [
      (#"{\#(set),"id":"first",\#(long)}"#, #""first""#), (#"{\#(set),\#(long),"id":2}"#, "null"),
      (#"{"id":3,\#(set),\#(deep)}"#, "3"), (#"{\#(set),\#(deep),"id":4}"#, "4"),
      (#"[{\#(set),"id":5,\#(long)}]"#, "null"),
    ] {
      try client.send(framing.frame(request))
      let reply = try framing.read(client)
      #expect(reply.hasPrefix(#"{"jsonrpc":"2.0","id":\#(id),"error":"#))
      #expect(Answer(reply).reason == "TOO_LARGE")
    }
    #expect(try Self.hits(try sidecar.client(), "frame_size") == 3)
  }

  @Test(
    "of what a call may hold: TOO_LARGE",
    arguments: [
      (
        "depth", "limits.depth=8", #"{"key":"k","value":[[[[[[1]]]]]]}"#,
        #"{"key":"k","value":[[[[[[[1]]]]]]]}"#
      ),
      (
        "key_length", "limits.keyBytes=16",
        #"{"key":"\#(String(repeating: "é", count: 8))","value":1}"#,
        #"{"key":"\#(String(repeating: "é", count: 8))x","value":1}"#
      ),
      (
        "key_length", "limits.keyBytes=16", #"{"key":"\u0061234567890123456","value":1}"#,
        #"{"key":"\u00612345678901234567","value":1}"#
      ),
    ])
  func call(_ name: String, _ setting: String, _ good: String, _ bad: String) throws {
    let sidecar = try Self.sidecar(setting)
    let client = try sidecar.client()
    #expect(try client.call("kv.set", good)["ok"] as? Bool == true)
    #expect(try Self.hits(client, name) == 0)
    #expect(try client.call("kv.set", bad).reason == "TOO_LARGE")
    #expect(try Self.hits(client, name) == 1)
  }

  @Test("of a batch's length: TOO_LARGE")
  func batch() throws {
    let sidecar = try Self.sidecar("limits.batchLength=3")
    let client = try sidecar.client()
    let call = #"{"jsonrpc":"2.0","id":1,"method":"counter.increment","params":["k"]}"#
    try client.send("[\(call),\(call),\(call)]\n")
    #expect(ReducedReply.all(try client.readLine()).count == 3)
    try client.send("[\(call),\(call),\(call),\(call)]\n")
    #expect(Answer(try client.readLine()).reason == "TOO_LARGE")
    #expect(try client.call("counter.get", #"{"key":"k"}"#)["value"] as? Int == 3)
    #expect(try client.call("batch.get", #"{"keys":["1","2","3","4"]}"#).reason == "TOO_LARGE")
    #expect(try Self.hits(client, "batch_length") == 1)
  }

  @Test("of the memory: STORE_REFUSED")
  func memory() throws {
    let sidecar = try Self.sidecar("limits.memoryBytes=1MiB")
    let client = try sidecar.client()
    let value = "\"\(String(repeating: "x", count: 300_000))\""
    let answers = try (0..<5).map {
      try client.call("kv.set", #"{"key":"\#($0)","value":\#(value)}"#)
    }
    let refused = answers.filter { $0.reason == "STORE_REFUSED" }
    #expect(!refused.isEmpty && refused.count < 5)
    #expect(refused.allSatisfy { $0.detail("code") as? String == "OOM" })
    #expect(try Self.hits(client, "memory") == Double(refused.count))
    #expect(try client.call("kv.remove", #"{"key":"0"}"#).result as? Bool == true)
    #expect(try client.call("kv.set", #"{"key":"0","value":\#(value)}"#)["ok"] as? Bool == true)
  }

  @Test("of connections: OVERLOADED, and closed")
  func connections() throws {
    let sidecar = try Self.sidecar("limits.connections=2")
    let first = try sidecar.client()
    // The connections that were made while it started are gone once there is room for a second.
    var second: LineClient?
    #expect(
      eventually {
        second = try? sidecar.client()
        return (try? second?.call("system.ping"))?.result != nil
      })
    #expect(try first.call("system.ping").result != nil)
    let before = try Self.hits(first, "connections")
    for _ in 0..<3 {
      let third = try sidecar.client()
      let answer = Answer(try third.readLine())
      #expect(answer.reason == "OVERLOADED")
      #expect(answer.isRetryable == true && (answer.retryAfterMs ?? 0) > 0)
      #expect(third.isClosed())
    }
    #expect(try Self.hits(first, "connections") == before + 3)
    second = nil
    #expect(eventually { (try? sidecar.client().call("system.ping"))?.result != nil })
  }

  @Test("of silence: closed, but for those that wait for an answer")
  func idle() throws {
    let redis = try RedisServer()
    let sidecar = try Self.sidecar(
      "limits.idleTimeout=2s", "store.commandTimeout=30s",
      options: ["--redis", "unix://" + redis.socketPath])
    let (silent, waiting) = (try sidecar.client(), try sidecar.client())
    #expect(try eventually { try waiting.call("kv.exists", #"{"key":"k"}"#).result != nil })
    redis.pause()
    try waiting.send(LineClient.request("kv.exists", #"{"key":"k"}"#, id: 9))
    #expect(silent.isClosed(within: .seconds(20)))
    redis.resume()
    #expect(Answer(try waiting.readLine()).id == 9)
    #expect(try Self.hits(try sidecar.client(), "idle_timeout") >= 1)
  }
}
