public import CloakroomCore

/// Counts what happens on one event loop, and gathers its lines for the access log.
///
/// It belongs to its loop: no lock, no atomic, and nothing that another thread may touch. What
/// others may see of it is a ``MetricsSnapshot``, taken on the loop.
public final class LoopObserver {
  private let labels: MetricsLabels
  private let accessLog: AccessLogWriter?
  private let batchLimit: Int
  private let flows: FlowLabels
  // No method of this class calls out while it changes these, so no two accesses can overlap, and
  // looking for that at every access would cost more than the counting.
  @exclusivity(unchecked) private var counters: Counters
  @exclusivity(unchecked) private var batch: [CallRecord] = []
  private var expiries: [ExpiryRecord] = []

  /// Makes the observer of one loop.
  ///
  /// - Parameters:
  ///   - labels: the names of services and methods, the same for every loop.
  ///   - accessLog: where lines go; nil keeps no access log.
  ///   - flows: which flows have series of their own, the same for every loop.
  ///   - batchLimit: how many records are gathered before they are handed on within a tick.
  public init(
    labels: MetricsLabels, accessLog: AccessLogWriter? = nil, flows: FlowLabels = FlowLabels(),
    batchLimit: Int = 512
  ) {
    self.flows = flows
    self.labels = labels
    self.accessLog = accessLog
    self.batchLimit = max(1, batchLimit)
    counters = Counters(labels: labels)
  }

  /// Whether an access log is kept; without one a record needs no id, key, scope, actor or trace.
  public var keepsAccessLog: Bool {
    accessLog != nil
  }

  /// Counts a call that has ended, for the metrics alone: where no access log is kept, nothing else
  /// about the call is needed, and a whole record costs more than the counting. It doesn't touch
  /// the calls in flight. The parameters are those of a ``CallRecord``.
  public func count(
    service: Int, method: Int?, failure: Reason?, duration: UInt64, storeDuration: UInt64,
    bytesIn: Int, bytesOut: Int
  ) {
    counters.count(
      service: service, method: method, failure: failure, duration: duration,
      storeDuration: storeDuration, bytesIn: bytesIn, bytesOut: bytesOut)
  }

  /// Takes in a call that has ended: counts it, and hands it to the access log when there is one.
  public func record(_ record: consuming CallRecord) {
    count(
      service: record.service, method: record.method, failure: record.failure,
      duration: record.duration, storeDuration: record.storeDuration, bytesIn: record.bytesIn,
      bytesOut: record.bytesOut)
    guard accessLog != nil else { return }
    batch.append(record)
    if batch.count >= batchLimit {
      flush()
    }
  }

  /// Takes in that something has ended by itself, for the access log alone.
  public func expired(_ record: ExpiryRecord) {
    guard accessLog != nil else { return }
    expiries.append(record)
    if expiries.count >= batchLimit { flush() }
  }

  /// Hands the gathered records to the access log; to be called at the end of each tick.
  public func flush() {
    guard let accessLog else { return }
    if !expiries.isEmpty {
      if accessLog.enqueue(expiries: expiries) > 0 { limitBit(.accessLogQueue) }
      expiries.removeAll()
    }
    guard !batch.isEmpty else { return }
    var full: [CallRecord] = []
    full.reserveCapacity(min(batch.count, batchLimit))
    swap(&full, &batch)
    if accessLog.enqueue(full) > 0 {
      limitBit(.accessLogQueue)
    }
  }

  /// Counts something that has happened, or so many of it.
  public func count(_ counter: LoopCounter, times: UInt64 = 1) { counters[counter] &+= times }

  /// Counts what is over, of what goes up and down.
  public func discount(_ counter: LoopCounter) { counters[counter] &-= 1 }

  /// Counts something that has happened, in the way that a label tells.
  public func count<Label: CounterLabel>(_ label: Label, times: UInt64 = 1) {
    counters[Label.counter, label.rawValue] &+= times
  }

  /// Counts what has happened to a session, by its flow and step where it has them.
  public func count(_ event: SessionEvent, flow: String?, step: String?) {
    count(event)
    guard let flow else { return }
    counters.flows.count(event, flow: flow, step: step, flows)
  }

  /// A limit took effect.
  public func limitBit(_ limit: Limit) { count(limit) }

  /// Sets what is not counted but measured.
  public func set(_ counter: LoopCounter, to value: UInt64) { counters[counter] = value }

  /// What is measured has grown by so much, or shrunk.
  public func change<Label: CounterLabel>(_ label: Label, by difference: Int) {
    counters[Label.counter, label.rawValue] &+= UInt64(bitPattern: Int64(difference))
  }

  /// What the loop has counted so far; to be called on the loop.
  public func snapshot() -> MetricsSnapshot {
    MetricsSnapshot(labels: labels, counters: counters)
  }
}

@available(*, unavailable)
extension LoopObserver: Sendable {}
