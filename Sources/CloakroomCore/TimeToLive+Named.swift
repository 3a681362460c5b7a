/// Lives that defaults have.
extension TimeToLive {
  /// 30 seconds.
  public static let halfMinute = Self.clamping(seconds: 30)
  /// One minute.
  public static let minute = Self.clamping(seconds: 60)
  /// 30 minutes.
  public static let halfHour = Self.clamping(seconds: 1800)
  /// One hour.
  public static let hour = Self.clamping(seconds: 3600)
  /// 24 hours.
  public static let day = Self.clamping(seconds: 86_400)
  /// 7 days.
  public static let week = Self.clamping(seconds: 7 * 86_400)
  /// 30 days.
  public static let thirtyDays = Self.clamping(seconds: 30 * 86_400)

  static func clamping(seconds: Int64) -> TimeToLive {
    // A constant within the limits can't fail; `longest` is what the compiler is told.
    (try? TimeToLive(seconds: seconds)) ?? .longest
  }
}
