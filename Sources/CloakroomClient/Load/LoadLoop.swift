internal import Glibc

/// Puts a server under load from one thread and measures how it bears it.
///
/// A closed loop: each connection keeps so many requests open, and one that is answered is
/// replaced at once, so a slow server is also asked less often. A request's clock starts just
/// before the write that first tries to send it, and stops after the read that brought its answer;
/// what an answer waits for this one thread is counted too, so figures can only err to the server's
/// disadvantage. At the end nothing is cut off: what is open is waited for.
public final class LoadLoop {
  /// How often a run is reported on, in nanoseconds.
  private static let reportInterval: UInt64 = 100_000_000

  private let target: LoadTarget
  private let patience: Duration
  private let connections: [LoadConnection]
  private var epoll: Epoll
  private var keys = KeyPicker()
  private var run = LoadRun()
  private var template: RequestTemplate
  private var keyCount = 1

  /// Connects.
  ///
  /// - Parameters:
  ///   - target: the server.
  ///   - connections: how many connections, 1 or more.
  ///   - pipeline: how many requests each keeps open, 1 or more.
  ///   - patience: how long to wait for a connection, and for a reply before giving up.
  public init(
    target: LoadTarget, connections: Int, pipeline: Int, patience: Duration
  ) throws(LoadFault) {
    self.target = target
    self.patience = patience
    let nothing = LoadWork(keyPrefix: "", keyCount: 1, valueSize: 2, ttl: 1)
    template = RequestTemplate(target.dialect, .get, nothing)
    Self.allowDescriptors(connections)
    let deadline = Deadline(in: patience)
    var made: [LoadConnection] = []
    for index in 0..<max(connections, 1) {
      made.append(
        try LoadConnection(
          to: target, token: UInt64(index), pipeline: max(pipeline, 1), before: deadline))
    }
    self.connections = made
    epoll = try Epoll(capacity: min(made.count, 256))
    for connection in made {
      try epoll.add(connection.descriptor.number, token: connection.token)
    }
  }

  /// Sends requests up to a limit and waits for all answers.
  ///
  /// - Parameters:
  ///   - operation: what to ask for.
  ///   - work: with which keys and values.
  ///   - limit: how long to go on.
  ///   - goesOn: told about ten times a second how many requests were answered and how many
  ///     seconds have passed; false ends the run early.
  /// - Throws: why the run is worth nothing. The loop can't be used again then.
  public func run(
    _ operation: LoadWork.Operation, _ work: LoadWork, until limit: LoadLimit,
    goesOn: (_ answered: Int, _ seconds: Double) -> Bool = { _, _ in true }
  ) throws(LoadFault) -> LoadResult {
    let cpu = Clock.threadCPU()
    template = RequestTemplate(target.dialect, operation, work)
    keyCount = work.keyCount
    run = LoadRun(limit)
    for connection in connections { try pump(connection) }
    var reported = run.begin
    while run.open > 0 || run.mayIssue {
      let count = try epoll.wait(milliseconds: 100)
      run.now = Clock.now()
      for index in 0..<count {
        let event = epoll[index]
        let connection = connections[Int(truncatingIfNeeded: event.token)]
        if event.isReadable { try read(connection) }
        try pump(connection)
      }
      if run.now &- reported >= Self.reportInterval {
        reported = run.now
        try checkPatience()
        if !goesOn(run.result.requests, run.seconds(until: run.now)) { run.isStopped = true }
      }
    }
    return run.finish(cpu: Clock.threadCPU() &- cpu)
  }

  /// Sends as much as may be sent.
  private func pump(_ connection: LoadConnection) throws(LoadFault) {
    while true {
      if connection.isFlushed { writeDown(connection) }
      guard !connection.isFlushed else { return }
      run.now = Clock.now()
      connection.open.start(at: run.now)
      let isFlushed = try connection.flush()
      try arm(connection, !isFlushed)
      guard isFlushed else { return }
    }
  }

  private func writeDown(_ connection: LoadConnection) {
    while run.mayIssue, connection.hasRoom, let id = connection.open.open() {
      let key =
        switch run.limit.order {
        case .sequential: run.issued % keyCount
        case .random: keys.next(below: keyCount)
        }
      connection.write(template, id: id, key: key)
      run.issued += 1
    }
  }

  private func arm(_ connection: LoadConnection, _ armed: Bool) throws(LoadFault) {
    guard connection.isArmed != armed else { return }
    connection.isArmed = armed
    try epoll.modify(
      connection.descriptor.number, token: connection.token, writable: armed)
  }

  private func read(_ connection: LoadConnection) throws(LoadFault) {
    // More than a few rounds would let the other connections wait.
    for _ in 0..<16 {
      let received = try connection.receive()
      guard received != .nothing else { return }
      run.now = Clock.now()
      while let reply = try connection.reader.next() {
        guard reply.outcome != .message, let since = connection.open.close(id: reply.id) else {
          throw .unmatched
        }
        run.end(reply.outcome, after: run.now &- since)
        if reply.outcome == .error, run.result.firstError == nil {
          run.result.firstError = connection.errorText(of: reply)
        }
      }
      guard received == .perhapsMore else { return }
    }
  }

  private func checkPatience() throws(LoadFault) {
    if run.open > 0, run.silence > patience { throw .stalled(patience) }
  }

  /// Raises the limit of open files as far as it is needed and allowed.
  static func allowDescriptors(_ count: Int) {
    var limit = rlimit()
    let needed = rlim_t(clamping: count) + 64
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0,
      limit.rlim_cur < needed
    else { return }
    limit.rlim_cur = min(max(needed, limit.rlim_cur), limit.rlim_max)
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}

/// Picks numbers of keys, by SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", 2014): the system's own generator would cost a system call a request.
struct KeyPicker {
  private var state: UInt64 = 0

  /// A number below `count`, each as likely as any other but for 2⁻³⁷ of bias.
  mutating func next(below count: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    bits ^= bits >> 31
    return Int(truncatingIfNeeded: bits.multipliedFullWidth(by: UInt64(clamping: count)).high)
  }
}
