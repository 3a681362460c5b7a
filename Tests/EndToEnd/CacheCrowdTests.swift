import Support
import Testing

@Suite("A crowd that misses one key", .timeLimit(.minutes(3)))
struct CacheCrowdTests {
  /// What the readers of a key do, each connection its own.
  private struct Crowd {
    /// How many calls of `cache.get` each connection makes.
    let share: Int
    /// What a maker does with its lease of a number: a call, or nothing at all.
    let fill: (_ lease: String, _ number: Int) -> (method: String, params: String)?
    var leases: [String] = []
    var answers: [Answer] = []
    private var sent: [Int: Int] = [:]
    private var open: [Int: [(method: String, params: String)]] = [:]

    init(
      share: Int, fill: @escaping (String, Int) -> (method: String, params: String)?
    ) {
      self.share = share
      self.fill = fill
    }

    mutating func run(_ clients: [LineClient], leaseTtl: String) throws {
      let get = #"{"key":"k","tags":["t"],"waitMs":60000,"leaseTtl":"\#(leaseTtl)"}"#
      var crowd = self
      try ConcurrentCalls(clients, window: share + 1, patience: .seconds(60)).run(
        next: { index in
          if let call = crowd.open[index]?.popLast() {
            return .call(method: call.method, params: call.params, tag: 1)
          }
          guard crowd.sent[index, default: 0] < crowd.share else {
            return crowd.answers.count < crowd.share * clients.count ? .wait : .end
          }
          crowd.sent[index, default: 0] += 1
          return .call(method: "cache.get", params: get)
        },
        ended: { index, exchange in
          let answer = try #require(exchange.answer)
          guard exchange.tag == 0 else { return }
          crowd.answers.append(answer)
          guard let lease = answer["lease"] as? String else { return }
          crowd.leases.append(lease)
          if let call = crowd.fill(lease, crowd.leases.count) {
            crowd.open[index, default: []].append(call)
          }
        })
      self = crowd
    }

    /// How many were answered so.
    func count(_ status: String, _ value: Int? = nil) -> Int {
      answers.count { $0["status"] as? String == status && $0["value"] as? Int == value }
    }
  }

  private static func set(_ lease: String, _ value: Int) -> (method: String, params: String) {
    ("cache.set", #"{"key":"k","value":\#(value),"tags":["t"],"lease":"\#(lease)"}"#)
  }

  @Test(
    "has one of a thousand make the value, and all the others get it",
    arguments: CacheStage.Place.allCases)
  func oneFill(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    var crowd = Crowd(share: 25) { lease, number in Self.set(lease, number) }
    try crowd.run(try stage.clients(40), leaseTtl: "60s")
    #expect(crowd.leases.count == 1)
    #expect(crowd.count("miss") == 1)
    #expect(crowd.count("hit", 1) == 999)
  }

  @Test(
    "has the next make it when the first has died", arguments: CacheStage.Place.allCases)
  func deadFiller(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    var crowd = Crowd(share: 25) { lease, number in number == 1 ? nil : Self.set(lease, number) }
    try crowd.run(try stage.clients(40), leaseTtl: "5s")
    #expect(crowd.leases.count == 2)
    #expect(crowd.count("miss") == 2)
    #expect(crowd.count("hit", 2) == 998)
  }

  @Test(
    "has the next make it as soon as a lease is given back", arguments: CacheStage.Place.allCases)
  func released(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    var crowd = Crowd(share: 25) { lease, number in
      number <= 3
        ? ("cache.release", #"{"key":"k","lease":"\#(lease)"}"#) : Self.set(lease, number)
    }
    try crowd.run(try stage.clients(40), leaseTtl: "50s")
    #expect(crowd.leases.count == 4)
    #expect(crowd.count("hit", 4) == 996)
  }

  @Test(
    "gets no value that was made before an invalidation, and another makes the next",
    arguments: CacheStage.Place.allCases)
  func invalidated(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let writer = try stage.clients(1)[0]
    var refusals: [String] = []
    var crowd = Crowd(share: 25) { lease, number in
      if number <= 2 {
        // Between reading and setting.
        _ = try? writer.call("cache.invalidate", #"{"tags":["t"]}"#)
        let set = Self.set(lease, number)
        if let answer = try? writer.call(set.method, set.params) {
          refusals.append(answer.reason ?? answer.text)
        }
        return nil
      }
      return Self.set(lease, number)
    }
    try crowd.run(try stage.clients(40), leaseTtl: "50s")
    #expect(refusals == ["LEASE_LOST", "LEASE_LOST"])
    // A lease that was just being given when a tag was raised may be void from its beginning.
    let made = crowd.leases.count
    #expect((3...6).contains(made))
    #expect(crowd.count("miss") == made)
    #expect((3...6).reduce(0) { $0 + crowd.count("hit", $1) } == 1000 - made)
  }

  @Test("is answered in time when nobody makes the value", arguments: CacheStage.Place.allCases)
  func timeOver(place: CacheStage.Place) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    _ = try clients[0].lease("k", #","leaseTtl":"60s""#)
    let start = ContinuousClock.now
    let answer = try clients[1].call("cache.get", #"{"key":"k","waitMs":300}"#)
    #expect(answer["status"] as? String == "miss" && answer["lease"] == nil)
    #expect(start.duration(to: .now) >= .milliseconds(300))
    #expect(try clients[1].cached("k") == "miss")
    // A caller that is gone holds nothing.
    let late = try clients[1].call(
      "cache.get", #"{"key":"k","waitMs":60000,"deadlineMs":100}"#)
    #expect(late.reason == "DEADLINE_EXCEEDED")
  }
}
