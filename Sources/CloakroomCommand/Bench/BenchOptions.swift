import ArgumentParser
import CloakroomClient
import CloakroomCore

/// What the measurements that can be compared with Redis have in common.
struct BenchOptions: ParsableArguments {
  @OptionGroup var sidecar: SidecarOptions

  @Option(
    help: """
      How many requests, messages or cycles a run makes. (default: as many as fit into --seconds)
      """)
  var requests: Int?

  @Option(
    help: """
      How long each run lasts. (default: until --requests are sent, or else 0.5 with --redis, 5 \
      without)
      """)
  var seconds: Double?

  @Option(
    help: ArgumentHelp(
      "Measure this Redis too: redis://user:password@host:port/database, or unix:///path?db=0.",
      valueName: "url"))
  var redis: String?

  @Option(
    help: """
      How many runs of each kind. (default: with --redis as many as take 20 seconds, from 5 to 40; \
      1 without)
      """)
  var runs: Int?

  @Flag(help: "Print the result as JSON.")
  var json = false

  mutating func validate() throws {
    try Self.check("--requests", requests ?? 1, 1...1_000_000_000_000)
    try Self.check("--runs", runs ?? 1, 1...1000)
    guard seconds.map({ $0 > 0 && $0 <= 86_400 }) ?? true else {
      throw ValidationError("--seconds is more than 0 and at most 86400")
    }
  }

  /// Refuses a number that is out of range.
  static func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
    guard range.contains(value) else {
      throw ValidationError("\(name) is from \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// The Redis at a URL, if there is one.
  static func endpoint(_ url: String?) throws(Exchange.Failure) -> RedisEndpoint? {
    guard let url else { return nil }
    do throws(RedisEndpoint.URLFault) {
      return try RedisEndpoint(url: url)
    } catch {
      throw Exchange.Failure(.failure(.usage, "the URL of --redis \(error)"))
    }
  }

  /// For how long each kind is measured on each server in turn with the other, in seconds.
  private static let span = 20.0

  /// How long a run lasts, in seconds, that no number of requests ends. Beside Redis they are many and
  /// short: what slows the machine down then slows a run of each.
  private var length: Double { seconds ?? (redis == nil ? 5 : 0.5) }

  /// The limit of one run.
  ///
  /// - Parameter order: in what order keys are taken.
  func limit(order: LoadLimit.Order = .sequential) -> LoadLimit {
    guard let requests else { return LoadLimit(duration: .seconds(length), order: order) }
    return LoadLimit(requests: requests, duration: .seconds(seconds ?? 86_400), order: order)
  }

  /// How many runs each figure is the median of.
  var runCount: Int {
    runs ?? (redis == nil ? 1 : Int(min(max(Self.span / length, 5), 40)))
  }

  /// How many runs there are and how long they are, in words.
  ///
  /// - Parameter unit: what --requests counts.
  func lengths(of unit: String) -> String {
    let seconds = requests == nil ? length : seconds
    let lengths = [
      requests.map { "\(Numbers.grouped($0)) \(unit)" },
      seconds.map { Duration.seconds($0).formatted },
    ].compactMap { $0 }
    let head = runCount == 1 ? "one run of " : "medians of \(runCount) runs of "
    return head + lengths.joined(separator: " or ")
  }

  /// Measures the sidecar, and Redis in turn with it.
  ///
  /// - Parameters:
  ///   - subject: what is measured.
  ///   - limit: the limit of one run.
  ///   - load: makes a load on a server.
  func outcome(
    _ subject: BenchSubject, until limit: LoadLimit, _ environment: CommandEnvironment,
    load: @escaping (LoadTarget) throws(LoadFault) -> any BenchLoad
  ) -> Outcome {
    do throws(Exchange.Failure) {
      let location = try Exchange(options: sidecar, environment: environment).location()
      let endpoint = try Self.endpoint(redis)
      let progress = BenchProgress(isShown: environment.isErrorTerminal && !json)
      let contest = BenchContest(
        subject: subject, limit: limit, runs: runCount, progress: progress, load: load)
      return try contest.measure(location, redis: endpoint).outcome(json: json)
    } catch {
      return error.outcome
    }
  }
}
