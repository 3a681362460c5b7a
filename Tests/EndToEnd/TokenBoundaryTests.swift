import Support
import Testing

/// Tokens, receipts, fences and names of one namespace, scope, service or connection, shown to another.
@Suite("What one call has handed out", .timeLimit(.minutes(2)))
struct TokenBoundaryTests {
  private static let scope = #","scope":[{"key":"org","id":"2"}]"#

  private static func create(_ client: LineClient, _ more: String) throws -> String {
    let answer = try client.call(
      "pending.create", #"{"operationType":"form","data":{"secret":"s3cr3t"}\#(more)}"#)
    return try #require(answer["token"] as? String, "\(answer)")
  }

  private static func sign(_ client: LineClient, _ params: String) throws -> String {
    let answer = try client.call("jwt.sign", params)
    return try #require(answer["token"] as? String, "\(answer)")
  }

  /// Why a call came to nothing, said by an error or by a result.
  private static func refusal(_ answer: Answer) -> String? {
    answer.reason ?? answer["reason"] as? String
  }

  /// The parameters, beside the token, of each method that takes a token of the namespace.
  private static let jwtCalls: [(String, String)] = [
    ("jwt.verify", ""), ("jwt.verify", #","purpose":"pending""#),
    ("jwt.verify", #","purpose":"other","audience":"a","issuer":"i""#), ("jwt.revoke", ""),
    ("jwt.verify", scope),
  ]

  private static let pendingCalls: [(String, String)] = [
    ("pending.verify", ""), ("pending.exists", ""), ("pending.consume", ""),
    ("pending.update", #","data":1"#), ("pending.update", #","patch":{},"reissue":true"#),
    ("pending.delete", ""), ("pending.checkout", ""), ("pending.commit", #","receipt":"r""#),
    ("pending.release", #","receipt":"r""#),
  ]

  @Test(
    "a pending operation's token is of the wrong type for every jwt method, however it stands",
    arguments: EventStore.allCases)
  func pendingTokens(store: EventStore) throws {
    let keys = try TokenKeys(["HS256", "A256GCM"])
    try store.run(["--keys", keys.path]) { daemon, other in
      let client = try daemon.client()
      for more in [
        #","backend":"store""#, #","backend":"jwt""#, #","backend":"jwt","seal":true"#,
        #","backend":"jwt","oneTime":true"#, #","backend":"jwt","expiresIn":"1ms""#,
        #","backend":"jwt","seal":true"# + Self.scope,
      ] {
        let token = try Self.create(client, more)
        let use = #"{"token":"\#(token)","operationType":"form"}"#
        for isUsed in [false, true] {
          if isUsed { try client.call("pending.consume", use) }
          for (method, params) in Self.jwtCalls {
            let answer = try other.client().call(method, #"{"token":"\#(token)"\#(params)}"#)
            #expect(answer.reason == "WRONG_TYPE", "\(method) \(params) \(more)")
            #expect(!answer.text.contains("s3cr3t"))
          }
        }
      }
      let stored = try Self.create(client, #","backend":"store""#)
      let byName = #"{"jti":"\#(stored)","expiresAt":"2030-01-01T00:00:00Z"}"#
      #expect(try client.call("jwt.revoke", byName).reason == "WRONG_TYPE")
    }
  }

  @Test(
    "a jwt's, another type's, another scope's or another service's token opens no operation",
    arguments: EventStore.allCases)
  func otherTokens(store: EventStore) throws {
    let keys = try TokenKeys(["HS256", "A256GCM"])
    try store.run(["--keys", keys.path]) { daemon, other in
      let client = try daemon.client()
      let stranger = try other.client()
      try stranger.call("system.hello", #"{"service":"stranger"}"#)
      let backends = [
        #","backend":"store""#, #","backend":"jwt""#, #","backend":"jwt","seal":true"#,
      ]
      // The token, what else the caller gives, who calls, and the reason.
      var cases: [(String, String, LineClient, String)] = []
      for params in [
        "{}", #"{"seal":true}"#, #"{"purpose":"form"}"#,
        #"{"claims":{"operationType":"form","data":1,"oneTime":false,"maxAttempts":0}}"#,
      ] { cases.append((try Self.sign(client, params), "", client, "WRONG_TYPE")) }
      for backend in backends {
        cases.append((try Self.create(client, backend), Self.scope, client, "NOT_FOUND"))
        cases.append((try Self.create(client, backend + Self.scope), "", client, "NOT_FOUND"))
        cases.append((try Self.create(client, backend), "", stranger, "NOT_FOUND"))
        cases.append((try Self.create(stranger, backend), "", client, "NOT_FOUND"))
      }
      for (token, more, caller, reason) in cases {
        for (method, params) in Self.pendingCalls {
          let answer = try caller.call(
            method, #"{"token":"\#(token)","operationType":"form"\#(params)\#(more)}"#)
          #expect(Self.refusal(answer) == reason, "\(method) \(params) \(more)")
        }
      }
      for backend in backends {
        let token = try Self.create(client, backend)
        for (method, params) in Self.pendingCalls {
          let answer = try client.call(
            method, #"{"token":"\#(token)","operationType":"other"\#(params)}"#)
          #expect(Self.refusal(answer) == "WRONG_TYPE", "\(method) \(params) \(backend)")
        }
      }
    }
  }

  @Test("a receipt, a claim, a subscription or a stream's id is of no use elsewhere")
  func others() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    let tokens = try (0..<2).map { _ in try Self.create(client, #","backend":"store""#) }
    let checkouts = try tokens.map {
      try client.call("pending.checkout", #"{"token":"\#($0)","operationType":"form"}"#)
    }
    let receipt = try #require(checkouts[0]["receipt"] as? String)
    for method in ["pending.commit", "pending.release"] {
      let params = #"{"token":"\#(tokens[1])","operationType":"form","receipt":"\#(receipt)"}"#
      #expect(try client.call(method, params).reason == "LEASE_LOST")
    }
    for token in [receipt, try #require(checkouts[0]["id"] as? String)] {
      #expect(
        try client.call("pending.verify", #"{"token":"\#(token)","operationType":"form"}"#).reason
          == "TOKEN_INVALID")
      #expect(try client.call("jwt.verify", #"{"token":"\#(token)"}"#).reason == "TOKEN_INVALID")
    }

    let claim = try client.call("claim.once", #"{"key":"a","owner":"me"}"#)
    let fence = try #require(claim["fence"] as? Int)
    for method in ["claim.renew", "claim.release"] {
      for (key, more) in [("a", Self.scope), ("b", "")] {
        let params = #"{"key":"\#(key)","owner":"me","fence":\#(fence)\#(more)}"#
        #expect(try client.call(method, params).reason == "CLAIM_NOT_HELD")
      }
    }

    let name = try #require(
      try client.call("events.subscribe", #"{"channel":"c"}"#)["subscription"] as? String)
    let unsubscribe = #"{"subscription":"\#(name)"}"#
    #expect(try daemon.client().call("events.unsubscribe", unsubscribe).result as? Bool == false)
    #expect(try client.call("events.unsubscribe", unsubscribe).result as? Bool == true)

    for stream in ["s", "t"] {
      try client.call("streams.ensure", #"{"stream":"\#(stream)","group":"g"}"#)
    }
    let id = try #require(
      try client.call("streams.append", #"{"stream":"s","message":1}"#)["id"] as? String)
    try client.call("streams.read", #"{"stream":"s","group":"g","consumer":"c"}"#)
    let ack = { (stream: String, more: String) in
      try client.call(
        "streams.ack", #"{"stream":"\#(stream)","group":"g","ids":["\#(id)"]\#(more)}"#)
    }
    #expect(try ack("t", "")["acked"] as? Int == 0)
    #expect(try ack("s", Self.scope)["acked"] as? Int ?? 0 == 0)
    #expect(try ack("s", "")["acked"] as? Int == 1)
  }
}
