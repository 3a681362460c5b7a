import Support
import Testing

@Suite("Waiting for what is done once", .timeLimit(.minutes(2)))
struct GuardWaitTests {
  typealias Place = GuardStage.Place

  /// Sooner than a waiter asks that was not told anything.
  private static let prompt = Duration.milliseconds(2900)

  /// Has a waiter on each sidecar wait for somebody's lock.
  private static func waiters(
    _ stage: GuardStage, _ client: LineClient, count: Int = 4, lockTtl: String = "1h",
    isKept: Bool = false
  ) throws -> (receipt: String, waiters: [LineClient]) {
    let receipt = try client.beginNew("a", #","lockTtl":"\#(lockTtl)""#)
    let waiters = try stage.clients(count)
    for (number, waiter) in waiters.enumerated() {
      try waiter.sendWaiting("a", isKept ? #","idempotencyKey":"waiter \#(number)""# : "")
    }
    if let redis = stage.redis {
      // On each sidecar somebody listens, and somebody has said so.
      let listens = try eventually {
        try redis.command(["PUBSUB", "NUMSUB", "cloakroom:default:idempotency:key:a"])
          .hasSuffix("\(stage.daemons.count)")
          && redis.command(["GET", "cloakroom:default:idempotency:key:a"]).contains("awaited")
      }
      #expect(listens)
    }
    return (receipt, waiters)
  }

  @Test(
    "ends for all as soon as it is completed, those too whose answers are kept",
    arguments: Place.allCases, [false, true])
  func completed(place: Place, isKept: Bool) throws {
    let stage = try GuardStage(place)
    let client = try stage.clients(1)[0]
    let (receipt, waiters) = try Self.waiters(stage, client, count: 20, isKept: isKept)
    try client.complete("a", receipt, #"{"n":1.10}"#)
    for waiter in waiters {
      let answer = Answer(try waiter.readLine(within: Self.prompt))
      #expect(answer.text.contains(#""result":{"n":1.10}"#), "\(answer)")
    }
  }

  @Test(
    "ends for one as soon as it has failed, and for the others when that one ends",
    arguments: Place.allCases)
  func failed(place: Place) throws {
    let stage = try GuardStage(place)
    let client = try stage.clients(1)[0]
    let (receipt, waiters) = try Self.waiters(stage, client)
    #expect(try client.hand("fail", "a", receipt)["status"] as? String == "open")
    var next: String?
    let isHad = try eventually(within: Self.prompt) {
      for waiter in waiters {
        for line in try waiter.availableLines() {
          let answer = Answer(line)
          #expect(answer["status"] as? String == "new" && answer["attempt"] as? Int == 2)
          #expect(next == nil)
          next = answer["receipt"] as? String
        }
      }
      return next != nil
    }
    #expect(isHad)
    let failed = try client.hand(
      "fail", "a", try #require(next), #","error":"no","final":true"#)
    var told = 0
    let isOver = try eventually(within: Self.prompt) {
      for waiter in waiters {
        for line in try waiter.availableLines() {
          #expect(Answer(line)["result"] as? String == "no")
          told += 1
        }
      }
      return told == waiters.count - 1
    }
    #expect(isOver && failed["status"] as? String == "failed")
  }

  @Test("ends when the lock has lapsed", arguments: Place.allCases)
  func lapsed(place: Place) throws {
    let stage = try GuardStage(place)
    let clients = try stage.clients(2)
    _ = try clients[0].beginNew("a", #","lockTtl":"400ms""#)
    try clients[1].sendWaiting("a")
    let answer = Answer(try clients[1].readLine(within: Self.prompt))
    #expect(answer["status"] as? String == "new" && answer["attempt"] as? Int == 2, "\(answer)")
  }

  @Test("ends in the order in which it began, lapse after lapse", arguments: Place.allCases)
  func inTurn(place: Place) throws {
    // The order is that of one event loop.
    let stage = try GuardStage(place, sidecars: 1, loops: 1)
    let clients = try stage.clients(7)
    _ = try clients[0].beginNew("a", #","lockTtl":"3s""#)
    let waiters = clients[1...]
    for waiter in waiters { try waiter.sendWaiting("a", #","lockTtl":"300ms""#) }
    let attempts = try waiters.map { waiter in
      let answer = Answer(try waiter.readLine(within: .seconds(20)))
      #expect(answer["status"] as? String == "new", "\(answer)")
      return answer["attempt"] as? Int ?? 0
    }
    #expect(attempts == Array(2...7))
  }

  @Test("ends earlier when the lock is renewed for less", arguments: Place.allCases)
  func shortened(place: Place) throws {
    let stage = try GuardStage(place)
    let client = try stage.clients(1)[0]
    let (receipt, waiters) = try Self.waiters(stage, client, count: 2)
    _ = try client.hand("renew", "a", receipt, #","lockTtl":"50ms""#)
    let isHad = try eventually(within: Self.prompt) {
      try waiters.contains { waiter in
        try waiter.availableLines().contains { Answer($0)["attempt"] as? Int == 2 }
      }
    }
    #expect(isHad)
  }

  @Test("ends with how things stand when it was long enough", arguments: Place.allCases)
  func over(place: Place) throws {
    let stage = try GuardStage(place)
    let clients = try stage.clients(2)
    let receipt = try clients[0].beginNew("a")
    let start = ContinuousClock.now
    let answer = try clients[1].begin("a", #","waitMs":200"#)
    #expect(start.duration(to: .now) >= .milliseconds(200))
    #expect(answer["status"] as? String == "in_progress" && answer["retryAfterMs"] is Int)
    try clients[0].complete("a", receipt, "1")
  }

  @Test("ends with the call's deadline, and holds nothing", arguments: Place.allCases)
  func deadline(place: Place) throws {
    let stage = try GuardStage(place)
    let clients = try stage.clients(2)
    let receipt = try clients[0].beginNew("a")
    let late = try clients[1].begin("a", #","waitMs":60000,"deadlineMs":150"#)
    #expect(late.reason == "DEADLINE_EXCEEDED")
    _ = try clients[0].hand("fail", "a", receipt)
    _ = try clients[0].beginNew("a", attempt: 2)
  }

  @Test("does not keep the calls behind it from another key", arguments: Place.allCases)
  func others(place: Place) throws {
    let stage = try GuardStage(place)
    let clients = try stage.clients(2)
    let receipt = try clients[0].beginNew("a")
    try clients[1].sendWaiting("a")
    try clients[1].send(LineClient.request("idempotency.begin", #"{"key":"b"}"#, id: 3))
    #expect(Answer(try clients[1].readLine())["status"] as? String == "new")
    try clients[0].complete("a", receipt, "1")
    #expect(Answer(try clients[1].readLine())["status"] as? String == "completed")
  }
}
