public import CloakroomCore

/// What a counter tells apart by a label.
///
/// Closed, so that a metric's label never takes more values than the code can name. Raw values count
/// from 0.
public protocol CounterLabel: RawRepresentable<Int>, CaseIterable, Sendable {
  /// Which counter.
  static var counter: LoopCounter { get }
  /// The name that the metric is labelled with.
  var name: String { get }
}

extension Limit: CounterLabel {
  /// `LoopCounter.limitHits`
  public static var counter: LoopCounter { .limitHits }
}

extension PendingEvent: CounterLabel {
  /// `LoopCounter.pendingOperations`
  public static var counter: LoopCounter { .pendingOperations }
}

extension CacheEvent: CounterLabel {
  /// `LoopCounter.caches`
  public static var counter: LoopCounter { .caches }
}

extension RateDecision: CounterLabel {
  /// `LoopCounter.rateDecisions`
  public static var counter: LoopCounter { .rateDecisions }
}

extension SessionEvent: CounterLabel {
  /// `LoopCounter.sessionEvents`
  public static var counter: LoopCounter { .sessionEvents }
}

extension IdempotencyEvent: CounterLabel {
  /// `LoopCounter.idempotency`
  public static var counter: LoopCounter { .idempotency }
}

extension StoreRefusal: CounterLabel {
  /// `LoopCounter.storeRefusals`
  public static var counter: LoopCounter { .storeRefusals }
}

/// Why a connection to the store was given up and made anew.
public enum ReconnectReason: Int, CounterLabel {
  /// The store closed it, or the network did.
  case closed
  /// It couldn't be made: refused, unreachable, or too slow.
  case connectFailed
  /// The store refused the greeting: user, password or database.
  case handshakeFailed
  /// A command was not answered in time, so the next reply would have been for the wrong command.
  case commandTimeout
  /// What came over it was not the store's protocol.
  case protocolError
  /// It takes no writes any more, as it has become a replica.
  case readOnly

  /// `LoopCounter.storeReconnects`
  public static var counter: LoopCounter { .storeReconnects }

  /// The name that metrics are labelled with.
  public var name: String {
    switch self {
    case .closed: "closed"
    case .connectFailed: "connect_failed"
    case .handshakeFailed: "handshake_failed"
    case .commandTimeout: "command_timeout"
    case .protocolError: "protocol_error"
    case .readOnly: "read_only"
    }
  }
}

/// Why an event did not reach a subscriber.
public enum EventDrop: Int, CounterLabel {
  /// Too many waited for a subscriber that reads slower than they come.
  case slowReader
  /// Too many waited for an event loop.
  case busyLoop
  /// What was published was no event of a sidecar.
  case malformed

  /// `LoopCounter.eventsDropped`
  public static var counter: LoopCounter { .eventsDropped }

  /// The name that metrics are labelled with.
  public var name: String {
    switch self {
    case .slowReader: "slow_reader"
    case .busyLoop: "busy_loop"
    case .malformed: "malformed"
    }
  }
}

/// Why a subscriber was told that events are missing.
public enum GapReason: Int, CounterLabel {
  /// More events came than could wait.
  case overflow
  /// The way to the store's messages was lost, and is there again.
  case reconnected

  /// `LoopCounter.eventGaps`
  public static var counter: LoopCounter { .eventGaps }

  /// The name that metrics are labelled with, and that subscribers are told.
  public var name: String {
    switch self {
    case .overflow: "overflow"
    case .reconnected: "reconnected"
    }
  }
}

/// What clients have the sidecar hold memory for.
public enum MemoryKind: Int, CounterLabel {
  /// Requests that are half read, wait for their turn, or are under way.
  case requests
  /// Replies that are gathered, or were not read.
  case replies
  /// What calls under way take beside their requests.
  case calls
  /// Subscriptions to events, and their patterns.
  case subscriptions
  /// Events that wait for a slow reader.
  case events
  /// Schemas that have been compiled.
  case schemas

  /// `LoopCounter.clientMemory`
  public static var counter: LoopCounter { .clientMemory }

  /// The name that metrics are labelled with.
  public var name: String {
    switch self {
    case .requests: "requests"
    case .replies: "replies"
    case .calls: "calls"
    case .subscriptions: "subscriptions"
    case .events: "events"
    case .schemas: "schemas"
    }
  }
}
