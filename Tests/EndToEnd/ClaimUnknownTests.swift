import Support
import Testing

@Suite("A claim of which nobody knows whether it was granted", .timeLimit(.minutes(2)))
struct ClaimUnknownTests {
  /// What a call says beside its key and owner.
  static let parameters = ["", #","bindToConnection":true"#, #","waitMs":60000"#]

  @Test("is given back as soon as Redis answers again", arguments: parameters)
  func withdrawn(parameters: String) throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "1s")
    let client = try daemon.readyClient()
    redis.pause()
    try client.send(
      LineClient.request("claim.once", #"{"key":"job","owner":"lost","ttl":"1h"\#(parameters)}"#))
    let answer = Answer(try client.readLine())
    #expect(answer.reason == "OUTCOME_UNKNOWN", "\(answer)")
    // What was sent before the connection was given up lies in its buffer, and is done now.
    redis.resume()
    #expect(try client.waitForStore())
    let isFree = try eventually {
      let state = try client.call("claim.inspect", #"{"key":"job"}"#)
      // A fence says that it was granted.
      return state["fence"] is Int && state["held"] as? Bool == false
    }
    #expect(isFree)
    let next = try client.call("claim.once", #"{"key":"job","owner":"next"}"#)
    #expect(next["claimed"] as? Bool == true, "\(next)")
  }
}
