internal import Support
internal import Testing

@Suite("The consumers of a stream on one Redis", .timeLimit(.minutes(2)))
struct StreamConsumerTests {
  @Test("share its messages out over two sidecars, and take over from those that are killed")
  func killed() throws {
    let redis = try RedisServer()
    let doomed = try RedisSidecar.start(redis.socketPath, patience: "5s", loops: 2)
    let other = try RedisSidecar.start(redis.socketPath, patience: "5s", loops: 2)
    let writer = try other.readyClient()
    try writer.ensure()
    let consumers = try (0..<4).map { _ in try doomed.readyClient() }
    for (number, consumer) in consumers.enumerated() {
      try consumer.sendRead(consumer: "doomed-\(number)", count: 5, blockMs: 60_000)
    }
    let messages = 60
    for number in 0..<messages { try writer.append("\(number)") }
    // Each has some unacknowledged, and the first has done half of its own, when their sidecar is killed with
    // them.
    var done: Set<Int> = []
    for consumer in consumers {
      let answer = Answer(try consumer.readLine())
      #expect(!answer.ids.isEmpty)
      if done.isEmpty {
        try consumer.acknowledge(Array(answer.ids.prefix(1)))
        done.formUnion(answer.numbers.prefix(1))
      }
    }
    for consumer in consumers { try consumer.sendRead(count: 3, blockMs: 60_000) }
    doomed.process.kill()

    let survivor = try other.readyClient()
    let reclaim = #"{"stream":"s","group":"g","consumer":"survivor","minIdleMs":50,"count":7}"#
    let isDone = try eventually(within: .seconds(30)) {
      for answer in [
        try survivor.read(consumer: "survivor", blockMs: 20),
        try survivor.call("streams.reclaim", reclaim),
      ] where !answer.ids.isEmpty {
        try survivor.acknowledge(answer.ids)
        // None is handed to anybody again that was acknowledged.
        #expect(done.isDisjoint(with: answer.numbers))
        done.formUnion(answer.numbers)
      }
      return done.count == messages
    }
    #expect(isDone, "\(done.count)")
    let pending = try survivor.call("streams.pending", #"{"stream":"s","group":"g"}"#)
    #expect(pending["count"] as? Int == 0)
  }

  @Test("hear in one sidecar what is appended through the other")
  func twoSidecars() throws {
    let redis = try RedisServer()
    let sidecars = try (0..<2).map { _ in
      try RedisSidecar.start(redis.socketPath, patience: "5s", loops: 2)
    }
    let writer = try sidecars[0].readyClient()
    let readers = try (0..<8).map { try sidecars[$0 % 2].readyClient() }
    try writer.ensure()
    for reader in readers { try reader.sendRead(count: 1, blockMs: 60_000) }
    for sidecar in sidecars {
      let client = try sidecar.client()
      #expect(try eventually { try client.metrics().sum("calls_in_flight") > 4 })
    }
    for number in 0..<8 { try writer.append("\(number)") }
    let numbers = try readers.flatMap { Answer(try $0.readLine(within: .seconds(4))).numbers }
    #expect(numbers.sorted() == Array(0..<8))
  }

  @Test("find out by themselves what somebody else wrote to Redis, and are not held up by it")
  func foreign() throws {
    let redis = try RedisServer()
    let sidecar = try RedisSidecar.start(redis.socketPath, patience: "5s", loops: 1)
    let client = try sidecar.readyClient()
    try client.ensure()
    try client.sendRead(blockMs: 60_000)
    #expect(try eventually { try sidecar.client().metrics().sum("calls_in_flight") > 1 })
    let key = "cloakroom:default:streams:s"
    _ = try redis.command(["XADD", key, "*", "field", "value\n", "id", "7", "field", "last"])
    let first = Answer(try client.readLine())
    #expect(first.messages.count == 1)
    #expect(
      first.text.contains(#""message":null,"fields":{"id":"7","field":"last"},"deliveries":1"#))
    _ = try redis.command(["XADD", key, "*", "message", "{no JSON"])
    _ = try redis.command(["XADD", key, "*", "id", "1-1", "message", "[\n1]", "group", "x"])
    let second = try client.read()
    #expect(second.messages.count == 2)
    #expect(second.messages[0]["error"] != nil)
    #expect(second.messages[1]["message"] as? [Int] == [1])
    try client.acknowledge(second.ids)
    let reclaim = #"{"stream":"s","group":"g","consumer":"c","minIdleMs":0,"maxDeliveries":1}"#
    let moved = try client.call("streams.reclaim", reclaim)
    #expect(moved["deadLettered"] as? Int == 1, "\(moved)")
    let dead = #"{"stream":"s:dead-letters","group":"g"}"#
    _ = try client.call("streams.ensure", dead)
    let letter = try client.call("streams.read", dead.dropLast() + #","consumer":"c"}"#)
    #expect(
      letter.text.contains(#""fields":{"id":"7","field":"last"},"deliveries":1,"from":{"#),
      "\(letter)")
  }

  @Test("wait through the death of Redis and get what is appended afterwards")
  func outage() throws {
    // Redis keeps what it has answered, so that streams outlive its process.
    let redis = try RedisServer(arguments: [
      "--appendonly", "yes", "--appendfsync", "no", "--appenddirname", ".",
    ])
    let sidecar = try RedisSidecar.start(redis.socketPath, patience: "2s", loops: 2)
    let writer = try sidecar.readyClient()
    try writer.ensure()
    let readers = try (0..<10).map { _ in try sidecar.readyClient() }
    for (number, reader) in readers.enumerated() {
      try reader.sendRead(consumer: "\(number)", count: 1, blockMs: 60_000)
    }
    #expect(try eventually { try writer.metrics().sum("calls_in_flight") > 10 })
    for round in 0..<3 {
      redis.kill()
      #expect(try eventually { try writer.read(consumer: "w").reason == "UNAVAILABLE" })
      try redis.restart()
      #expect(try writer.waitForStore())
      guard round == 2 else { continue }
      for number in 0..<10 {
        #expect(try eventually { try writer.call("kv.exists", #"{"key":"-"}"#).result != nil })
        try writer.append("\(number)")
      }
    }
    let numbers = try readers.flatMap { Answer(try $0.readLine()).numbers }
    #expect(numbers.sorted() == Array(0..<10))
  }

  @Test("that wait are told when the sidecar stops, and when Redis has lost the stream")
  func endings() throws {
    let redis = try RedisServer()
    let sidecar = try RedisSidecar.start(redis.socketPath, patience: "2s", loops: 2)
    let client = try sidecar.readyClient()
    try client.ensure()
    try client.sendRead(blockMs: 60_000)
    #expect(try eventually { try sidecar.client().metrics().sum("calls_in_flight") > 1 })
    try redis.restart()
    #expect(Answer(try client.readLine()).reason == "NOT_FOUND")
    try client.ensure()
    try client.sendRead(blockMs: 60_000)
    #expect(try eventually { try sidecar.client().metrics().sum("calls_in_flight") > 1 })
    let start = ContinuousClock.now
    #expect(sidecar.stop() == .status(0))
    #expect(ContinuousClock.now - start < .seconds(8))
    #expect(Answer(try client.readLine()).reason == "UNAVAILABLE")
  }
}
