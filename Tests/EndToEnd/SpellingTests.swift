import Support
import Testing

/// `é` in one scalar and in two are the same to Unicode, and to Swift's strings, but not to Redis.
@Suite("Names that are equal to Unicode alone", .timeLimit(.minutes(2)))
struct SpellingTests {
  private static let composed = "caf\u{e9}"
  private static let decomposed = "cafe\u{301}"

  /// Runs a body on a connection to each kind of store, and with either spelling first.
  private static func run(_ body: (LineClient, String, String) throws -> Void) throws {
    for store in EventStore.allCases {
      let keys = try TokenKeys(["HS256", "A256GCM"])
      try store.run(["--keys", keys.path]) { daemon, _ in
        let client = try daemon.client()
        try body(client, composed, decomposed)
        try body(client, decomposed + "2", composed + "2")
      }
    }
  }

  @Test("are two owners of a claim, and two claims")
  func claims() throws {
    try Self.run { client, one, other in
      let taken = try client.call("claim.once", #"{"key":"\#(one)","owner":"\#(one)"}"#)
      #expect(taken["claimed"] as? Bool == true)
      for method in ["claim.renew", "claim.release"] {
        let answer = try client.call(method, #"{"key":"\#(one)","owner":"\#(other)"}"#)
        #expect(answer.reason == "CLAIM_NOT_HELD", "\(method)")
      }
      let elsewhere = try client.call("claim.inspect", #"{"key":"\#(other)"}"#)
      #expect(elsewhere["held"] as? Bool == false)
      let kept = try client.call("claim.inspect", #"{"key":"\#(one)"}"#)
      #expect((kept["owner"] as? String)?.utf8.elementsEqual(one.utf8) == true)
      // The owner itself doesn't wait for itself; one that is spelled differently does.
      let start = ContinuousClock.now
      try client.call("claim.once", #"{"key":"\#(one)","owner":"\#(other)","waitMs":100}"#)
      #expect(start.duration(to: .now) >= .milliseconds(100))
    }
  }

  @Test("are two types of pending operations")
  func pending() throws {
    try Self.run { client, one, other in
      for backend in [#""store""#, #""jwt""#, #""jwt","seal":true"#] {
        let created = try client.call(
          "pending.create", #"{"operationType":"\#(one)","data":1,"backend":\#(backend)}"#)
        let token = try #require(created["token"] as? String)
        for (method, more) in [
          ("pending.verify", ""), ("pending.update", #","data":2,"reissue":true"#),
          ("pending.checkout", ""), ("pending.delete", ""), ("pending.consume", ""),
        ] {
          let answer = try client.call(
            method, #"{"token":"\#(token)","operationType":"\#(other)"\#(more)}"#)
          #expect(answer.reason == "WRONG_TYPE", "\(method) \(backend)")
        }
        let own = #"{"token":"\#(token)","operationType":"\#(one)"}"#
        #expect(try client.call("pending.consume", own)["data"] as? Int == 1)
      }
    }
  }

  @Test("are two audiences, issuers and subjects of a token")
  func tokens() throws {
    try Self.run { client, one, other in
      let signed = try client.call(
        "jwt.sign", #"{"claims":{"iss":"\#(one)"},"audience":["x","\#(one)"]}"#)
      let token = try #require(signed["token"] as? String)
      for (audience, issuer, reason) in [
        (one, one, nil), (other, one, "TOKEN_INVALID"), (one, other, "TOKEN_INVALID"),
      ] {
        let params = #"{"token":"\#(token)","audience":"\#(audience)","issuer":"\#(issuer)"}"#
        #expect(try client.call("jwt.verify", params).reason == reason)
      }
    }
  }

  @Test("are two groups, consumers and streams")
  func streams() throws {
    try Self.run { client, one, other in
      for stream in [one, other] {
        for group in [one, other] {
          let params = #"{"stream":"\#(stream)","group":"\#(group)"}"#
          #expect(try client.call("streams.ensure", params).reason == nil)
        }
        try client.call("streams.append", #"{"stream":"\#(stream)","message":1}"#)
        try client.call("streams.append", #"{"stream":"\#(stream)","message":2}"#)
      }
      for consumer in [one, other] {
        let read = try client.call(
          "streams.read",
          #"{"stream":"\#(one)","group":"\#(one)","consumer":"\#(consumer)","count":1}"#)
        #expect((read["messages"] as? [Any])?.count == 1)
      }
      let pending = try client.call(
        "streams.pending", #"{"stream":"\#(one)","group":"\#(one)"}"#)
      #expect(pending["count"] as? Int == 2)
      for consumer in [one, other] { #expect(pending.text.utf8.contains("\"\(consumer)\"")) }
      for (stream, group) in [(one, other), (other, one)] {
        let none = try client.call(
          "streams.pending", #"{"stream":"\#(stream)","group":"\#(group)"}"#)
        #expect(none["count"] as? Int == 0)
      }
    }
  }

  @Test("are two keys, scopes, channels and calls")
  func keys() throws {
    try Self.run { client, one, other in
      try client.call("kv.set", #"{"key":"\#(one)","value":1}"#)
      #expect(try client.call("kv.get", #"{"key":"\#(other)"}"#)["found"] as? Bool == false)
      try client.call("counter.increment", #"{"key":"\#(one)"}"#)
      #expect(try client.call("counter.get", #"{"key":"\#(other)"}"#)["value"] as? Int ?? 0 == 0)
      try client.call("events.subscribe", #"{"channel":"\#(one)"}"#)
      let published = try client.call("events.publish", #"{"channel":"\#(other)","data":1}"#)
      #expect(published["receivers"] as? Int == 0)
      let set = { (key: String, name: String) in
        try client.call("kv.set", #"{"key":"\#(key)","value":1,"idempotencyKey":"\#(name)"}"#)
      }
      #expect(try set(one, one).reason == nil)
      #expect(try set(other, one).reason == "IDEMPOTENCY_MISMATCH")
      #expect(try set(other, other).reason == nil)
    }
  }

  @Test("are two scopes to the configuration, and two presets")
  func configuration() throws {
    // The Kelvin sign is equal to a K to Unicode alone.
    let daemon = try Daemon(
      configuration: """
        {"scopes": {"declared": ["K"], "required": ["K"]},
         "pending": {"presets": {"\(Self.composed)": {"backend": "store"}}}}
        """)
    let client = try daemon.client()
    for (key, reason) in [("K", nil), ("\u{212A}", "SCOPE_INVALID")] {
      let get = #"{"key":"a","scope":[{"key":"\#(key)","id":"1"}]}"#
      #expect(try client.call("kv.get", get).reason == reason)
    }
    for (preset, reason) in [(Self.composed, nil), (Self.decomposed, "INVALID_PARAMS")] {
      let create = #"{"data":1,"preset":"\#(preset)","scope":[{"key":"K","id":"1"}]}"#
      #expect(try client.call("pending.create", create).reason == reason)
    }
  }
}

extension String.UTF8View {
  /// Whether the bytes of a text are among these.
  fileprivate func contains(_ text: String) -> Bool {
    let (bytes, part) = (Array(self), Array(text.utf8))
    return bytes.indices.contains { bytes[$0...].starts(with: part) }
  }
}
