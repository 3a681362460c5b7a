/// Appends messages to a stream, reads and acknowledges them, and measures how long that takes; all
/// from one thread.
///
/// Each connection is a consumer of the one group of the one stream, and goes round by itself:
/// append a message, read one (its own or another's), acknowledge that. Each append comes before a
/// read, so there always is a message to be read. A cycle's clock starts just before its append is
/// written, and stops after the read that brought the answer to its acknowledgement.
public final class StreamLoad {
  /// How often a run is reported on, in nanoseconds.
  private static let reportInterval: UInt64 = 100_000_000

  /// Where a connection's cycle is.
  private struct Cycle {
    /// What is owed an answer, nil between cycles.
    var step: StreamWork.Step?
    var since: UInt64 = 0
  }

  private let target: LoadTarget
  private let work: StreamWork
  private let patience: Duration
  private let crowd: LoadCrowd
  /// The requests to append, and for each connection those to read.
  private let append: [UInt8]
  private let reads: [[UInt8]]
  private var cycles: [Cycle]
  private var run = LoadRun()

  /// Connects, and makes the stream and its group.
  ///
  /// - Parameters:
  ///   - target: the server.
  ///   - work: what is appended.
  ///   - connections: how many connections, 1 or more.
  ///   - patience: how long to wait for a connection, and for a reply before giving up.
  public init(
    target: LoadTarget, work: StreamWork, connections: Int, patience: Duration
  ) throws(LoadFault) {
    self.target = target
    self.work = work
    self.patience = patience
    LoadLoop.allowDescriptors(connections)
    let deadline = Deadline(in: patience)
    var made: [LoadConnection] = []
    for index in 0..<max(connections, 1) {
      let first = index == 0 ? [work.beginning(target.dialect)] : []
      made.append(
        try LoadConnection(
          to: target.greeted(with: first), token: UInt64(index), pipeline: 1, before: deadline))
    }
    crowd = try LoadCrowd(made)
    append = work.append(target.dialect)
    reads = made.indices.map { work.read(target.dialect, consumer: $0) }
    cycles = Array(repeating: Cycle(), count: made.count)
  }

  /// Goes round up to a limit, and ends every cycle that was begun.
  ///
  /// - Parameters:
  ///   - limit: how long to go on; `requests` are cycles.
  ///   - goesOn: told about ten times a second how many cycles were ended and how many seconds have
  ///     passed; false ends the run early.
  /// - Throws: why the run is worth nothing. The load can't be used again then.
  public func run(
    until limit: LoadLimit, goesOn: (_ ended: Int, _ seconds: Double) -> Bool = { _, _ in true }
  ) throws(LoadFault) -> LoadResult {
    let cpu = Clock.threadCPU()
    run = LoadRun(limit)
    for connection in crowd.connections { try begin(connection) }
    var reported = run.begin
    while run.open > 0 {
      try crowd.wait { connection throws(LoadFault) in try self.receive(connection) }
      run.now = Clock.now()
      guard run.now &- reported >= Self.reportInterval else { continue }
      reported = run.now
      if run.silence > patience { throw .stalled(patience) }
      if !goesOn(run.result.requests, run.seconds(until: run.now)) { run.isStopped = true }
    }
    return run.finish(cpu: Clock.threadCPU() &- cpu)
  }

  /// Has the stream removed.
  public func remove() throws(LoadFault) {
    let greeting = [work.end(target.dialect)]
    _ = try LoadConnection(
      to: target.greeted(with: greeting), token: 0, pipeline: 1, before: Deadline(in: patience))
  }

  private func begin(_ connection: LoadConnection) throws(LoadFault) {
    let index = Int(truncatingIfNeeded: connection.token)
    cycles[index].step = nil
    guard run.mayIssue else { return }
    run.issued += 1
    run.now = Clock.now()
    cycles[index].since = run.now
    try ask(.append, append, connection)
  }

  private func ask(
    _ step: StreamWork.Step, _ request: [UInt8], _ connection: LoadConnection
  ) throws(LoadFault) {
    cycles[Int(truncatingIfNeeded: connection.token)].step = step
    connection.write(request)
    try crowd.send(connection)
  }

  private func receive(_ connection: LoadConnection) throws(LoadFault) {
    guard try connection.receive() != .nothing else { return }
    run.now = Clock.now()
    while let reply = try connection.reader.next() { try goOn(connection, after: reply) }
  }

  private func goOn(_ connection: LoadConnection, after reply: ParsedReply) throws(LoadFault) {
    let index = Int(truncatingIfNeeded: connection.token)
    let cycle = cycles[index]
    guard let step = cycle.step, reply.outcome != .message,
      reply.id ?? step.rawValue == step.rawValue
    else { throw .unmatched }
    run.touch()
    switch (reply.outcome, step) {
    case (.error, _):
      run.result.firstError = run.result.firstError ?? connection.errorText(of: reply)
      run.end(.error, after: run.now &- cycle.since)
      try begin(connection)
    case (_, .append): try ask(.read, reads[index], connection)
    case (_, .read):
      guard let id = StreamWork.messageID(target.dialect, in: reply, of: connection.reader) else {
        run.end(.missing, after: run.now &- cycle.since)
        return try begin(connection)
      }
      try ask(.acknowledge, work.acknowledge(target.dialect, id: id), connection)
    case (_, .acknowledge):
      run.end(.done, after: run.now &- cycle.since)
      try begin(connection)
    }
  }
}
