/// How often something may happen: so many times in a window, and so many of them at once.
///
/// Kept by the generic cell rate algorithm (GCRA; ITU-T I.371, annex A, as a virtual schedule): all that is
/// known of a limit is the moment from which on it is untouched again (the theoretical arrival time, TAT).
/// What is taken moves it ahead by `cost * window / limit`, and is refused when it would be more than
/// `burst * window / limit` ahead of now. So a limit fills up evenly, and no window has an edge at which twice
/// as much comes through: from any moment on, at most `burst + limit * time / window` are let through.
///
/// All of it is counted in whole numbers (see `RateSpan`).
public struct RateLimit: Sendable, Hashable {
  /// The largest limit, burst and cost.
  public static let largest: Int64 = 1_000_000_000

  /// How many in a window.
  public let limit: Int64
  /// The window in microseconds.
  public let windowMicroseconds: Int64
  /// How many at once.
  public let burst: Int64
  /// How far ahead the TAT may be: the time in which all of the burst comes back.
  public let capacity: RateSpan

  /// A limit.
  ///
  /// - Parameter burst: how many at once; nil is as many as in a window.
  /// - Throws: INVALID_PARAMS for a limit or burst that is not between 1 and `largest`, and when it would take
  ///   longer than ten years until all of the burst has come back: with less, every sum of moments stays
  ///   below 2^53, up to which the doubles of Redis' Lua are whole numbers.
  public init(limit: Int64, window: TimeToLive, burst: Int64? = nil) throws(RPCError) {
    let burst = burst ?? limit
    guard (1...Self.largest).contains(limit) else {
      throw RPCError(.invalidParams, "limit is between 1 and \(Self.largest)")
    }
    guard (1...Self.largest).contains(burst) else {
      throw RPCError(.invalidParams, "burst is between 1 and \(Self.largest)")
    }
    // Ten years have fewer than 2^49 microseconds.
    let microseconds = window.milliseconds &* 1000
    let capacity = Self.span(of: burst, each: microseconds, in: limit)
    let longest = RateSpan(microseconds: TimeToLive.longest.milliseconds &* 1000, part: 0)
    guard let capacity, capacity <= longest else {
      throw RPCError(.invalidParams, "burst * window / limit is at most ten years")
    }
    self.limit = limit
    self.windowMicroseconds = microseconds
    self.burst = burst
    self.capacity = capacity
  }

  /// So many a minute, and all of them at once; what is not between 1 and `largest` is the nearest that is.
  public static func aMinute(_ limit: Int) -> RateLimit {
    RateLimit(aMinute: min(max(Int64(limit), 1), largest))
  }

  private init(aMinute limit: Int64) {
    self.limit = limit
    burst = limit
    windowMicroseconds = 60_000_000
    capacity = RateSpan(microseconds: windowMicroseconds, part: 0)
  }

  /// By how much a cost moves the TAT ahead; nil for one that is negative or above the burst.
  public func span(of cost: Int64) -> RateSpan? {
    guard (0...burst).contains(cost) else { return nil }
    return Self.span(of: cost, each: windowMicroseconds, in: limit)
  }

  /// One span after the other.
  public func sum(_ left: RateSpan, _ right: RateSpan) -> RateSpan {
    let part = left.part &+ right.part
    let carry: Int64 = part >= limit ? 1 : 0
    return RateSpan(
      microseconds: left.microseconds &+ right.microseconds &+ carry, part: part &- carry &* limit)
  }

  /// What is left of a span when one that is not longer is over.
  public func difference(_ left: RateSpan, _ right: RateSpan) -> RateSpan {
    let part = left.part &- right.part
    let carry: Int64 = part < 0 ? 1 : 0
    return RateSpan(
      microseconds: left.microseconds &- right.microseconds &- carry, part: part &+ carry &* limit)
  }

  /// How many can be taken when the TAT is so far ahead.
  public func remaining(at ahead: RateSpan) -> Int64 {
    guard ahead < capacity else { return 0 }
    let rest = difference(capacity, ahead)
    // Mostly in 64 bits, which takes a tenth of the time.
    let (whole, isLong) = rest.microseconds.multipliedReportingOverflow(by: limit)
    let (sum, isLonger) = whole.addingReportingOverflow(rest.part)
    guard isLong || isLonger else { return sum / windowMicroseconds }
    let parts = Int128(rest.microseconds) * Int128(limit) + Int128(rest.part)
    return Int64(clamping: parts / Int128(windowMicroseconds))
  }

  private static func span(of count: Int64, each window: Int64, in limit: Int64) -> RateSpan? {
    // Below 2^30 times 2^49, and mostly in 64 bits.
    let (short, isLong) = count.multipliedReportingOverflow(by: window)
    guard isLong else { return RateSpan(microseconds: short / limit, part: short % limit) }
    let parts = Int128(count) * Int128(window)
    let (whole, part) = parts.quotientAndRemainder(dividingBy: Int128(limit))
    guard let whole = Int64(exactly: whole), let part = Int64(exactly: part) else { return nil }
    return RateSpan(microseconds: whole, part: part)
  }
}
