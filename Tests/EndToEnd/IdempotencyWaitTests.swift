import Support
import Testing

/// Calls that wait, or take long, and are repeated by their idempotency keys on another connection.
@Suite("A grant that is kept under an idempotency key", .timeLimit(.minutes(2)))
struct IdempotencyWaitTests {
  @Test("of a claim stays when the deadline passes while it is granted")
  func claim() throws {
    let redis = try RedisServer()
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "10s")
    let client = try daemon.readyClient()
    let waiter = try daemon.readyClient()
    try client.call("claim.once", #"{"key":"job","owner":"other","ttl":"1s"}"#)
    let call = #""key":"job","owner":"me","ttl":"1h","waitMs":60000,"idempotencyKey":"k""#
    try waiter.send(LineClient.request("claim.once", "{\(call),\"deadlineMs\":2000}"))
    // It listens, and asks again when the other's time is over.
    let listens = try eventually {
      try redis.command(["PUBSUB", "CHANNELS"]) == "cloakroom:default:claim:job"
    }
    #expect(listens)
    // What it asks then Redis does only after the deadline.
    redis.pause()
    #expect(Answer(try waiter.readLine()).reason != nil)
    redis.resume()
    let repeated = try client.call("claim.once", "{\(call)}")
    #expect(repeated["claimed"] as? Bool == true)
    // Whatever the first call had to take back is done in the order of its connection.
    _ = try waiter.call("claim.inspect", #"{"key":"job"}"#)
    let state = try client.call("claim.inspect", #"{"key":"job"}"#)
    #expect(state["held"] as? Bool == true)
    #expect(state["fence"] as? Int == repeated["fence"] as? Int)
  }

  @Test("of an operation stays when the deadline passes while it is checked out")
  func checkout() throws {
    let redis = try RedisServer()
    // Its signatures are looked at away from the loop.
    let keys = try TokenKeys(["ES384"])
    let daemon = try RedisSidecar.start(redis.socketPath, patience: "10s", ["--keys", keys.path])
    let client = try daemon.readyClient()
    let other = try daemon.readyClient()
    let created = try client.call(
      "pending.create", #"{"operationType":"form","data":1,"backend":"jwt"}"#)
    let token = try #require(created["token"] as? String)
    let call = #""token":"\#(token)","operationType":"form""#
    redis.pause()
    let checkout = #"\#(call),"leaseTtl":"1h","idempotencyKey":"k""#
    let late = try client.call("pending.checkout", "{\(checkout),\"deadlineMs\":300}")
    #expect(late.reason != nil)
    redis.resume()
    let repeated = try other.call("pending.checkout", "{\(checkout)}")
    let receipt = try #require(repeated["receipt"] as? String)
    _ = try client.call("pending.exists", "{\(call)}")
    let commit = try other.call("pending.commit", "{\(call),\"receipt\":\"\(receipt)\"}")
    #expect(commit["committed"] as? Bool == true, "\(commit)")
  }

  @Test("of a stream's messages is told again to a repetition of the read that waited for them")
  func read() throws {
    for store in EventStore.allCases {
      try store.run { daemon, other in
        let client = try daemon.client()
        let reader = try other.client()
        try client.call("streams.ensure", #"{"stream":"s","group":"g"}"#)
        let read =
          #"{"stream":"s","group":"g","consumer":"c","blockMs":20000,"idempotencyKey":"k"}"#
        try reader.send(LineClient.request("streams.read", read))
        try reader.send(LineClient.request("kv.exists", #"{"key":"-"}"#, id: 2))
        #expect(Answer(try reader.readLine()).id == 2)
        try client.call("streams.append", #"{"stream":"s","message":"one"}"#)
        let first = Answer(try reader.readLine())
        #expect(first.text.contains(#""message":"one""#))
        try client.call("streams.append", #"{"stream":"s","message":"two"}"#)
        #expect(try client.call("streams.read", read).text == first.text)
      }
    }
  }
}
