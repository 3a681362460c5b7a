import CloakroomClient

/// What to measure, and how long.
struct BenchPlan: Sendable {
  var connections: Int
  var pipeline: Int
  var operations: [LoadWork.Operation]
  /// How many runs each figure is the median of.
  var runs: Int
  /// In bytes of JSON.
  var valueSize: Int
  var keys: Int
  /// How many requests a run sends at most.
  var requests: Int?
  /// How many seconds a run sends for at most.
  var seconds: Double?

  /// How long a value that was left behind lives, in seconds.
  static let ttl = 3600

  /// The limit of one run.
  var limit: LoadLimit {
    LoadLimit(
      requests: requests ?? .max, duration: .seconds(seconds ?? 86_400), order: .random)
  }

  /// Values below a prefix that no other run of the command uses.
  func work() -> LoadWork {
    let tag = String(UInt32.random(in: .min ... .max), radix: 16)
    return LoadWork(keyPrefix: "bench:\(tag):", keyCount: keys, valueSize: valueSize, ttl: Self.ttl)
  }

  /// The same in words.
  var description: String {
    var text = "\(Numbers.grouped(connections)) connections, "
    text += "\(Numbers.grouped(pipeline)) in flight on each, "
    text += "\(Numbers.grouped(valueSize))-byte values, \(Numbers.grouped(keys)) keys; "
    text += runs == 1 ? "one run of " : "medians of \(runs) runs of "
    let lengths = [
      requests.map { "\(Numbers.grouped($0)) requests" },
      seconds.map { Duration.seconds($0).formatted },
    ]
    return text + lengths.compactMap { $0 }.joined(separator: " or ")
  }
}
