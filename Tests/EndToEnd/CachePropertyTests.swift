import Support
import Testing

/// Many who read, make, change and invalidate one thing at random. There is a database, here a number that
/// grows; a change of it is followed by an invalidation.
@Suite("A cache of a database that changes", .timeLimit(.minutes(3)))
struct CachePropertyTests {
  private struct World {
    var random: SplitMix
    /// What the database has.
    var version = 0
    /// The calls that are still to be made.
    var left = 4000
    /// What connections are to send, and after how many turns.
    var open: [Int: (turns: Int, params: String)] = [:]
    /// The invalidations that were answered: when, and what the database had before they began.
    var answered: [(at: ContinuousClock.Instant, version: Int)] = []
    var reads: [(invokedAt: ContinuousClock.Instant, value: Int, text: String)] = []
    var refusals: [String: Int] = [:]
    var fills = 0

    mutating func turn(_ index: Int) -> ConcurrentCalls.Turn {
      if let fill = open[index] {
        // A slow one: others have their turns before it comes to set what it has read.
        guard fill.turns == 0 else {
          open[index] = (fill.turns - 1, fill.params)
          return .wait
        }
        open[index] = nil
        return .call(method: "cache.set", params: fill.params)
      }
      guard left > 0 else { return .end }
      left -= 1
      guard Int.random(in: 0..<10, using: &random) == 0 else {
        let known = Bool.random(using: &random) ? #","tags":["a","b"]"# : ""
        let wait = Bool.random(using: &random) ? #","waitMs":20"# : ""
        return .call(
          method: "cache.get", params: #"{"key":"k","leaseTtl":"50ms"\#(known)\#(wait)}"#)
      }
      version += 1
      let what = [
        #"{"tags":["a"]}"#, #"{"tags":["b"]}"#, #"{"keys":["k"]}"#,
        #"{"keys":["k"],"tags":["a","b"]}"#,
      ].randomElement(using: &random)
      return .call(method: "cache.invalidate", params: what ?? "{}", tag: version)
    }

    mutating func ended(_ index: Int, _ exchange: ConcurrentCalls.Exchange) throws {
      let answer = try #require(exchange.answer)
      if let reason = answer.reason { refusals[reason, default: 0] += 1 }
      switch exchange.method {
      case "cache.invalidate":
        if answer.reason == nil, let at = exchange.answeredAt {
          answered.append((at, exchange.tag))
        }
      case "cache.get":
        if let value = answer["value"] as? Int {
          reads.append((exchange.invokedAt, value, answer.text))
        }
        guard let lease = answer["lease"] as? String else { return }
        let turns = Int.random(in: 0..<6, using: &random)
        open[index] = (
          turns,
          #"{"key":"k","value":\#(version),"tags":["a","b"],"grace":"1m","ttl":"\#(turns * 20 + 5)ms","tookMs":3,"lease":"\#(lease)"}"#
        )
      default:
        if answer.reason == nil { fills += 1 }
      }
    }
  }

  @Test(
    "gives nobody who asks after an invalidation was answered what was there before",
    arguments: CacheStage.Place.allCases, [1, 2] as [UInt64])
  func freshness(place: CacheStage.Place, seed: UInt64) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(16)
    var world = World(random: SplitMix(seed: seed))
    try ConcurrentCalls(clients).run(
      next: { world.turn($0) }, ended: { try world.ended($0, $1) })
    let answered = world.answered.sorted { $0.at < $1.at }
    var next = 0
    var least = 0
    for read in world.reads.sorted(by: { $0.invokedAt < $1.invokedAt }) {
      while next < answered.count, answered[next].at <= read.invokedAt {
        least = max(least, answered[next].version)
        next += 1
      }
      #expect(read.value >= least, "\(read.text) after an invalidation of what was before \(least)")
    }
    // It says something only if values were made and given, and slow ones refused.
    #expect(world.fills > 50 && world.reads.count > 200, "\(world.fills), \(world.reads.count)")
    #expect(world.refusals.keys.sorted() == ["LEASE_LOST"], "\(world.refusals)")
  }
}
