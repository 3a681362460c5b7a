internal import Support
internal import Testing

@Suite("A sidecar whose date jumps", .timeLimit(.minutes(3)), .serialized)
struct DateJumpTests {
  /// A sidecar, its date, and its log, which says what date it sees.
  private struct Stage {
    let sidecar: Daemon
    let date: PretendedDate
    private let folder: ScratchFolder

    init(_ redis: RedisServer?) throws {
      folder = try ScratchFolder()
      date = try PretendedDate(in: folder.path)
      let store = redis.map {
        ["--redis", "unix://\($0.socketPath)", "--set", "store.commandTimeout=10s"]
      }
      sidecar = try Daemon(
        (store ?? []) + ["--access-log", folder.path + "/log"], environment: date.environment,
        wrapper: PretendedDate.wrapper)
      PretendedDate.clean(after: sidecar.process.id)
    }

    /// The decades that it has seen.
    var decades: Set<String> {
      let log = TextFile.read(folder.path + "/log")
      return Set(log.matches(of: /"time":"(\d{3})/).map { String($0.1) })
    }
  }

  private static let decade = Duration.seconds(3650 * 86_400)
  /// Forward and back, far and by little.
  private static let jumps: [Duration] = [
    decade, .seconds(0) - decade, .seconds(1), .zero, .seconds(-3600), .seconds(86_400),
  ]

  @Test("lets through what rate limits say, to the last one", arguments: [3, 0])
  func rates(sidecarsOnRedis count: Int) throws {
    let redis = count > 0 ? try RedisServer() : nil
    let stages = try (0..<max(count, 1)).map { _ in try Stage(redis) }
    let clients = try stages.map { try $0.sidecar.readyClient() }
    // A tenth of a second for each, ten at once.
    let params = #"{"key":"crowd","limit":100,"window":10,"burst":10}"#
    let requests = Array(repeating: (method: "ratelimit.check", params: params), count: 50)
    // By the clock that doesn't jump: from before the first was sent until the last was answered.
    let start = ContinuousClock.now
    var admitted = 0
    var round = 0
    while ContinuousClock.now - start < .seconds(3) {
      for (place, stage) in stages.enumerated() {
        try stage.date.jump(to: Self.jumps[(round + place) % Self.jumps.count])
      }
      round += 1
      for client in clients { try client.sendAll(requests) }
      for client in clients {
        for answer in try client.readAll(requests.count).values {
          #expect(answer["checked"] as? Bool == true)
          if try #require(answer["allowed"] as? Bool) { admitted += 1 }
        }
      }
    }
    let elapsed = ContinuousClock.now - start
    let most = 10 + Int(elapsed / .milliseconds(100))
    #expect(admitted <= most, "\(admitted) of \(most) in \(elapsed)")
    // Nothing that it allows is held back for longer than its callers take to ask again.
    #expect(admitted >= most / 2, "\(admitted) of \(most) in \(elapsed)")
    #expect(round >= Self.jumps.count)
    for stage in stages { eventually("its log") { stage.decades.count >= 3 } }
  }

  @Test("neither ends nor prolongs a life, and names the same end", arguments: [true, false])
  func lives(isRedis: Bool) throws {
    let redis = isRedis ? try RedisServer() : nil
    let stage = try Stage(redis)
    let client = try stage.sidecar.readyClient()
    try client.call("kv.set", #"{"key":"v","value":1,"ttl":"1h"}"#)
    try client.call("cache.set", #"{"key":"x","value":1,"ttl":"1h","jitter":0}"#)
    let claim = try client.call("claim.once", #"{"key":"c","owner":"a","ttl":"1h"}"#)
    let guarded = #"{"key":"g","lockTtl":"1h"}"#
    #expect(try client.call("idempotency.begin", guarded)["status"] as? String == "new")
    let operation = try client.call(
      "pending.create", #"{"operationType":"o","data":1,"expiresIn":"1h","backend":"store"}"#)
    let token = try #require(operation["token"] as? String)
    let session = try client.call("session.create", #"{"ttl":"1h"}"#)
    let id = try #require(session["sessionId"] as? String)
    let ends = try [claim, operation, session].map { try #require($0["expiresAt"] as? String) }
    for ahead in Self.jumps {
      try stage.date.jump(to: ahead)
      let value = try client.call("kv.get", #"{"key":"v","withMeta":true}"#)
      #expect((3_300_000...3_600_000).contains(value["ttlMs"] as? Int ?? 0), "\(ahead): \(value)")
      #expect(try client.call("cache.get", #"{"key":"x"}"#)["status"] as? String == "hit")
      let other = try client.call("claim.once", #"{"key":"c","owner":"b","ttl":"1h"}"#)
      #expect(other["claimed"] as? Bool == false && other["owner"] as? String == "a")
      #expect(other["expiresAt"] as? String == ends[0], "\(ahead): \(other)")
      #expect(try client.call("idempotency.begin", guarded)["status"] as? String == "in_progress")
      let verified = try client.call(
        "pending.verify", #"{"token":"\#(token)","operationType":"o"}"#)
      #expect(verified["expiresAt"] as? String == ends[1], "\(ahead): \(verified)")
      let found = try client.call("session.get", #"{"sessionId":"\#(id)"}"#)
      #expect(found["expiresAt"] as? String == ends[2], "\(ahead): \(found)")
    }
    // What is to end does so in its time, though the date is put back.
    try stage.date.jump(to: .zero)
    let short = #""ttl":"300ms""#
    try client.call("kv.set", #"{"key":"v","value":1,\#(short)}"#)
    try client.call("claim.once", #"{"key":"short","owner":"a",\#(short)}"#)
    try stage.date.jump(to: Self.jumps[1])
    try eventually("the value's end") {
      try client.call("kv.get", #"{"key":"v"}"#)["found"] as? Bool == false
    }
    try eventually("the claim's end") {
      try client.call("claim.once", #"{"key":"short","owner":"b"}"#)["claimed"] as? Bool == true
    }
    eventually("its log") { stage.decades.count >= 3 }
  }
}
