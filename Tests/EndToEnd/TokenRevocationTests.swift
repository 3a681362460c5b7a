import Support
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
