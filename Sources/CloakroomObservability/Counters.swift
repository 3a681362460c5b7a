import CloakroomCore

/// Every count that one event loop keeps, in flat arrays indexed by small integers.
///
/// The last slot of services and methods is for what has no name, so every index finds a place.
struct Counters: Sendable {
  let serviceSlots: Int
  let methodSlots: Int
  /// Outcomes a call can have: success first, then the reasons in the order of their raw values.
  let outcomes = Reason.allCases.count + 1

  /// By service, method and outcome.
  var calls: [UInt64]
  /// How long calls took: a row a method, and a last one for how long they waited for the store.
  var durations: Histograms
  var bytesIn: UInt64 = 0
  var bytesOut: UInt64 = 0
  var inFlight = 0
  var connectionsOpened: UInt64 = 0
  var connectionsClosed: UInt64 = 0
  var limits = [UInt64].zeros(Limit.allCases.count)
  var pending = [UInt64].zeros(PendingEvent.allCases.count)
  var deadlinesSwept: UInt64 = 0
  /// Of the last sweep; the sidecar has one loop that sweeps.
  var sweepLateMs: Int64 = 0
  var reconnects = [UInt64].zeros(ReconnectReason.allCases.count)
  var eventsPublished: UInt64 = 0
  var eventsDelivered: UInt64 = 0
  var eventsDropped = [UInt64].zeros(EventDrop.allCases.count)
  var gaps = [UInt64].zeros(GapReason.allCases.count)
  var subscriptions = 0
  var storeTimeouts: UInt64 = 0
  var storeResends: UInt64 = 0

  init(labels: MetricsLabels) {
    serviceSlots = labels.services.count + 1
    methodSlots = labels.methods.count + 1
    calls = .zeros(serviceSlots * methodSlots * outcomes)
    durations = Histograms(rows: methodSlots + 1)
  }

  /// The row of ``durations`` that is the store's.
  var storeRow: Int {
    methodSlots
  }

  /// The place of a service's, a method's and an outcome's count in ``calls``.
  func callIndex(service: Int, method: Int, outcome: Int) -> Int {
    (service * methodSlots + method) * outcomes + outcome
  }

  /// Counts one call.
  mutating func count(
    service: Int, method: Int?, failure: Reason?, duration: UInt64, storeDuration: UInt64,
    bytesIn: Int, bytesOut: Int
  ) {
    let service = Self.slot(service, of: serviceSlots)
    let method = Self.slot(method ?? -1, of: methodSlots)
    let outcome = failure.map { Int($0.rawValue) + 1 } ?? 0
    calls[callIndex(service: service, method: method, outcome: outcome)] &+= 1
    let bucket = DurationBuckets.index(nanoseconds: duration)
    durations.count(duration, in: bucket, row: method)
    if storeDuration > 0 {
      // Most calls do nothing but wait for the store.
      let storeBucket =
        storeDuration == duration ? bucket : DurationBuckets.index(nanoseconds: storeDuration)
      durations.count(storeDuration, in: storeBucket, row: storeRow)
    }
    self.bytesIn &+= UInt64(truncatingIfNeeded: bytesIn)
    self.bytesOut &+= UInt64(truncatingIfNeeded: bytesOut)
  }

  /// The slot of an index: its own, or the last one when it names nothing.
  private static func slot(_ index: Int, of slots: Int) -> Int {
    index >= 0 && index < slots - 1 ? index : slots - 1
  }

  /// Adds another loop's counts, made with the same labels.
  mutating func add(_ other: Self) {
    calls.add(other.calls)
    durations.add(other.durations)
    bytesIn &+= other.bytesIn
    bytesOut &+= other.bytesOut
    inFlight &+= other.inFlight
    connectionsOpened &+= other.connectionsOpened
    connectionsClosed &+= other.connectionsClosed
    limits.add(other.limits)
    pending.add(other.pending)
    deadlinesSwept &+= other.deadlinesSwept
    sweepLateMs = max(sweepLateMs, other.sweepLateMs)
    reconnects.add(other.reconnects)
    eventsPublished &+= other.eventsPublished
    eventsDelivered &+= other.eventsDelivered
    eventsDropped.add(other.eventsDropped)
    gaps.add(other.gaps)
    subscriptions &+= other.subscriptions
    storeTimeouts &+= other.storeTimeouts
    storeResends &+= other.storeResends
  }
}
