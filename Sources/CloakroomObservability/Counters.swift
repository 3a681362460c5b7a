import CloakroomCore

/// Every count that one event loop keeps, in flat arrays indexed by small integers.
///
/// The last slot of services and methods is for what has no name, so every index finds a place.
struct Counters: Sendable {
  /// How many values a counter's label may have.
  static let width = 32

  let serviceSlots: Int
  let methodSlots: Int
  /// Outcomes a call can have: success first, then the reasons in the order of their raw values.
  let outcomes = Reason.allCases.count + 1

  /// By service, method and outcome.
  var calls: [UInt64]
  /// How long calls took: a row a method, and a last one for how long they waited for the store.
  var durations: Histograms
  /// What has happened to sessions, by flow and step.
  var flows = FlowCounts()
  /// The other counters, a row of `width` for each. What goes up and down may be below zero on one loop,
  /// and wraps.
  private var slots = [UInt64].zeros(LoopCounter.allCases.count * Self.width)

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

  /// A counter, or the one of its counts that a label's raw value tells.
  @inline(__always)
  subscript(_ counter: LoopCounter, _ label: Int = 0) -> UInt64 {
    get { slots[counter.rawValue * Self.width + label] }
    set { slots[counter.rawValue * Self.width + label] = newValue }
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
    self[.receivedBytes] &+= UInt64(truncatingIfNeeded: bytesIn)
    self[.sentBytes] &+= UInt64(truncatingIfNeeded: bytesOut)
  }

  /// The slot of an index: its own, or the last one when it names nothing.
  private static func slot(_ index: Int, of slots: Int) -> Int {
    index >= 0 && index < slots - 1 ? index : slots - 1
  }

  /// Adds another loop's counts, made with the same labels.
  mutating func add(_ other: Self) {
    calls.add(other.calls)
    durations.add(other.durations)
    flows.add(other.flows)
    let before = slots
    slots.add(other.slots)
    for counter in LoopCounter.allCases where counter.metric.isGreatest {
      let index = counter.rawValue * Self.width
      slots[index] = max(before[index], other.slots[index])
    }
  }
}

extension [UInt64] {
  /// As many counts of nothing.
  static func zeros(_ count: Int) -> [UInt64] {
    [UInt64](repeating: 0, count: count)
  }

  /// Adds another array of counts, place by place.
  mutating func add(_ other: [UInt64]) {
    for index in 0..<Swift.min(count, other.count) {
      self[index] &+= other[index]
    }
  }
}
