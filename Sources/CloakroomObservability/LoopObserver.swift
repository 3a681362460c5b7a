public import CloakroomCore

/// Counts what happens on one event loop, and gathers its lines for the access log.
///
/// It belongs to its loop: no lock, no atomic, and nothing that another thread may touch. What
/// others may see of it is a ``MetricsSnapshot``, taken on the loop.
public final class LoopObserver {
  private let labels: MetricsLabels
  private let accessLog: AccessLogWriter?
  private let batchLimit: Int
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
  ///   - batchLimit: how many records are gathered before they are handed on within a tick.
  public init(labels: MetricsLabels, accessLog: AccessLogWriter? = nil, batchLimit: Int = 512) {
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
  /// the calls in flight: see ``leave()``. The parameters are those of a ``CallRecord``.
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

  /// A call has begun.
  public func enter() {
    counters.inFlight &+= 1
  }

  /// A call that had begun has ended.
  public func leave() {
    counters.inFlight &-= 1
  }

  /// A client has connected.
  public func connectionOpened() {
    counters.connectionsOpened &+= 1
  }

  /// A client's connection is gone.
  public func connectionClosed() {
    counters.connectionsClosed &+= 1
  }

  /// A limit took effect.
  public func limitBit(_ limit: Limit) {
    counters.limits[limit.rawValue] &+= 1
  }

  /// Something has happened to a pending operation.
  public func pendingOperation(_ event: PendingEvent) {
    counters.pending[event.rawValue] &+= 1
  }

  /// Records were looked at because their deadlines had come.
  ///
  /// - Parameter late: for how long the earliest of them had been due, in milliseconds; 0 when nothing
  ///   was due.
  public func deadlinesSwept(_ count: Int, lateMs late: Int64) {
    counters.deadlinesSwept &+= UInt64(max(0, count))
    counters.sweepLateMs = max(0, late)
  }

  /// A connection to the store was given up and is being made anew.
  public func storeReconnecting(_ reason: ReconnectReason) {
    counters.reconnects[reason.rawValue] &+= 1
  }

  /// A command of the store was not answered in time.
  public func storeCommandTimedOut() {
    counters.storeTimeouts &+= 1
  }

  /// Commands were sent to the store once more, over a new connection.
  public func storeCommandsResent(_ count: Int = 1) {
    counters.storeResends &+= UInt64(max(0, count))
  }

  /// An event was published.
  public func eventPublished() {
    counters.eventsPublished &+= 1
  }

  /// An event was written to a subscriber.
  public func eventDelivered() {
    counters.eventsDelivered &+= 1
  }

  /// Events did not reach a subscriber.
  public func eventDropped(_ cause: EventDrop, count: UInt64 = 1) {
    counters.eventsDropped[cause.rawValue] &+= count
  }

  /// A subscriber was told that events are missing.
  public func gapTold(_ reason: GapReason) {
    counters.gaps[reason.rawValue] &+= 1
  }

  /// A client listens to a channel or pattern.
  public func subscriptionBegan() {
    counters.subscriptions &+= 1
  }

  /// A client that listened does no more.
  public func subscriptionEnded() {
    counters.subscriptions &-= 1
  }

  /// What the loop has counted so far; to be called on the loop.
  public func snapshot() -> MetricsSnapshot {
    MetricsSnapshot(labels: labels, counters: counters)
  }
}

@available(*, unavailable)
extension LoopObserver: Sendable {}
