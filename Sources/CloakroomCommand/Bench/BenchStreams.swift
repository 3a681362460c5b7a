import ArgumentParser
import CloakroomClient

/// `cloakroom bench streams`: how fast messages go through a stream.
struct BenchStreams: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "streams",
    abstract: "Measure how fast messages are appended to a stream, read and acknowledged.",
    discussion: """
      Each connection is a consumer of one group of one stream, and goes round: it appends a \
      message, reads one, and acknowledges that. A cycle's clock starts just before its append is \
      written and stops when the acknowledgement's answer has been read. The stream keeps about \
      10,000 messages, and is removed at the end.

      With --redis the same client does the same with XADD, XREADGROUP and XACK on Redis itself, \
      run by run in turn with the sidecar. The figures are medians of all runs; the ratio is the \
      mean of those of runs that followed upon each other. Compare only what one run of the \
      command has printed.

      EXAMPLES:
        cloakroom bench streams
        cloakroom bench streams --connections 10 --redis unix:///run/redis/redis.sock

      EXIT STATUS: 0 measured; 1 measured, but with errors, or interrupted, or not measured; \
      64 wrong usage; 69 a server does not answer; 76 what answers is no server of that kind; \
      124 no answer in time.
      """)

  @Option(help: "How many connections.")
  var connections = 50

  @Option(help: "How many bytes of JSON a message has.")
  var messageSize = 256

  @OptionGroup var options: BenchOptions

  mutating func validate() throws {
    try BenchOptions.check("--connections", connections, 1...10_000)
    try BenchOptions.check("--message-size", messageSize, 2...(1 << 20))
  }

  func run() throws {
    Interrupt.watch()
    try outcome(.process).finish()
  }

  /// The measurement and what it comes to.
  func outcome(_ environment: CommandEnvironment) -> Outcome {
    let tag = String(UInt32.random(in: .min ... .max), radix: 16)
    let work = StreamWork(stream: "bench:\(tag)", messageSize: messageSize)
    let limit = options.limit()
    return options.outcome(subject, until: limit, environment) { target throws(LoadFault) in
      try StreamLoad(
        target: target, work: work, connections: connections,
        patience: options.sidecar.patience())
    }
  }

  /// What is measured.
  private var subject: BenchSubject {
    BenchSubject(
      operations: ["streams"], unit: "cycles/s",
      description: """
        \(Numbers.grouped(connections)) connections, \(Numbers.grouped(messageSize))-byte \
        messages; append, read, acknowledge; \(options.lengths(of: "cycles"))
        """,
      numbers: [("connections", connections), ("messageSize", messageSize)])
  }
}
