import ArgumentParser
import CloakroomClient

/// `cloakroom bench events`: how fast messages get to their subscribers.
struct BenchEvents: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Measure how many events reach their subscribers, and how fast.",
    discussion: """
      One connection publishes, and each subscriber has a connection of its own. So many messages \
      are on their way, and one that was answered and has reached every subscriber is followed by \
      the next. Each message to each subscriber counts as one; its clock starts just before it is \
      written and stops when that subscriber has read it.

      With --redis the same client does the same with PUBLISH and SUBSCRIBE on Redis itself, run \
      by run in turn with the sidecar. The figures are medians of all runs; the ratio is the \
      mean of those of runs that followed upon each other. Compare only what one run of the \
      command has printed.

      EXAMPLES:
        cloakroom bench events
        cloakroom bench events --subscribers 1000 --pipeline 4
        cloakroom bench events --subscribers 100 --redis unix:///run/redis/redis.sock

      EXIT STATUS: 0 measured; 1 measured, but with errors, or interrupted, or not measured; \
      64 wrong usage; 69 a server does not answer; 76 what answers is no server of that kind; \
      124 a message did not come in time.
      """)

  @Option(help: "How many connections subscribe.")
  var subscribers = 1

  @Option(help: "How many messages are on their way at once.")
  var pipeline = 1

  @Option(help: "How many bytes of JSON a message has.")
  var dataSize = 256

  @OptionGroup var options: BenchOptions

  mutating func validate() throws {
    try BenchOptions.check("--subscribers", subscribers, 1...10_000)
    try BenchOptions.check("--pipeline", pipeline, 1...10_000)
    try BenchOptions.check("--data-size", dataSize, EventWork.shortestData...(1 << 20))
    // What is on its way has to be held by the server.
    guard subscribers * pipeline <= 1_000_000 else {
      throw ValidationError("--subscribers times --pipeline is at most 1000000")
    }
  }

  func run() throws {
    Interrupt.watch()
    try outcome(.process).finish()
  }

  /// The measurement and what it comes to.
  func outcome(_ environment: CommandEnvironment) -> Outcome {
    let tag = String(UInt32.random(in: .min ... .max), radix: 16)
    let work = EventWork(channel: "bench:\(tag)", dataSize: dataSize)
    let limit = options.limit()
    return options.outcome(subject, until: limit, environment) { target throws(LoadFault) in
      try EventLoad(
        target: target, work: work, subscribers: subscribers, pipeline: pipeline,
        patience: options.sidecar.patience())
    }
  }

  /// What is measured.
  private var subject: BenchSubject {
    BenchSubject(
      operations: ["events"], unit: "messages/s",
      description: """
        subscribers: \(Numbers.grouped(subscribers)), messages on their way: \
        \(Numbers.grouped(pipeline)), of \(Numbers.grouped(dataSize)) bytes; \
        \(options.lengths(of: "messages"))
        """,
      numbers: [("subscribers", subscribers), ("pipeline", pipeline), ("dataSize", dataSize)])
  }
}
