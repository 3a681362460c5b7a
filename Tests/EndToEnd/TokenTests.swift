import Glibc
import Support
import Testing

@Suite("jwt.*", .timeLimit(.minutes(2)), .sharedSidecar())
struct TokenTests {
  private func sign(_ client: LineClient, _ params: String = "{}") throws -> String {
    try #require(try client.call("jwt.sign", params)["token"] as? String)
  }

  private func verify(
    _ client: LineClient, _ token: String, _ more: String = ""
  ) throws -> Answer {
    try client.call("jwt.verify", #"{"token":"\#(token)"\#(more)}"#)
  }

  @Test("gives claims back as they were, byte for byte")
  func fidelity() throws {
    let client = try SharedSidecar.client()
    let own = #""n":9007199254740993,"x":1.10,"e":1e400,"l":[ ],"t":"\u00e4\ud83d\ude00""#
    for seal in ["false", "true"] {
      let token = try sign(client, #"{"claims":{\#(own)},"subject":"user:1","seal":\#(seal)}"#)
      let answer = try verify(client, token)
      #expect(answer.text.contains(own + #"},"header":{"alg":"HS256","typ":"JWT","kid":"run-"#))
      #expect(answer.text.contains(#""claims":{"sub":"user:1","iat":"#))
    }
  }

  @Test("tells when a token expires, to the millisecond of a short one")
  func expiry() throws {
    let client = try SharedSidecar.client()
    let short = try client.call("jwt.sign", #"{"expiresIn":"300ms"}"#)
    let token = try #require(short["token"] as? String)
    #expect(try verify(client, token).reason == nil)
    let isOver = try eventually { try verify(client, token).reason == "EXPIRED" }
    #expect(isOver)
    let ends = try (100...102).map { seconds in
      try client.call("jwt.sign", #"{"expiresIn":\#(seconds)}"#)["expiresAt"] as? String ?? ""
    }
    #expect(ends.allSatisfy { $0.hasSuffix(".000Z") })
    // To the second, not to the minute.
    #expect(Set(ends).count >= 2)
  }

  @Test(
    "refuses what makes no token",
    arguments: [
      (#"{"expiresIn":0}"#, "TTL_INVALID"), (#"{"expiresIn":"1"}"#, "TTL_INVALID"),
      (#"{"expiresIn":null}"#, "TTL_INVALID"), (#"{"expiresIn":"keep"}"#, "TTL_INVALID"),
      (#"{"expiresIn":"\ud800"}"#, "TTL_INVALID"), (#"{"expiresIn":"4000d"}"#, "TTL_INVALID"),
      (#"{"claims":[]}"#, "INVALID_PARAMS"), (#"{"claims":{"exp":1}}"#, "INVALID_PARAMS"),
      (#"{"claims":{"sub":"a"},"subject":"b"}"#, "INVALID_PARAMS"),
      (#"{"claims":{"aud":"a"},"audience":"b"}"#, "INVALID_PARAMS"),
      (#"{"audience":[]}"#, "INVALID_PARAMS"), (#"{"audience":[1]}"#, "INVALID_PARAMS"),
      (#"{"audience":""}"#, "INVALID_PARAMS"), (#"{"purpose":"a b"}"#, "INVALID_PARAMS"),
      (#"{"purpose":""}"#, "INVALID_PARAMS"), (#"{"keyId":"../a"}"#, "INVALID_PARAMS"),
      (#"{"seal":1}"#, "INVALID_PARAMS"), (#"{"subject":1}"#, "INVALID_PARAMS"),
    ])
  func badSign(params: String, reason: String) throws {
    #expect(try SharedSidecar.client().call("jwt.sign", params).reason == reason)
  }

  @Test("takes a token for what it is for, and for whom, alone")
  func expectations() throws {
    let client = try SharedSidecar.client()
    let reset = try sign(client, #"{"purpose":"password-reset","audience":["web","app"]}"#)
    let good = #","purpose":"password-reset","audience":"web""#
    #expect(try verify(client, reset, good).reason == nil)
    #expect(try verify(client, reset, #","audience":"web""#).reason == "WRONG_TYPE")
    #expect(
      try verify(client, reset, #","purpose":"login","audience":"web""#).reason == "WRONG_TYPE")
    #expect(try verify(client, reset, #","purpose":"password-reset""#).reason == "TOKEN_INVALID")
    #expect(try verify(client, reset, good + #","issuer":"x""#).reason == "TOKEN_INVALID")
  }

  @Test("revokes a token by itself, or by its name, and only what has been signed")
  func revoke() throws {
    let client = try SharedSidecar.client()
    let one = try sign(client)
    #expect(try client.call("jwt.revoke", #"{"token":"\#(one)"}"#)["revoked"] as? Bool == true)
    #expect(try verify(client, one).reason == "TOKEN_REVOKED")
    let answer = try client.call("jwt.sign", #"{"purpose":"p","seal":true}"#)
    let two = try #require(answer["token"] as? String)
    let (id, end) = (
      try #require(answer["jti"] as? String), try #require(answer["expiresAt"] as? String)
    )
    #expect(try verify(client, two, #","purpose":"p""#).reason == nil)
    let byName = try client.call("jwt.revoke", #"{"jti":"\#(id)","expiresAt":"\#(end)"}"#)
    #expect(byName["revoked"] as? Bool == true)
    #expect(try verify(client, two, #","purpose":"p""#).reason == "TOKEN_REVOKED")
    // In whatever scope it is shown.
    let scoped = #","purpose":"p","scope":[{"key":"org","id":"1"}]"#
    #expect(try verify(client, two, scoped).reason == "TOKEN_REVOKED")
    for (params, reason) in [
      ("{}", "INVALID_PARAMS"), (#"{"jti":"a"}"#, "INVALID_PARAMS"),
      (#"{"jti":"a","expiresAt":"tomorrow"}"#, "INVALID_PARAMS"),
      (#"{"jti":"a","expiresAt":"2026-02-30T00:00:00Z"}"#, "INVALID_PARAMS"),
      (#"{"jti":"a","expiresAt":"9999-01-01T00:00:00Z"}"#, "TTL_INVALID"),
      (#"{"token":"\#(one)","jti":"a"}"#, "INVALID_PARAMS"),
      (#"{"token":"\#(one)A"}"#, "TOKEN_INVALID"), (#"{"token":""}"#, "TOKEN_INVALID"),
    ] { #expect(try client.call("jwt.revoke", params).reason == reason, "\(params)") }
    let past = try client.call("jwt.revoke", #"{"jti":"a","expiresAt":"2001-01-01T00:00:00Z"}"#)
    #expect(past["revoked"] as? Bool == false)
  }

  @Test("refuses a token of any length without holding anything up")
  func long() throws {
    let client = try SharedSidecar.client()
    for text in [
      String(repeating: ".", count: 1 << 20), String(repeating: "A", count: 1 << 20),
      String(repeating: #"\u0041"#, count: 100_000), "eyJ", #"\ud83d\ude00"#,
    ] { #expect(try verify(client, text).reason == "TOKEN_INVALID") }
    let large = String(repeating: "x", count: 70_000)
    #expect(try client.call("jwt.sign", #"{"claims":{"a":"\#(large)"}}"#).reason == "TOO_LARGE")
  }

  @Test("names what is wrong with claims")
  func claims() throws {
    let client = try SharedSidecar.client()
    let deep = String(repeating: "[", count: 70) + String(repeating: "]", count: 70)
    for (claims, message) in [
      (#"{"a":1,"b":{"c":1,"c":2}}"#, "claims has a name twice"),
      ("[]", "claims has to be an object"), (#"{"a":\#(deep)}"#, "64 deep"),
    ] {
      let answer = try client.call("jwt.sign", #"{"claims":\#(claims)}"#)
      #expect(answer.reason == "INVALID_PARAMS" && answer.text.contains(message), "\(answer)")
    }
    let twice = try client.call("jwt.sign", #"{"claims":{"a":1,"b":[{"c":1,"c":2}]}}"#)
    #expect(twice.detail("pointer") as? String == "/b/0/c", "\(twice)")
  }

  @Test(
    "has no public keys when there are only the run's own, and says so to the operator with the first that is signed"
  )
  func random() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    #expect(try client.call("jwt.jwks").text.contains(#""result":{"keys":[]}"#))
    #expect(!daemon.output.contains("keys of this run only"))
    for _ in 0..<2 { #expect(try client.call("jwt.sign", #"{"claims":{}}"#).reason == nil) }
    let lines = daemon.output.split(separator: "\n")
    #expect(lines.count { $0.contains("keys of this run only") } == 1, "\(daemon.output)")
  }

  @Test("takes a batch of tokens, each with its own outcome")
  func batch() throws {
    let client = try SharedSidecar.client()
    let token = try sign(client)
    func request(_ id: Int, _ token: String) -> String {
      String(LineClient.request("jwt.verify", #"{"token":"\#(token)"}"#, id: id).dropLast())
    }
    try client.send("[\(request(1, token)),\(request(2, token + "A"))]\n")
    let line = try client.readLine()
    #expect(line.contains(#""id":1,"result""#) && line.contains("TOKEN_INVALID"))
  }
}
