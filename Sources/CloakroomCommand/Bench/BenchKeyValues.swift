import ArgumentParser
import CloakroomClient
import CloakroomCore

/// `cloakroom bench`: what the sidecar bears of `kv.get` and `kv.set`.
struct BenchKeyValues: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "values",
    abstract: "Measure kv.get and kv.set, what bench does without a subcommand.",
    discussion: """
      Every connection keeps so many requests open, and one that is answered is replaced at once. \
      A request's clock starts just before it is written and stops when its answer has been read. \
      The values are written first, below a prefix of their own that begins with bench:, and \
      removed at the end; they expire after an hour in any case.

      With --redis the same client does the same work on Redis itself, run by run in turn with \
      the sidecar. The figures are medians of all runs; the ratio is the mean of those of runs \
      that followed upon each other. Compare only what one run of the command has printed.

      EXAMPLES:
        cloakroom bench
        cloakroom bench --pipeline 16 --method kv.get --seconds 10
        cloakroom bench --redis unix:///run/redis/redis.sock

      EXIT STATUS: 0 measured; 1 measured, but with errors, or interrupted, or not measured; \
      64 wrong usage; 69 a server does not answer; 76 what answers is no server of that kind; \
      124 no answer in time.
      """)

  @Option(help: "How many connections.")
  var connections = 50

  @Option(help: "How many requests each connection keeps open.")
  var pipeline = 1

  @Option(
    help: "What to measure: kv.get, kv.set, or both, one after the other.",
    completion: .list(Measured.allCases.map(\.rawValue)))
  var method = Measured.both

  @Option(help: "How many bytes of JSON a value has.")
  var valueSize = 256

  @Option(help: "How many keys there are.")
  var keys = 10_000

  @OptionGroup var options: BenchOptions

  /// What can be measured.
  enum Measured: String, CaseIterable, ExpressibleByArgument {
    case get = "kv.get"
    case set = "kv.set"
    case both

    /// One after the other.
    var operations: [LoadWork.Operation] {
      switch self {
      case .get: [.get]
      case .set: [.set]
      case .both: [.get, .set]
      }
    }
  }

  mutating func validate() throws {
    try BenchOptions.check("--connections", connections, 1...10_000)
    try BenchOptions.check("--pipeline", pipeline, 1...10_000)
    try BenchOptions.check("--value-size", valueSize, 2...(16 << 20))
    try BenchOptions.check("--keys", keys, 1...10_000_000)
    // What is open has to be held: by the client, and by the server for a slow reader.
    guard connections * pipeline <= 1_000_000 else {
      throw ValidationError("--connections times --pipeline is at most 1000000")
    }
  }

  func run() throws {
    Interrupt.watch()
    try outcome(.process).finish()
  }

  /// The measurement and what it comes to.
  func outcome(_ environment: CommandEnvironment) -> Outcome {
    let tag = String(UInt32.random(in: .min ... .max), radix: 16)
    let work = LoadWork(
      keyPrefix: "bench:\(tag):", keyCount: keys, valueSize: valueSize, ttl: Self.ttl)
    let limit = options.limit(order: .random)
    return options.outcome(subject, until: limit, environment) { target throws(LoadFault) in
      let loop = try LoadLoop(
        target: target, connections: connections, pipeline: pipeline,
        patience: options.sidecar.patience())
      return try KeyValueLoad(method.operations, work, on: loop)
    }
  }

  /// How long a value that was left behind lives, in seconds.
  private static let ttl = 3600

  /// What is measured.
  private var subject: BenchSubject {
    BenchSubject(
      operations: method.operations.map(\.rawValue),
      description: """
        \(Numbers.grouped(connections)) connections, \(Numbers.grouped(pipeline)) in flight on \
        each, \(Numbers.grouped(valueSize))-byte values, \(Numbers.grouped(keys)) keys; \
        \(options.lengths(of: "requests"))
        """,
      numbers: [
        ("connections", connections), ("pipeline", pipeline), ("valueSize", valueSize),
        ("keys", keys),
      ])
  }
}
