/// The progress of one run. Times are nanoseconds of `Clock.now`.
struct LoadRun {
  let limit: LoadLimit
  let begin: UInt64
  private let end: UInt64

  /// When it was looked last.
  var now: UInt64
  /// When the last answer came; at first, when the run began.
  private(set) var last: UInt64
  /// How many requests were written down.
  var issued = 0
  var isStopped = false
  var result = LoadResult()
  private var histogram = LatencyHistogram()

  init(_ limit: LoadLimit) {
    self.limit = limit
    begin = Clock.now()
    now = begin
    last = begin
    let (seconds, attoseconds) = limit.duration.components
    let length = UInt64(clamping: min(seconds, 1_000_000)) &* 1_000_000_000
    end = begin &+ length &+ UInt64(clamping: attoseconds / 1_000_000_000)
  }

  /// A run that is over before it begins.
  init() { self.init(LoadLimit(requests: 0, order: .sequential)) }

  /// Whether another request may be sent.
  var mayIssue: Bool { issued < limit.requests && now < end && !isStopped }

  /// How many requests are owed an answer.
  var open: Int { issued - result.requests }

  /// Counts an answer that came just now.
  mutating func end(_ outcome: ParsedReply.Outcome, after nanoseconds: UInt64) {
    histogram.record(nanoseconds)
    result.requests += 1
    last = now
    switch outcome {
    case .done, .message: break
    case .missing: result.missing += 1
    case .error: result.errors += 1
    }
  }

  /// Notes that something came just now that is no answer of its own.
  mutating func touch() { last = now }

  /// How long nothing has arrived.
  var silence: Duration { .nanoseconds(Int64(clamping: now &- last)) }

  /// How long it took up to a moment, in seconds.
  func seconds(until time: UInt64) -> Double { Double(time &- begin) / 1e9 }

  /// What was measured.
  ///
  /// - Parameter cpu: the client's own use of a core, in nanoseconds.
  mutating func finish(cpu: UInt64) -> LoadResult {
    let elapsed = seconds(until: last)
    result.perSecond = elapsed > 0 ? Double(result.requests) / elapsed : 0
    result.clientCPU = elapsed > 0 ? Double(cpu) / 1e9 / elapsed : 0
    result.latency = LoadResult.Latency(histogram)
    return result
  }
}
