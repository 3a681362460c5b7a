/// How long a value lives, in milliseconds.
///
/// Written as a whole number of seconds, or a string of digits with a unit: `"500ms"`, `"90s"`,
/// `"30m"` or `"30min"`, `"24h"`, `"7d"`. From one millisecond to ten years; anything else is
/// TTL_INVALID.
public struct TimeToLive: Sendable, Hashable, Comparable {
  /// The longest life a value can have: ten years of 365 days, in milliseconds.
  public static let longest = TimeToLive(unchecked: 10 * 365 * 24 * 3_600_000)

  /// The life in milliseconds, from 1 to `longest`.
  public let milliseconds: Int64

  private init(unchecked milliseconds: Int64) { self.milliseconds = milliseconds }

  /// A life of a number of milliseconds.
  ///
  /// - Throws: TTL_INVALID when it is not between one millisecond and ten years.
  public init(milliseconds: Int64) throws(RPCError) {
    guard milliseconds > 0, milliseconds <= Self.longest.milliseconds else {
      throw RPCError(.ttlInvalid, "a TTL is between one millisecond and ten years")
    }
    self.milliseconds = milliseconds
  }

  /// A life of a number of seconds.
  ///
  /// - Throws: TTL_INVALID when it is not between one second and ten years.
  public init(seconds: Int64) throws(RPCError) {
    let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    try self.init(milliseconds: overflow ? -1 : milliseconds)
  }

  /// Reads a life as callers write it inside of a string: digits and a unit.
  ///
  /// - Throws: TTL_INVALID for anything but digits followed by ms, s, m, min, h or d.
  public init(text: some Sequence<UInt8>) throws(RPCError) {
    var count: Int64 = 0
    var digits = 0
    var unit: [UInt8] = []
    for byte in text {
      if unit.isEmpty, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        digits += 1
        // Twelve digits hold ten years of milliseconds.
        guard digits <= 12 else { throw RPCError(.ttlInvalid) }
        count = count * 10 + Int64(byte - UInt8(ascii: "0"))
      } else {
        guard unit.count < 3 else { throw RPCError(.ttlInvalid) }
        unit.append(byte)
      }
    }
    guard digits > 0, let factor = Self.milliseconds(per: unit) else {
      throw RPCError(.ttlInvalid)
    }
    let (milliseconds, overflow) = count.multipliedReportingOverflow(by: factor)
    try self.init(milliseconds: overflow ? -1 : milliseconds)
  }

  private static func milliseconds(per unit: [UInt8]) -> Int64? {
    switch String(decoding: unit, as: UTF8.self) {
    case "ms": 1
    case "s": 1000
    case "m", "min": 60_000
    case "h": 3_600_000
    case "d": 86_400_000
    default: nil
    }
  }

  /// Orders lives by their length.
  public static func < (left: Self, right: Self) -> Bool {
    left.milliseconds < right.milliseconds
  }
}

/// Lives that defaults have.
extension TimeToLive {
  /// 30 seconds.
  public static let halfMinute = Self.clamping(seconds: 30)
  /// One minute.
  public static let minute = Self.clamping(seconds: 60)
  /// 5 minutes.
  public static let fiveMinutes = Self.clamping(seconds: 300)
  /// 30 minutes.
  public static let halfHour = Self.clamping(seconds: 1800)
  /// One hour.
  public static let hour = Self.clamping(seconds: 3600)
  /// 24 hours.
  public static let day = Self.clamping(seconds: 86_400)
  /// 96 hours: longer than senders of webhooks try again, three days at most.
  public static let fourDays = Self.clamping(seconds: 4 * 86_400)
  /// 7 days.
  public static let week = Self.clamping(seconds: 7 * 86_400)
  /// 30 days.
  public static let thirtyDays = Self.clamping(seconds: 30 * 86_400)

  static func clamping(seconds: Int64) -> TimeToLive {
    // A constant within the limits can't fail; `longest` is what the compiler is told.
    (try? TimeToLive(seconds: seconds)) ?? .longest
  }
}
