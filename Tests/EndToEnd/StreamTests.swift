internal import Support
internal import Testing

@Suite("A stream", .timeLimit(.minutes(2)))
struct StreamTests {
  static let stores = ["memory", "redis"]

  @Test("goes from append to acknowledgement as its methods say", arguments: stores)
  func wholeWay(_ store: String) throws {
    let sidecar = try StreamSidecar(store)
    let client = try sidecar.client()
    try client.ensure()
    let again = try client.call("streams.ensure", #"{"stream":"s","group":"g","startId":"$"}"#)
    #expect(again["created"] as? Bool == false)
    let messages = [
      "9007199254740993", "1.10", "1e400", "[]", #"{"a":{},"b":[null]}"#, #""ü\u00fc""#,
    ]
    let ids = try messages.map { try client.append($0) }
    let read = try client.read()
    // Compared as text: not every parser of JSON takes the numbers.
    let wanted = zip(ids, messages).map { id, message in
      #"{"id":"\#(id)","message":\#(message),"deliveries":1}"#
    }
    #expect(read.text.contains(#"{"messages":[\#(wanted.joined(separator: ","))]}"#), "\(read)")
    #expect(try client.read().text == #"{"jsonrpc":"2.0","id":1,"result":{"messages":[]}}"#)
    #expect(try client.call("streams.length", #"{"stream":"s"}"#)["length"] as? Int == 6)
    try client.acknowledge(Array(ids[1...]))
    let pending = try client.call("streams.pending", #"{"stream":"s","group":"g"}"#)
    #expect(pending["count"] as? Int == 1)
    #expect(pending["oldest", "id"] as? String == ids[0])
    let reclaim = #"{"stream":"s","group":"g","consumer":"d","minIdleMs":0,"maxDeliveries":2}"#
    let taken = try client.call("streams.reclaim", reclaim)
    #expect(taken.ids == [ids[0]])
    #expect(taken.messages.first?["deliveries"] as? Int == 2)
    #expect(taken["deadLettered"] as? Int == 0)
    #expect(try client.call("streams.reclaim", reclaim)["deadLettered"] as? Int == 1)

    try client.ensure("operators", on: "s:dead-letters")
    let letters = try client.read(group: "operators", stream: "s:dead-letters")
    let letter = try #require(letters.messages.first, "\(letters)")
    let origin = letter["from"] as? [String: Any]
    #expect(origin?["id"] as? String == ids[0])
    #expect(origin?["group"] as? String == "g")
    #expect(origin?["deliveries"] as? Int == 2)
    #expect(letters.text.contains(#""message":9007199254740993,"#))
    for (method, params) in [
      ("append", #""message":1"#), ("reclaim", #""group":"g","consumer":"c","maxDeliveries":1"#),
    ] {
      let answer = try client.call("streams.\(method)", #"{"stream":"s:dead-letters",\#(params)}"#)
      #expect(answer.reason == "INVALID_PARAMS")
    }
  }

  @Test("that nobody can read is told from one that has nothing", arguments: stores)
  func missing(_ store: String) throws {
    let sidecar = try StreamSidecar(store)
    let client = try sidecar.client()
    #expect(try client.read().reason == "NOT_FOUND")
    #expect(try client.read(blockMs: 60_000).reason == "NOT_FOUND")
    try client.ensure()
    #expect(try client.read(group: "h").reason == "NOT_FOUND")
    #expect(try client.read().messages.isEmpty)
  }

  @Test("is read a mebibyte at a time where messages are long", arguments: stores)
  func mebibyte(_ store: String) throws {
    let sidecar = try StreamSidecar(store)
    let client = try sidecar.client()
    try client.ensure()
    let message = #""\#(String(repeating: "x", count: 100_000))""#
    let ids = try (0..<20).map { _ in try client.append(message) }
    let read = try (0..<2).map { _ in try client.read(count: 100).ids }
    #expect(read.map(\.count) == [11, 9], "the eleventh makes them 1,048,576 bytes or more")
    #expect(read.flatMap(\.self) == ids)
    let reclaim = #"{"stream":"s","group":"g","consumer":"d","minIdleMs":0,"count":100}"#
    #expect(try client.call("streams.reclaim", reclaim).ids.count == 11)
  }

  @Test("ends a reader's wait when it has a message", arguments: stores, [1, 3])
  func woken(_ store: String, loops: Int) throws {
    let sidecar = try StreamSidecar(store, loops: loops)
    let writer = try sidecar.client()
    try writer.ensure()
    let readers = try (0..<6).map { _ in try sidecar.client() }
    for reader in readers { try reader.sendRead(count: 1, blockMs: 60_000) }
    try #require(try sidecar.waits(for: 6, writer))
    for number in 0..<6 { try writer.append("\(number)") }
    var numbers: [Int] = []
    for reader in readers { numbers += Answer(try reader.readLine()).numbers }
    #expect(numbers.sorted() == Array(0..<6))
  }

  @Test("keeps a reader waiting as long as it said, and no longer", arguments: stores)
  func timeOver(_ store: String) throws {
    let sidecar = try StreamSidecar(store)
    let client = try sidecar.client()
    try client.ensure()
    let start = ContinuousClock.now
    let answer = try client.read(blockMs: 200)
    #expect(answer.messages.isEmpty && answer.reason == nil)
    #expect(ContinuousClock.now - start >= .milliseconds(200))
    try client.sendRead(blockMs: 60_000, more: #","deadlineMs":100"#)
    #expect(Answer(try client.readLine()).reason == "DEADLINE_EXCEEDED")
    // A caller that gave up is not handed what comes afterwards.
    try client.append("1")
    #expect(try client.read(consumer: "other").numbers == [1])
  }

  @Test("delays no other call of a connection that waits for it", arguments: stores)
  func otherCalls(_ store: String) throws {
    let sidecar = try StreamSidecar(store, loops: 1)
    let client = try sidecar.client()
    try client.ensure()
    for id in 0..<100 { try client.sendRead(consumer: "\(id)", count: 1, blockMs: 60_000, id: id) }
    for number in 1...50 {
      #expect(
        try client.call("counter.increment", #"{"key":"n"}"#, id: 1000)["value"] as? Int == number)
    }
    for number in 0..<100 {
      let params = #"{"stream":"s","message":\#(number)}"#
      try client.send(LineClient.request("streams.append", params, id: 1000 + number))
    }
    let answers = try client.readLines(200).map { Answer($0) }
    #expect(answers.count { $0["id"] is String } == 100)
    #expect(answers.flatMap(\.numbers).sorted() == Array(0..<100))
  }

  @Test("is handed to those who have waited longest", arguments: stores)
  func inTurn(_ store: String) throws {
    let sidecar = try StreamSidecar(store, loops: 1)
    let client = try sidecar.client()
    try client.ensure()
    for id in 0..<5 { try client.sendRead(consumer: "\(id)", count: 1, blockMs: 60_000, id: id) }
    try #require(try sidecar.waits(for: 5, try sidecar.client()))
    let writer = try sidecar.client()
    for number in 0..<5 {
      try writer.append("\(number)")
      let answer = Answer(try client.readLine())
      #expect(answer.id == number)
      #expect(answer.numbers == [number])
    }
  }

  @Test("loses nothing to readers that are gone", arguments: stores)
  func gone(_ store: String) throws {
    let sidecar = try StreamSidecar(store, loops: 1)
    let client = try sidecar.client()
    try client.ensure()
    do {
      let leaving = try (0..<20).map { _ in try sidecar.client() }
      for reader in leaving { try reader.sendRead(consumer: "gone", blockMs: 60_000) }
      try #require(try sidecar.waits(for: 20, client))
    }
    try #require(try eventually { try client.metrics().sum("connections") == 1 })
    try client.append("1")
    #expect(try client.read(consumer: "here").numbers == [1])
    #expect(try client.metrics().sum("calls_in_flight") <= 1)
  }

  @Test("hands over no more long messages at once than a reply may have", arguments: stores)
  func longMessages(_ store: String) throws {
    let sidecar = try StreamSidecar(store, ["--set", "limits.unreadReplyBytes=65536"])
    let client = try sidecar.client()
    try client.ensure()
    let message = "\"\(String(repeating: "x", count: 12 << 10))\""
    let ids = try (0..<8).map { _ in try client.append(message) }
    var read: [String] = []
    for _ in 0..<3 { read += try client.read(count: 1000).ids }
    #expect(read == ids)
    var reclaimed: [String] = []
    let reclaim = #"{"stream":"s","group":"g","consumer":"d","minIdleMs":0,"count":1000}"#
    for _ in 0..<3 {
      let part = try client.call("streams.reclaim", reclaim).ids
      #expect((2...3).contains(part.count))
      try client.acknowledge(part)
      reclaimed += part
    }
    #expect(reclaimed == ids)
  }

  @Test("makes a thousand who wait for it no burden to Redis")
  func thousand() throws {
    let sidecar = try StreamSidecar("redis", loops: 2)
    let redis = try #require(sidecar.redis)
    let writer = try sidecar.client()
    try writer.ensure()
    let readers = try (0..<10).map { _ in try sidecar.client() }
    for (number, reader) in readers.enumerated() {
      for id in 0..<100 {
        try reader.sendRead(consumer: "\(number)", count: 1, blockMs: 60_000, id: id)
      }
    }
    try #require(try sidecar.waits(for: 1000, writer))
    let connections = try redis.command(["CLIENT", "LIST"]).split(separator: "\n")
    // Each loop's, the bus', and redis-cli's own.
    #expect(connections.count <= 4)
    let before = try Self.reads(redis)
    for number in 0..<100 { try writer.append("\(number)") }
    var numbers: [Int] = []
    let isDone = eventually {
      for reader in readers {
        while let line = try? reader.readLine(within: .milliseconds(5)) {
          numbers += Answer(line).numbers
        }
      }
      return numbers.count >= 100
    }
    #expect(isDone)
    #expect(numbers.sorted() == Array(0..<100))
    // On each of two loops one reads for an append, and when it has something, one after it.
    let reads = try Self.reads(redis) - before
    #expect(reads <= 100 * 4 + 20, "\(reads)")
  }

  /// How many reads Redis has done.
  private static func reads(_ redis: RedisServer) throws -> Int {
    let stats = try redis.command(["INFO", "commandstats"])
    let line = stats.split(whereSeparator: \.isNewline).first { $0.contains("cmdstat_xreadgroup:") }
    let calls = line?.split(separator: "=").dropFirst().first?.prefix { $0.isNumber }
    return calls.flatMap { Int($0) } ?? 0
  }
}
