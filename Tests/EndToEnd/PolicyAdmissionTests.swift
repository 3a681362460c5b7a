import Glibc
import Support
import Testing

@Suite("The policy of the configuration", .timeLimit(.minutes(2)))
struct PolicyAdmissionTests {
  /// The services of the tests' own user; `reader` comes first.
  private static var own: String {
    #"""
    {"services": {
      "reader": {"uids": [\#(getuid())], "methods": ["kv.get", "batch.g*", "system.metrics"]},
      "writer": {"uids": [\#(getuid())], "methods": ["kv.*", "counter.*et"]},
      "strangers": {"uids": [4000000]}
    }}
    """#
  }

  @Test(
    "lets a service call what its patterns say, and nothing else",
    arguments: [
      ("reader", "kv.get", #"{"key":"a"}"#, true),
      ("reader", "batch.get", #"{"keys":["a"]}"#, true),
      ("reader", "kv.set", #"{"key":"a","value":1}"#, false),
      ("reader", "batch.set", #"{"entries":[{"key":"a","value":1}]}"#, false),
      ("reader", "counter.get", #"{"key":"a"}"#, false),
      ("reader", "rpc.discover", "{}", false),
      ("reader", "system.health", "{}", false),
      ("reader", "system.ping", "{}", true),
      ("reader", "system.hello", "{}", true),
      ("writer", "kv.set", #"{"key":"a","value":1}"#, true),
      ("writer", "kv.take", #"{"key":"a"}"#, true),
      ("writer", "counter.reset", #"{"key":"a"}"#, true),
      ("writer", "counter.increment", #"{"key":"a"}"#, false),
      ("writer", "batch.get", #"{"keys":["a"]}"#, false),
      ("writer", "system.metrics", "{}", false),
    ])
  func methods(service: String, method: String, params: String, isAllowed: Bool) throws {
    let daemon = try Daemon(configuration: Self.own)
    let client = try daemon.client()
    let hello = try client.call("system.hello", #"{"service":"\#(service)"}"#)
    #expect(hello["service"] as? String == service)
    let answer = try client.call(method, params)
    #expect(answer.reason == (isAllowed ? nil : "FORBIDDEN"), "\(answer)")
    if !isAllowed {
      #expect(answer.code == -32003)
      #expect(answer.isRetryable == false)
      #expect(answer.id == 1)
    }
  }

  @Test("tells who the caller is, lets it pick what is its own, and keeps the choice on a refusal")
  func hello() throws {
    let daemon = try Daemon(configuration: Self.own)
    let client = try daemon.client()
    let first = try client.call("system.hello", #"{"client":"tests/1"}"#)
    #expect(first["service"] as? String == "reader")
    #expect(first["services"] as? [String] == ["reader", "writer"])
    #expect(first["uid"] as? Int == Int(getuid()))
    #expect(first["gid"] as? Int == Int(getgid()))
    #expect(first["pid"] as? Int == Int(getpid()))
    #expect(first["store"] as? String == "memory")

    #expect(
      try client.call("system.hello", #"{"service":"writer"}"#)["service"] as? String == "writer")
    for refused in ["strangers", "no-such-service", "default", ""] {
      let answer = try client.call("system.hello", #"{"service":"\#(refused)"}"#)
      #expect(answer.reason == "FORBIDDEN", "\(refused): \(answer)")
    }
    #expect(try client.call("kv.set", #"{"key":"a","value":1}"#)["ok"] as? Bool == true)
    // Another connection has made no choice.
    #expect(try daemon.client().call("kv.set", #"{"key":"a","value":1}"#).reason == "FORBIDDEN")
  }

  @Test("keeps the values of services apart")
  func tenancy() throws {
    let daemon = try Daemon(configuration: Self.own)
    let writer = try daemon.client()
    try writer.call("system.hello", #"{"service":"writer"}"#)
    #expect(try writer.call("kv.set", #"{"key":"a","value":1}"#)["ok"] as? Bool == true)
    #expect(try writer.call("kv.get", #"{"key":"a"}"#)["found"] as? Bool == true)
    #expect(try daemon.client().call("kv.get", #"{"key":"a"}"#)["found"] as? Bool == false)
  }

  @Test("refuses single members of a batch, and answers the others")
  func batch() throws {
    let daemon = try Daemon(configuration: Self.own)
    let client = try daemon.client()
    let calls = [
      LineClient.request("kv.get", #"{"key":"a"}"#, id: 1),
      LineClient.request("kv.set", #"{"key":"a","value":1}"#, id: 2),
      LineClient.request("kv.nothing", id: 3),
    ].map { $0.dropLast() }
    try client.send("[" + calls.joined(separator: ",") + "]\n")
    let line = try client.readLine()
    #expect(line.contains(#""id":1,"result":{"found":false"#))
    #expect(line.contains(#""id":2,"error":{"code":-32003"#))
    #expect(line.contains(#""id":3,"error":{"code":-32601"#))
  }

  @Test("lets a burst through, then as many as the rate says, and says when to come again")
  func rate() throws {
    let daemon = try Daemon(
      configuration: #"""
        {"services": {
          "slow": {"uids": [\#(getuid())], "methods": ["kv.*"], "rate": 2, "burst": 5},
          "fast": {"uids": [\#(getuid())], "methods": ["*"]}
        }}
        """#)
    let fast = try daemon.client()
    try fast.call("system.hello", #"{"service":"fast"}"#)
    let slow = try daemon.client()
    let other = try daemon.client()
    try slow.sendAll(Array(repeating: ("kv.get", #"{"key":"a"}"#), count: 40))
    let answers = try slow.readAll(40)
    let refused = answers.values.filter { $0.reason != nil }
    // The burst, but for what waiting for the sidecar has spent, and what comes back meanwhile.
    #expect((3...15).contains(40 - refused.count))
    for answer in refused {
      #expect(answer.reason == "RATE_LIMITED")
      #expect(answer.code == -32002)
      #expect(answer.isRetryable == true)
      #expect((1...500).contains(answer.retryAfterMs ?? 0), "\(answer)")
    }
    // The rate is the service's, not the connection's; and the other service's is its own.
    try slow.sendAll(Array(repeating: ("kv.get", #"{"key":"a"}"#), count: 40))
    let others = try other.pipeline(Array(repeating: ("kv.get", #"{"key":"a"}"#), count: 20))
    #expect(others.values.contains { $0.reason == "RATE_LIMITED" })
    _ = try slow.readAll(40)
    let unharmed = try fast.pipeline(Array(repeating: ("kv.get", #"{"key":"a"}"#), count: 200))
    #expect(unharmed.values.allSatisfy { $0.reason == nil })

    // Refused calls cost nothing of what comes: it passes after as long as was said.
    let isOpen = try eventually {
      try slow.call("kv.get", #"{"key":"a"}"#).reason == nil
    }
    #expect(isOpen)
    let metrics = try fast.metrics()
    let limited = metrics.sum("calls_total", ["service": "slow", "reason": "RATE_LIMITED"])
    #expect(metrics.sum("limit_hits_total", ["limit": "rate"]) == limited)
    #expect(limited >= Double(refused.count))
    #expect(metrics.sum("calls_total", ["service": "fast", "reason": "RATE_LIMITED"]) == 0)
  }

  @Test("has one caller's flood of refused calls cost another one nothing but a moment")
  func flood() throws {
    let daemon = try Daemon(configuration: Self.own)
    let flooder = try daemon.client()
    let client = try daemon.client()
    let line = LineClient.request("kv.set", #"{"key":"a","value":1}"#)
    try flooder.send(String(repeating: line, count: 5000))
    let start = ContinuousClock.now
    for _ in 0..<20 { #expect(try client.call("kv.get", #"{"key":"a"}"#).reason == nil) }
    #expect(ContinuousClock.now - start < .seconds(15))
    let refused = try flooder.readLines(5000).allSatisfy { Answer($0).reason == "FORBIDDEN" }
    #expect(refused)
  }
}
