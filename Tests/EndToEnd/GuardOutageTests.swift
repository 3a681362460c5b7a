import Support
import Testing

@Suite("What is done once, while Redis is away", .timeLimit(.minutes(3)))
struct GuardOutageTests {
  private static let own = #","receipt":"8f14e45fceea167a5a36dedd4bea2543""#

  @Test("is unknown where a write was sent, and told truly to a repetition with the receipt")
  func frozen() throws {
    let stage = try GuardStage(.redis, patience: "500ms")
    let clients = try stage.clients(2)
    let redis = try #require(stage.redis)
    let held = try clients[0].beginNew("held", #","lockTtl":"1h""#)
    redis.pause()
    let begin = try clients[0].begin("a", Self.own)
    #expect(begin.reason == "OUTCOME_UNKNOWN")
    // What was still being read was not done.
    let complete = try clients[0].hand("complete", "held", held, #","result":1"#)
    #expect(complete.reason == "UNAVAILABLE" && complete.isRetryable == true)
    redis.resume()
    #expect(try clients[0].waitForStore())
    let again = try clients[0].begin("a", Self.own)
    #expect(again["status"] as? String == "new" && again["attempt"] as? Int == 1, "\(again)")
    #expect(try clients[1].begin("a")["status"] as? String == "in_progress")
    #expect(try clients[1].begin("held")["status"] as? String == "in_progress")
    try clients[0].complete("held", held, "1")
  }

  @Test("is taken back when its deadline has passed, unless the caller has the receipt")
  func deadline() throws {
    let stage = try GuardStage(.redis)
    let clients = try stage.clients(2)
    let redis = try #require(stage.redis)
    redis.pause()
    #expect(try clients[0].begin("a", #","deadlineMs":200"#).reason == "DEADLINE_EXCEEDED")
    #expect(try clients[0].begin("b", Self.own + #","deadlineMs":200"#).reason == "OUTCOME_UNKNOWN")
    redis.resume()
    #expect(try clients[0].waitForStore())
    // Nothing is held, and no try was made.
    let isFree = try eventually { try clients[1].begin("a")["attempt"] as? Int == 1 }
    #expect(isFree)
    #expect(try clients[1].begin("b")["status"] as? String == "in_progress")
    #expect(try clients[1].begin("b", Self.own)["attempt"] as? Int == 1)
  }

  @Test("is taken back when the client is gone before it was told")
  func gone() throws {
    let stage = try GuardStage(.redis)
    let other = try stage.clients(2)[1]
    let redis = try #require(stage.redis)
    var client: LineClient? = try stage.daemons[0].readyClient()
    let watch = try stage.daemons[0].readyClient()
    redis.pause()
    try client?.send(LineClient.request("idempotency.begin", #"{"key":"a","lockTtl":"1h"}"#))
    #expect(try eventually { try watch.metrics().sum("calls_in_flight") > 1 })
    client = nil
    #expect(try eventually { try watch.metrics().sum("connections") == 1 })
    redis.resume()
    let isFree = try eventually { try other.begin("a")["attempt"] as? Int == 1 }
    #expect(isFree)
  }

  /// What happens to the link while tries are made.
  static let faults: [RedisFault] = [
    .forgetsScripts, .closesConnections, .cutsWithin, .answersLate, .standsStill,
  ]

  @Test("is done once all the same, whatever happens to the link", arguments: faults)
  func faulty(fault: RedisFault) throws {
    let redis = try FaultyRedis(fault)
    let daemons = try (0..<2).map { _ in
      try RedisSidecar.start(redis.path, patience: fault.patience)
    }
    let clients = try (0..<8).map { try daemons[$0 % 2].readyClient() }
    let keys = 60
    /// Per connection: the key that it is at, its receipt, and what it does next.
    struct Caller {
      var key = 0
      var tries = 0
      var step = "begin"
    }
    var callers = clients.map { _ in Caller() }
    // What was run: more than one run of a key needs a lock that has lapsed, and these last an hour.
    var runs: [Int: Set<String>] = [:]
    var results: [Int: Set<String>] = [:]
    func receipt(_ index: Int) -> String { "caller-\(index)-of-key-\(callers[index].key)" }
    try ConcurrentCalls(clients, patience: .seconds(60)).run(
      meanwhile: { try redis.act() },
      next: { index in
        let caller = callers[index]
        guard caller.key < keys else { return .end }
        let more = #""key":"k\#(caller.key)","receipt":"\#(receipt(index))""#
        if caller.step == "begin" {
          return .call(
            method: "idempotency.begin", params: #"{\#(more),"lockTtl":"1h","waitMs":500}"#)
        }
        return .call(
          method: "idempotency.complete", params: #"{\#(more),"result":"\#(receipt(index))"}"#)
      },
      ended: { index, exchange in
        let answer = try #require(exchange.answer)
        let key = callers[index].key
        switch answer["status"] as? String {
        case "new":
          runs[key, default: []].insert(receipt(index))
          callers[index].step = "complete"
        case "completed":
          results[key, default: []].insert(try #require(answer["result"] as? String))
          callers[index] = Caller(key: key + 1)
        case "in_progress": break
        default:
          // It may be tried again with the same receipt: it was not done, or is answered alike.
          #expect(
            ["UNAVAILABLE", "OUTCOME_UNKNOWN", "OVERLOADED"].contains(answer.reason ?? ""),
            "\(answer)")
        }
      })
    try redis.calm()
    #expect(redis.faults > 0)
    #expect(runs.count == keys && results.count == keys)
    for key in 0..<keys {
      #expect(runs[key]?.count == 1, "key \(key) was run by \(runs[key] ?? [])")
      #expect(results[key] == runs[key])
    }
  }

  @Test("is waited for over a Redis that stands still")
  func waiting() throws {
    let stage = try GuardStage(.redis, patience: "300ms")
    let clients = try stage.clients(2)
    let redis = try #require(stage.redis)
    let receipt = try clients[0].beginNew("a", #","lockTtl":"1h""#)
    try clients[1].sendWaiting("a")
    redis.pause()
    // Its questions fail, and it goes on asking.
    #expect(
      try clients[1].call("kv.get", #"{"key":"x"}"#, id: 9).reason == "UNAVAILABLE")
    redis.resume()
    #expect(try clients[0].waitForStore())
    try clients[0].complete("a", receipt, "1")
    #expect(Answer(try clients[1].readLine())["result"] as? Int == 1)
  }
}
