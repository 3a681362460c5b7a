internal import Foundation
internal import Support
import Testing

@Suite("A revocation", .timeLimit(.minutes(2)))
struct TokenRevocationTests {
  @Test("holds in every sidecar of the store, for as long as the token lives")
  func shared() throws {
    let redis = try RedisServer()
    let keys = try TokenKeys(["HS256"])
    let url = "unix://\(redis.socketPath)"
    let one = try RedisSidecar.start(url, ["--keys", keys.path])
    let two = try RedisSidecar.start(url, ["--keys", keys.path])
    let (first, second) = (try one.readyClient(), try two.readyClient())
    let signed = try first.call("jwt.sign", #"{"expiresIn":"30m"}"#)
    let token = try #require(signed["token"] as? String)
    let id = try #require(signed["jti"] as? String)
    #expect(try second.call("jwt.verify", #"{"token":"\#(token)"}"#).reason == nil)
    #expect(try first.call("jwt.revoke", #"{"token":"\#(token)"}"#)["revoked"] as? Bool == true)
    #expect(try second.call("jwt.verify", #"{"token":"\#(token)"}"#).reason == "TOKEN_REVOKED")
    // Redis has the token's name, never the token, and forgets it with the token.
    #expect(try redis.command(["KEYS", "*"]) == "cloakroom:default:jwt:\(id)")
    let life = try #require(Int(try redis.command(["PTTL", "cloakroom:default:jwt:\(id)"])))
    #expect((1_795_000...1_807_000).contains(life))
  }

  @Test(
    "is refused for a pending operation's token, which pending.delete ends",
    arguments: EventStore.allCases)
  func operation(store: EventStore) throws {
    let keys = try TokenKeys(["HS256", "A256GCM"])
    try store.run(["--keys", keys.path]) { daemon, other in
      let client = try daemon.client()
      for seal in [false, true] {
        let created = try client.call(
          "pending.create",
          #"{"operationType":"form","data":1,"backend":"jwt","seal":\#(seal)}"#)
        let token = try #require(created["token"] as? String)
        let params = #"{"token":"\#(token)","operationType":"form"}"#
        let refusal = try client.call("jwt.revoke", #"{"token":"\#(token)"}"#)
        #expect(refusal.reason == "WRONG_TYPE")
        #expect(refusal.message?.contains("pending.delete") == true)
        #expect(try client.call("pending.verify", params).reason == nil)
        #expect(try client.call("pending.delete", params)["deleted"] as? Bool == true)
        #expect(try other.client().call("pending.verify", params).reason == "DELETED")
        #expect(try client.call("jwt.revoke", #"{"token":"\#(token)"}"#).reason == "WRONG_TYPE")
        guard !seal else { continue }
        // A caller that has taken the name out of the token is not told that it is revoked either.
        let id = try #require(Self.claim("jti", of: token))
        let byName = try client.call(
          "jwt.revoke", #"{"jti":"\#(id)","expiresAt":"2030-01-01T00:00:00Z"}"#)
        #expect(byName.reason == "WRONG_TYPE")
      }
    }
  }

  /// A claim that is a string, of a token that is not sealed.
  private static func claim(_ name: String, of token: String) -> String? {
    let payload = String(token.split(separator: ".")[1])
    let text = payload.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - text.count % 4) % 4)
    guard let data = Data(base64Encoded: text + padding) else { return nil }
    let claims = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    return claims?[name] as? String
  }

  @Test("that can't be asked for is no pass: UNAVAILABLE, and signing goes on")
  func outage() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start("unix://\(redis.socketPath)", patience: "300ms")
    let client = try daemon.readyClient()
    let token = try #require(try client.call("jwt.sign")["token"] as? String)
    #expect(try client.call("jwt.verify", #"{"token":"\#(token)"}"#).reason == nil)
    redis.kill()
    let isDown = try eventually {
      let answer = try client.call("jwt.verify", #"{"token":"\#(token)"}"#)
      #expect(answer.result == nil)
      return answer.reason == "UNAVAILABLE"
    }
    #expect(isDown)
    // What can be told without the store is.
    #expect(try client.call("jwt.verify", #"{"token":"\#(token)A"}"#).reason == "TOKEN_INVALID")
    #expect(try client.call("jwt.sign").reason == nil)
    let revoked = try client.call("jwt.revoke", #"{"token":"\#(token)"}"#)
    #expect(revoked.reason == "UNAVAILABLE")
  }
}
