import Support
import Testing

@Suite("dev.scan, on a sidecar", .timeLimit(.minutes(1)))
struct ScanTests {
  private static let on = ["--set", "dev.scan=true"]

  /// All keys that a scan shows, with how many calls that took.
  private static func keys(
    _ client: LineClient, _ params: String = "", count: Int = 1000
  ) throws -> (keys: Set<String>, calls: Int) {
    var keys: Set<String> = []
    var cursor = "null"
    for calls in 1...10_000 {
      let answer = try client.call(
        "dev.scan",
        #"{"count":\#(count),"cursor":\#(cursor)\#(params.isEmpty ? "" : ",")\#(params)}"#)
      keys.formUnion(try #require(answer["keys"] as? [String], "\(answer)"))
      guard let next = answer["cursor"] as? String else { return (keys, calls) }
      cursor = "\"\(next)\""
    }
    Issue.record("the scan does not end")
    return (keys, 0)
  }

  private static func withClient(redis: Bool, _ body: (LineClient) throws -> Void) throws {
    if redis {
      let server = try RedisServer()
      let daemon = try RedisSidecar.start(server.socketPath, patience: "5s", on)
      try body(daemon.readyClient())
    } else {
      let daemon = try Daemon(on)
      try body(daemon.client())
    }
  }

  @Test("shows a scope its own keys, without what stands before them", arguments: [false, true])
  func scopes(redis: Bool) throws {
    try Self.withClient(redis: redis) { client in
      // Scopes that try to be others, by their spelling.
      let scopes = [
        "", #"{"key":"o","id":"1"}"#, #"{"key":"o","id":"1"},{"key":"w","id":"2"}"#,
        #"{"key":"o","id":"*"}"#, #"{"key":"o","id":"?"}"#, #"{"key":"*","id":"1"}"#,
        #"{"key":"o","id":"1:w:2"}"#, #"{"key":"o","id":"1:kv:"}"#, #"{"key":"o","id":"[1]"}"#,
        #"{"key":"o","id":"%31"}"#, #"{"key":"o:1","id":"1"}"#, #"{"key":"o\\","id":"\\*"}"#,
      ]
      for (number, scope) in scopes.enumerated() {
        let tail = #""scope":[\#(scope)],"idempotencyKey":"k""#
        _ = try client.call("kv.set", #"{"key":"user:\#(number)","value":1,\#(tail)}"#)
        _ = try client.call("counter.increment", #"{"key":"n:\#(number)","scope":[\#(scope)]}"#)
      }
      for (number, scope) in scopes.enumerated() {
        let own: Set = ["kv:user:\(number)", "counter:n:\(number)"]
        let tail = #""scope":[\#(scope)]"#
        #expect(try Self.keys(client, tail).keys == own)
        #expect(try Self.keys(client, #""pattern":"**","# + tail).keys == own)
        #expect(
          try Self.keys(client, #""pattern":"user:*","# + tail).keys == ["kv:user:\(number)"])
        #expect(
          try Self.keys(client, #""namespace":"counter","# + tail).keys == ["counter:n:\(number)"])
        for pattern in ["*:kv:*", "o:1:*", "?*", "kv:*", "../*", "[a-z]*"] {
          #expect(try Self.keys(client, #""pattern":"\#(pattern)","# + tail).keys == [])
        }
      }
    }
  }

  @Test(
    "shows sessions and flows, and nothing that the sidecar keeps beside them",
    arguments: [false, true])
  func sessions(redis: Bool) throws {
    try Self.withClient(redis: redis) { client in
      _ = try client.call("flow.define", #"{"name":"w","steps":[{"id":"a"}]}"#)
      let session = try client.call("session.create", #"{"flow":"w","principal":"ann"}"#)
      let ref = try #require(session["ref"] as? String, "\(session)")
      let own: Set = ["session:\(ref)", "session:flow:w"]
      // How often sessions are made is a rate limit like any other.
      let all = try Self.keys(client).keys.filter { !$0.hasPrefix("ratelimit:") }
      #expect(all == own)
      #expect(try Self.keys(client, #""namespace":"session""#).keys == own)
    }
  }

  @Test("hands over many keys in parts", arguments: [false, true])
  func parts(redis: Bool) throws {
    try Self.withClient(redis: redis) { client in
      let all = Set((0..<500).map { "kv:user:\($0)" })
      for start in stride(from: 0, to: 500, by: 100) {
        let entries = (start..<start + 100).map { #"{"key":"user:\#($0)","value":1}"# }
        _ = try client.call("batch.set", #"{"entries":[\#(entries.joined(separator: ","))]}"#)
      }
      let (keys, calls) = try Self.keys(client, count: 20)
      #expect(keys == all)
      #expect((10...60).contains(calls), "\(calls) calls")
      #expect(try Self.keys(client, #""pattern":"*:49*""#).keys.count == 11)
    }
  }

  @Test("keeps to its own prefix, however that is spelled")
  func prefixes() throws {
    let redis = try RedisServer()
    let prefixes = ["p*", "pq", "p?", "p[q]", "p[^q]", "p", "p:q"]
    let clients = try prefixes.map { prefix in
      let daemon = try RedisSidecar.start(
        redis.socketPath, patience: "5s", Self.on + ["--prefix", prefix])
      return (daemon, try daemon.readyClient())
    }
    for (number, (_, client)) in clients.enumerated() {
      #expect(try client.call("kv.set", #"{"key":"\#(number)","value":1}"#).reason == nil)
    }
    for (number, (_, client)) in clients.enumerated() {
      #expect(try Self.keys(client).keys == ["kv:\(number)"], "\(prefixes[number])")
    }
  }

  @Test("is off by default")
  func off() throws {
    let daemon = try Daemon()
    let answer = try daemon.client().call("dev.scan")
    #expect(answer.reason == "FORBIDDEN")
    #expect(answer.message?.contains("--set dev.scan=true") == true)
  }
}
