import Support
import Testing

@Suite("Callers that race for one pending operation", .timeLimit(.minutes(3)))
struct PendingRaceTests {
  /// Where the operation is.
  enum Place: String, CaseIterable, CustomTestStringConvertible {
    case redis = "in Redis, over several sidecars"
    case memory = "in memory"
    var testDescription: String { rawValue }
  }

  /// Sidecars of one store.
  private struct Stage {
    let redis: RedisServer?
    let daemons: [Daemon]

    init(_ place: Place, sidecars: Int = 2) throws {
      switch place {
      case .redis:
        let redis = try RedisServer()
        let path = redis.socketPath
        self.redis = redis
        daemons = try (0..<sidecars).map { _ in try RedisSidecar.start(path, patience: "30s") }
      case .memory:
        redis = nil
        daemons = [try Daemon(["--loops", "2"])]
      }
    }

    /// So many connections, dealt out to the sidecars.
    func clients(_ count: Int) throws -> [LineClient] {
      try (0..<count).map { try daemons[$0 % daemons.count].readyClient() }
    }
  }

  private static func create(_ client: LineClient, data: String = "{}") throws -> String {
    let answer = try client.call(
      "pending.create", #"{"operationType":"form","data":\#(data),"backend":"store"}"#)
    return try #require(answer["token"] as? String, "\(answer)")
  }

  private static func target(_ token: String, _ more: String = "") -> String {
    #"{"token":"\#(token)","operationType":"form"\#(more)}"#
  }

  /// Patches of members of their own, `first` and those after it.
  private static func patches(
    _ token: String, _ members: Range<Int>
  ) -> [(method: String, params: String)] {
    members.map { ("pending.update", target(token, #","patch":{"m\#($0)":\#($0)}"#)) }
  }

  /// Expects that an operation has so many members, and that all calls said so.
  private static func expect(
    _ members: Int, in token: String, _ client: LineClient,
    after exchanges: [[ConcurrentCalls.Exchange]]
  ) throws {
    let answers = exchanges.joined().compactMap(\.answer)
    #expect(answers.count == members)
    let failures = answers.filter { !($0["etag"] is String) }
    #expect(failures.isEmpty, "\(failures.count), such as \(failures.first?.text ?? "")")
    let data = try client.call("pending.verify", target(token))["data"] as? [String: Int]
    #expect(data == Dictionary(uniqueKeysWithValues: (0..<members).map { ("m\($0)", $0) }))
  }

  @Test(
    "by consume: one of fifty gets the data, and the others that they are gone",
    arguments: Place.allCases)
  func consume(place: Place) throws {
    let stage = try Stage(place)
    let clients = try stage.clients(50)
    for round in 0..<10 {
      let token = try Self.create(clients[0], data: #"{"n":\#(round)}"#)
      let calls = clients.map { _ in [(method: "pending.consume", params: Self.target(token))] }
      let answers = try ConcurrentCalls(clients).run(calls).joined().compactMap(\.answer)
      #expect(answers.count { $0["data", "n"] as? Int == round } == 1)
      #expect(answers.count { $0.reason == "CONSUMED" } == 49)
    }
  }

  @Test(
    "by 200 patches: all are there, over one connection and over many",
    arguments: Place.allCases, [1, 20])
  func patches(place: Place, connections: Int) throws {
    let stage = try Stage(place)
    let clients = try stage.clients(connections)
    let token = try Self.create(clients[0])
    let share = 200 / connections
    let calls = (0..<connections).map { Self.patches(token, $0 * share..<($0 + 1) * share) }
    let exchanges = try ConcurrentCalls(clients, window: share).run(calls)
    try Self.expect(200, in: token, clients[0], after: exchanges)
  }

  @Test("by 50 patches from each of 16 sidecars: all 800 are there, and every call has a result")
  func sidecars() throws {
    let stage = try Stage(.redis, sidecars: 16)
    let clients = try stage.clients(16)
    let token = try Self.create(clients[0])
    let calls = (0..<16).map { Self.patches(token, $0 * 50..<($0 + 1) * 50) }
    let exchanges = try ConcurrentCalls(clients, window: 50, patience: .seconds(100)).run(calls)
    try Self.expect(800, in: token, clients[0], after: exchanges)
  }

  @Test(
    "by changes over what all of them have seen: one is done in each round",
    arguments: Place.allCases)
  func ifMatch(place: Place) throws {
    let stage = try Stage(place, sidecars: 16)
    let clients = try stage.clients(32)
    let token = try Self.create(clients[0])
    for round in 1...10 {
      let seen = try clients[0].call("pending.verify", Self.target(token))
      let etag = try #require(seen["etag"] as? String)
      let calls = clients.indices.map { index in
        let member = index.isMultiple(of: 2) ? "patch" : "data"
        let change = #","\#(member)":{"round":\#(round),"by":\#(index)},"ifMatch":"\#(etag)""#
        return [(method: "pending.update", params: Self.target(token, change))]
      }
      let answers = try ConcurrentCalls(clients).run(calls).map { $0.first?.answer }
      let winners = answers.indices.filter { answers[$0]?["etag"] is String }
      #expect(winners.count == 1)
      #expect(answers.count { $0?.reason == "CONFLICT" } == 31)
      let left = try clients[1].call("pending.verify", Self.target(token))
      #expect(left["data", "round"] as? Int == round)
      #expect(left["data", "by"] as? Int == winners.first)
      #expect(left["etag"] as? String == winners.first.flatMap { answers[$0]?["etag"] as? String })
    }
  }

  @Test(
    "by checkout: one of thirty holds it, and its commit is the only one",
    arguments: Place.allCases)
  func checkout(place: Place) throws {
    let stage = try Stage(place)
    let clients = try stage.clients(30)
    for round in 0..<10 {
      let token = try Self.create(clients[0])
      let checkouts = clients.map { _ in [(method: "pending.checkout", params: Self.target(token))]
      }
      let leases = try ConcurrentCalls(clients).run(checkouts).joined().compactMap(\.answer)
      let receipts = leases.compactMap { $0["receipt"] as? String }
      #expect(receipts.count == 1)
      #expect(leases.count { $0.reason == "CHECKED_OUT" } == 29)
      let receipt = try #require(receipts.first)
      let commits = clients.indices.map { index in
        let more = #","receipt":"\#(receipt)","result":\#(round * 100 + index)"#
        return [(method: "pending.commit", params: Self.target(token, more))]
      }
      let answers = try ConcurrentCalls(clients).run(commits).joined().compactMap(\.answer)
      // A repetition is answered as the first call was.
      #expect(Set(answers.map { $0["result"] as? Int ?? -1 }).count == 1)
      #expect(answers.allSatisfy { $0["committed"] as? Bool == true })
    }
  }
}
