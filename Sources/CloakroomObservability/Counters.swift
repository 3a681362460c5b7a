import CloakroomCore

/// Every count that one event loop keeps, in flat arrays indexed by small integers.
///
/// The last slot of services and methods is for what has no name, so every index finds a place.
struct Counters: Sendable {
  /// Outcomes a call can have: success first, then the reasons in the order of their raw values.
  static let outcomes = Reason.allCases.count + 1

  let serviceSlots: Int
  let methodSlots: Int

  /// By service, method and outcome.
  var calls: [UInt64]
  /// By method and bucket.
  var durations: [UInt64]
  /// By method, in nanoseconds.
  var durationSums: [UInt64]
  /// By bucket.
  var storeDurations = [UInt64](repeating: 0, count: DurationBuckets.count)
  /// In nanoseconds.
  var storeDurationSum: UInt64 = 0
  var bytesIn: UInt64 = 0
  var bytesOut: UInt64 = 0
  var inFlight = 0
  var connectionsOpened: UInt64 = 0
  var connectionsClosed: UInt64 = 0
  var limits = [UInt64](repeating: 0, count: Limit.allCases.count)
  var drops = [UInt64](repeating: 0, count: Drop.allCases.count)
  var reconnects = [UInt64](repeating: 0, count: ReconnectReason.allCases.count)
  var storeTimeouts: UInt64 = 0
  var storeResends: UInt64 = 0

  init(labels: MetricsLabels) {
    serviceSlots = labels.services.count + 1
    methodSlots = labels.methods.count + 1
    calls = [UInt64](repeating: 0, count: serviceSlots * methodSlots * Self.outcomes)
    durations = [UInt64](repeating: 0, count: methodSlots * DurationBuckets.count)
    durationSums = [UInt64](repeating: 0, count: methodSlots)
  }

  /// The place of a service's, a method's and an outcome's count in ``calls``.
  func callIndex(service: Int, method: Int, outcome: Int) -> Int {
    (service * methodSlots + method) * Self.outcomes + outcome
  }

  /// Counts one call.
  ///
  /// Sums wrap: one of nanoseconds after 584 years of waiting, and Prometheus takes a counter that
  /// starts again for a restart.
  mutating func count(_ record: borrowing CallRecord) {
    let service = Self.slot(record.service, of: serviceSlots)
    let method = Self.slot(record.method ?? -1, of: methodSlots)
    let outcome = record.failure.map { Int($0.rawValue) + 1 } ?? 0
    calls[callIndex(service: service, method: method, outcome: outcome)] &+= 1
    let bucket = DurationBuckets.index(nanoseconds: record.duration)
    durations[method * DurationBuckets.count + bucket] &+= 1
    durationSums[method] &+= record.duration
    if record.storeDuration > 0 {
      storeDurations[DurationBuckets.index(nanoseconds: record.storeDuration)] &+= 1
      storeDurationSum &+= record.storeDuration
    }
    bytesIn &+= UInt64(truncatingIfNeeded: record.bytesIn)
    bytesOut &+= UInt64(truncatingIfNeeded: record.bytesOut)
  }

  /// The slot of an index: its own, or the last one when it names nothing.
  private static func slot(_ index: Int, of slots: Int) -> Int {
    index >= 0 && index < slots - 1 ? index : slots - 1
  }

  /// Adds another loop's counts, made with the same labels.
  mutating func add(_ other: Self) {
    Self.add(other.calls, to: &calls)
    Self.add(other.durations, to: &durations)
    Self.add(other.durationSums, to: &durationSums)
    Self.add(other.storeDurations, to: &storeDurations)
    storeDurationSum &+= other.storeDurationSum
    bytesIn &+= other.bytesIn
    bytesOut &+= other.bytesOut
    inFlight &+= other.inFlight
    connectionsOpened &+= other.connectionsOpened
    connectionsClosed &+= other.connectionsClosed
    Self.add(other.limits, to: &limits)
    Self.add(other.drops, to: &drops)
    Self.add(other.reconnects, to: &reconnects)
    storeTimeouts &+= other.storeTimeouts
    storeResends &+= other.storeResends
  }

  private static func add(_ other: [UInt64], to sums: inout [UInt64]) {
    for index in 0..<min(sums.count, other.count) {
      sums[index] &+= other[index]
    }
  }
}
