import Support
import Testing

/// Writers that bring what they have written (write-through), as the article on caches has it.
@Suite("Two who change a value, and bring it to the cache,", .timeLimit(.minutes(3)))
struct CacheWriterTests {
  /// What a writer does, one step after the other.
  private enum Step: Int, CaseIterable {
    case write, invalidate, lease, read, set
  }

  /// One of the writers.
  private struct Writer {
    let client: LineClient
    var done = 0
    var lease: String?
    var read = 0

    /// Takes the next step.
    ///
    /// - Parameters:
    ///   - database: the value in the database; each change of it is greater.
    ///   - invalidation: what the cache is told of a change.
    mutating func go(
      on key: String, _ database: inout Int, invalidation: String
    ) throws {
      switch Step(rawValue: done) {
      case .write: database += 1
      case .invalidate: try client.invalidate(invalidation)
      case .lease:
        let found = try client.call("cache.get", #"{"key":"\#(key)","tags":["\#(key)"]}"#)
        lease = found["lease"] as? String
      case .read: read = database
      case .set:
        guard let lease else { break }
        let kept = try client.cache(key, read, #","tags":["\#(key)"],"lease":"\#(lease)""#)
        #expect(kept == "ok" || kept == "LEASE_LOST")
      case nil: break
      }
      done += 1
    }
  }

  /// The orders in which two can take their steps: for each step, whether it is the second one's.
  private static var orders: [[Int]] {
    let count = Step.allCases.count
    return (0..<1 << (2 * count)).filter { $0.nonzeroBitCount == count }.map { bits in
      (0..<2 * count).map { bits >> $0 & 1 }
    }
  }

  @Test(
    "leave the later one there, in whatever order their steps come",
    arguments: CacheStage.Place.allCases, [true, false])
  func orders(place: CacheStage.Place, byTag: Bool) throws {
    let stage = try CacheStage(place)
    let clients = try stage.clients(2)
    var wrong: [String] = []
    for (number, order) in Self.orders.enumerated() {
      let key = "k\(number)"
      let invalidation = byTag ? #"{"tags":["\#(key)"]}"# : #"{"keys":["\#(key)"]}"#
      var database = 0
      var writers = clients.map { Writer(client: $0) }
      #expect(try clients[0].cache(key, database, #","tags":["\#(key)"],"grace":"1h""#) == "ok")
      for turn in order {
        try writers[turn].go(on: key, &database, invalidation: invalidation)
      }
      for client in clients {
        let found = try client.cached(key)
        if found != "hit 2" { wrong.append("\(order): \(found)") }
      }
    }
    #expect(Self.orders.count == 252)
    #expect(wrong == [])
  }
}
