import Glibc
import Support
import Testing

/// Calls that wait while the policy is read anew.
@Suite("A policy that is read anew ends", .timeLimit(.minutes(2)))
struct PolicyReloadWaitTests {
  private static let all = #"["*"]"#
  /// What is left to the service: all that doesn't wait.
  private static let less =
    #"["kv.*", "claim.release", "claim.inspect", "streams.append", "streams.pending"]"#

  private static func policy(_ methods: String) -> String {
    #"{"services": {"mine": {"uids": [\#(getuid())], "methods": \#(methods)}}}"#
  }

  private static func sidecar(_ redis: RedisServer?) throws -> Daemon {
    let options = redis.map {
      ["--redis", "unix://\($0.socketPath)", "--set", "store.commandTimeout=10s"]
    }
    return try Daemon((options ?? []) + ["--loops", "2"], configuration: policy(all))
  }

  private static func reload(_ daemon: Daemon) throws {
    try TextFile.write(policy(less), to: daemon.folder + "/config.json")
    daemon.process.signal(SIGHUP)
  }

  /// Calls that wait for what does not come by itself, each with a connection of its own.
  private static let waits = [
    ("claim.once", #"{"key":"job","owner":"a","waitMs":60000}"#),
    ("claim.once", #"{"key":"job","owner":"b","waitMs":60000,"idempotencyKey":"k"}"#),
    ("claim.once", #"{"key":"job","owner":"c","waitMs":60000,"bindToConnection":true}"#),
    ("streams.read", #"{"stream":"s","group":"g","consumer":"c","blockMs":60000}"#),
    (
      "streams.read",
      #"{"stream":"s","group":"g","consumer":"c","blockMs":60000,"idempotencyKey":"r"}"#
    ),
  ]

  @Test("every wait that it would not allow, and gives up its place", arguments: [false, true])
  func waiting(hasRedis: Bool) throws {
    let redis = hasRedis ? try RedisServer() : nil
    let daemon = try Self.sidecar(redis)
    let client = try daemon.readyClient()
    try client.call("claim.once", #"{"key":"job","owner":"holder","ttl":"1h"}"#)
    try client.call("streams.ensure", #"{"stream":"s","group":"g"}"#)
    let waiters = try Self.waits.map { method, params in
      let waiter = try daemon.readyClient()
      try waiter.send(LineClient.request(method, params, id: 7))
      // Answered after the step before it.
      #expect(try waiter.call("kv.exists", #"{"key":"-"}"#, id: 8).id == 8)
      return waiter
    }
    if let redis { try Self.awaitSilence(redis) }
    try Self.reload(daemon)
    for (waiter, (method, _)) in zip(waiters, Self.waits) {
      let answer = Answer(try waiter.readLine())
      #expect(answer.id == 7 && answer.reason == "FORBIDDEN", "\(answer)")
      #expect(answer.message?.contains("mine") == true)
      #expect(answer.message?.contains(method) == true)
    }
    try client.call("claim.release", #"{"key":"job","owner":"holder"}"#)
    try client.call("streams.append", #"{"stream":"s","message":1}"#)
    // What was given up was given up before its connection's next call.
    for waiter in waiters { try waiter.call("claim.inspect", #"{"key":"job"}"#) }
    #expect(try client.call("claim.inspect", #"{"key":"job"}"#)["held"] as? Bool == false)
    let pending = try client.call("streams.pending", #"{"stream":"s","group":"g"}"#)
    #expect(pending["count"] as? Int == 0)
  }

  /// Waits until no script has run between several looks: a call that has asked while it was to end is told
  /// truthfully that it may have been done, and this is not about that.
  private static func awaitSilence(_ redis: RedisServer) throws {
    var last = ""
    var silent = 0
    let isSilent = try eventually {
      let statistics = try redis.command(["INFO", "commandstats"])
      let scripts =
        statistics.split(whereSeparator: \.isNewline).first { $0.contains("evalsha") } ?? ""
      silent = scripts == last ? silent + 1 : 0
      last = String(scripts)
      return silent >= 5
    }
    #expect(isSilent)
  }

  @Test("a wait whose claim is granted meanwhile, and takes the claim back")
  func granted() throws {
    let redis = try RedisServer()
    let daemon = try Self.sidecar(redis)
    let client = try daemon.readyClient()
    let waiter = try daemon.readyClient()
    let start = ContinuousClock.now
    try client.call("claim.once", #"{"key":"job","owner":"holder","ttl":"1s"}"#)
    try waiter.send(LineClient.request("claim.once", Self.waits[0].1, id: 7))
    // It listens, and asks again when the other's time is over.
    let listens = try eventually {
      try redis.command(["PUBSUB", "CHANNELS"]) == "cloakroom:mine:claim:job"
    }
    #expect(listens)
    redis.pause()
    let hasAsked = eventually { start.duration(to: .now) > .milliseconds(1200) }
    #expect(hasAsked)
    try Self.reload(daemon)
    #expect(Answer(try waiter.readLine()).reason == "FORBIDDEN")
    redis.resume()
    let isFree = try eventually {
      try waiter.call("claim.inspect", #"{"key":"job"}"#)["held"] as? Bool == false
    }
    #expect(isFree)
  }

  @Test("a call that has not come to its wait yet")
  func beginning() throws {
    let redis = try RedisServer()
    let daemon = try Self.sidecar(redis)
    let client = try daemon.readyClient()
    try client.call("claim.once", #"{"key":"job","owner":"holder","ttl":"1h"}"#)
    try client.call("streams.ensure", #"{"stream":"s","group":"g"}"#)
    let calls = Self.waits + [("events.subscribe", #"{"channel":"c"}"#)]
    let waiters = try calls.map { _ in try daemon.readyClient() }
    redis.pause()
    for (waiter, (method, params)) in zip(waiters, calls) {
      try waiter.send(LineClient.request(method, params))
      // Answered by the sidecar itself, after the call before it has begun.
      #expect(try waiter.call("system.ping", id: 9).id == 9)
    }
    try Self.reload(daemon)
    let isTold = eventually { daemon.output.contains("policy reloaded") }
    #expect(isTold)
    redis.resume()
    for (waiter, (method, _)) in zip(waiters, calls) {
      #expect(Answer(try waiter.readLine()).reason == "FORBIDDEN", "\(method)")
    }
  }
}
