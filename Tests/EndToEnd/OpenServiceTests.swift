import Support
import Testing

@Suite("Without a policy, a client", .timeLimit(.minutes(1)))
struct OpenServiceTests {
  @Test("is the service that it says it is, with keys of its own")
  func keys() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(
      redis.socketPath, patience: "5s", ["--set", "keys.prefix=igniter:store"])
    let client = try daemon.readyClient()
    let hello = try client.call("system.hello", #"{"service":"my-api","client":"igniter/1"}"#)
    #expect(hello["service"] as? String == "my-api")
    try client.call("kv.set", #"{"key":"user:123","value":{"name":"Alice"},"ttl":3600}"#)
    let scope = #"[{"key":"organization","id":"org_123"}]"#
    try client.call("kv.set", #"{"key":"settings","value":{"theme":"dark"},"scope":\#(scope)}"#)
    #expect(
      try redis.command(["--raw", "GET", "igniter:store:my-api:kv:user:123"])
        == #"{"name":"Alice"}"#)
    #expect(
      try redis.command([
        "EXISTS", "igniter:store:my-api:organization:org_123:kv:settings",
      ]) == "1")
    // Another connection has made no choice.
    let other = try daemon.client()
    #expect(try other.call("system.hello")["service"] as? String == "default")
    #expect(try other.call("kv.get", #"{"key":"user:123"}"#)["found"] as? Bool == false)
    try other.call("system.hello", #"{"service":"my-api"}"#)
    #expect(try other.call("kv.get", #"{"key":"user:123"}"#)["value", "name"] as? String == "Alice")
  }

  @Test("hears the events of its service alone")
  func events() throws {
    let daemon = try Daemon()
    let clients = try ["my-api", "my-api", "default"].map { name in
      let client = try daemon.client()
      try client.call("system.hello", #"{"service":"\#(name)"}"#)
      return client
    }
    try clients[0].call("events.subscribe", #"{"channel":"c"}"#)
    let publish = #"{"channel":"c","data":1}"#
    #expect(try clients[2].call("events.publish", publish)["receivers"] as? Int == 0)
    #expect(try clients[1].call("events.publish", publish)["receivers"] as? Int == 1)
  }

  @Test("keeps its service when it asks for what can't be one's name")
  func names() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    try client.call("system.hello", #"{"service":"my-api"}"#)
    for name in ["", "a:b", "a b", "café", "$x", "a/b"] {
      let answer = try client.call("system.hello", #"{"service":"\#(name)"}"#)
      #expect(answer.reason == "INVALID_PARAMS", "\(name)")
    }
    #expect(try client.call("system.hello")["service"] as? String == "my-api")
  }

  @Test("gives the metrics no label of its own")
  func labels() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    for number in 0..<100 {
      try client.call("system.hello", #"{"service":"s\#(number)"}"#)
      try client.call("kv.set", #"{"key":"a","value":1}"#)
    }
    let page = try #require(try client.call("system.metrics").result as? String)
    let labels = page.matches(of: /service="([^"]*)"/).map(\.1)
    #expect(Set(labels) == ["default"])
  }
}
