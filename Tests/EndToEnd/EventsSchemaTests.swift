import Support
import Testing

@Suite("Schemas of channels", .timeLimit(.minutes(2)))
struct EventsSchemaTests {
  static func define(_ client: LineClient, _ schema: String) throws {
    let answer = try client.call(
      "events.define", #"{"channel":"c","schema":\#(schema)}"#)
    #expect(answer["ok"] as? Bool == true, "\(answer)")
  }

  @Test(
    "hold for all sidecars from the moment they are defined, changed or taken away",
    arguments: EventStore.allCases)
  func everywhere(store: EventStore) throws {
    try store.run { daemon, other in
      let clients = try [daemon, other, daemon, other].map { try $0.client() }
      let kinds = ["\"string\"", "\"integer\"", "[\"array\",\"null\"]"]
      let samples = [#""a""#, "7", "[]"]
      for _ in 0..<3 {
        for (kind, valid) in zip(kinds, samples) {
          try Self.define(clients[0], #"{"type":\#(kind)}"#)
          for client in clients {
            for sample in samples {
              let reason = try client.call(
                "events.publish", #"{"channel":"c","data":\#(sample)}"#
              ).reason
              #expect(reason == (sample == valid ? nil : "VALIDATION_FAILED"))
            }
          }
        }
        try Self.define(clients[1], "null")
        for client in clients {
          for sample in samples { #expect(try client.publish("c", sample) == 0) }
        }
      }
      // Other channels, and the same one of another scope, have none.
      try Self.define(clients[0], "false")
      #expect(try clients[0].publish("d") == 0)
      let scoped = #"{"channel":"c","data":1,"scope":[{"key":"org","id":"1"}]}"#
      #expect(try clients[0].call("events.publish", scoped)["receivers"] as? Int == 0)
    }
  }

  @Test(
    "do not change what a publication that is repeated is answered", arguments: EventStore.allCases)
  func repeated(store: EventStore) throws {
    try store.run { daemon, other in
      let clients = try [daemon, other].map { try $0.client() }
      let params = #"{"channel":"c","data":1,"idempotencyKey":"one"}"#
      #expect(try clients[0].call("events.publish", params)["receivers"] as? Int == 0)
      try Self.define(clients[0], "false")
      for client in clients + clients {
        // The second time the sidecar knows the schema.
        let another = try client.call("events.publish", #"{"channel":"c","data":1}"#)
        #expect(another.reason == "VALIDATION_FAILED")
        #expect(try client.call("events.publish", params)["receivers"] as? Int == 0)
      }
    }
  }

  @Test("say where the data is wrong, and never what it is")
  func violations() throws {
    try EventStore.memory.run { daemon, _ in
      let client = try daemon.client()
      try Self.define(
        client,
        #"{"type":"object","required":["id"],"properties":{"items":{"items":{"type":"integer"}}}}"#)
      let answer = try client.call(
        "events.publish", #"{"channel":"c","data":{"items":[1,"s3cret",2.5]}}"#)
      #expect(answer.reason == "VALIDATION_FAILED")
      #expect(!answer.text.contains("s3cret"))
      let violations = answer.detail("violations") as? [[String: String]] ?? []
      #expect(Set(violations.map { $0["pointer"] }) == ["", "/items/1", "/items/2"])
      #expect(violations.contains { $0["keyword"] == "/properties/items/items/type" })
    }
  }

  @Test("can be passed over by who publishes, and are not by default")
  func passedOver() throws {
    try EventStore.memory.run { daemon, _ in
      let client = try daemon.client()
      try Self.define(client, "false")
      #expect(try client.call("events.publish", #"{"channel":"c","data":1}"#).reason != nil)
      let params = #"{"channel":"c","data":1,"validatePublish":false}"#
      #expect(try client.call("events.publish", params)["receivers"] as? Int == 0)
    }
  }

  /// Schemas that can't be used, and where it says so.
  static let unusable = [
    (#"{"type":"objct"}"#, "/type"),
    (#"{"properties":{"a":{"minimum":"1"}}}"#, "/properties/a/minimum"),
    (#"{"frobnicate":1}"#, "/frobnicate"),
  ]

  @Test("that can't be used are refused when they are defined", arguments: unusable)
  func refused(schema: String, pointer: String) throws {
    try EventStore.memory.run { daemon, _ in
      let client = try daemon.client()
      try Self.define(client, #"{"type":"string"}"#)
      let answer = try client.call("events.define", #"{"channel":"c","schema":\#(schema)}"#)
      #expect(answer.reason == "INVALID_PARAMS")
      #expect(answer.detail("pointer") as? String == pointer, "\(answer)")
      // The one that was there is there.
      #expect(try client.call("events.publish", #"{"channel":"c","data":1}"#).reason != nil)
    }
  }

  @Test("live in Redis as long as is configured, and begin anew with each use")
  func life() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(
      redis.socketPath, patience: "5s", ["--set", "events.schemaTTL=1h"])
    let client = try daemon.readyClient()
    try Self.define(client, #"{"type":"integer"}"#)
    let key = "cloakroom:default:events:c"
    #expect((3_590...3_600).contains(Int(try redis.command(["TTL", key])) ?? 0))
    _ = try redis.command(["EXPIRE", key, "100"])
    #expect(try client.publish("c") == 0)
    #expect((3_590...3_600).contains(Int(try redis.command(["TTL", key])) ?? 0))
    // Whatever else somebody writes there is told from a schema.
    _ = try redis.command(["SET", key, "something"])
    let answer = try client.call("events.publish", #"{"channel":"c","data":1}"#)
    #expect(answer.reason == "STORE_REFUSED")
    #expect(answer.detail("code") as? String == "NOTSCHEMA")
  }
}
