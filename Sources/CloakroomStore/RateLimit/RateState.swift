internal import CloakroomCore

/// What is known of the limits on one key, in memory: the TAT of each, told apart by its window.
///
/// A key may well be held to 10 a second and to 100 a minute. A limit that has become another within the same
/// window goes on from where it was.
struct RateState: MemoryCharged, Equatable {
  /// How many different windows may be under way on a key.
  static let windowLimit = 16

  /// One limit.
  struct Window: Sendable, Equatable {
    /// The window in microseconds, which tells it from others.
    let microseconds: Int64
    /// The TAT: whole microseconds by the store's clock, …
    var time: Int64
    /// … and parts of one more, …
    var part: Int64
    /// … of which there are so many in one.
    var limit: Int64
    /// When that was written, in whole microseconds.
    var written: Int64
  }

  /// What it is taken to cost beside its key, in bytes: its share of the table and the queue, and its windows.
  private static let overhead = 384

  private(set) var windows: [Window] = []

  /// What it is charged for beside its key, in bytes. As if it had all the windows that it may: what is
  /// charged doesn't change with time.
  var cost: Int { Self.overhead + Self.windowLimit * MemoryLayout<Window>.stride }

  /// When it says nothing any more, in milliseconds of the store's clock.
  var deadline: Deadline {
    let last = windows.reduce(0) { max($0, $1.time &+ ($1.part > 0 ? 1 : 0)) }
    return Deadline(at: RateSpan(microseconds: last, part: 0).milliseconds)
  }

  /// How far ahead a limit's TAT is, and whether that counts from now as the clock has been put back.
  ///
  /// It can be further ahead than the limit allows: then it is that of a larger burst, and stays as it is, or was
  /// written later than now, and is as far ahead as it was then.
  func ahead(of limit: RateLimit, at now: Int64) -> (span: RateSpan, isMoved: Bool) {
    guard let window = windows.first(where: { $0.microseconds == limit.windowMicroseconds }),
      window.time >= now
    else { return (.zero, false) }
    var microseconds = window.time &- now
    let isMoved = microseconds > limit.capacity.microseconds && window.written > now
    if isMoved { microseconds = window.time &- window.written }
    guard window.part > 0, window.limit != limit.limit else {
      return (RateSpan(microseconds: microseconds, part: window.part), isMoved)
    }
    return (RateSpan(microseconds: microseconds &+ 1, part: 0), isMoved)
  }

  /// Puts a limit's TAT so far ahead, and forgets what is over.
  ///
  /// - Throws: INVALID_PARAMS when too many windows are under way.
  mutating func put(_ ahead: RateSpan, for limit: RateLimit, at now: Int64) throws(RPCError) {
    windows.removeAll { $0.microseconds == limit.windowMicroseconds || $0.time < now }
    guard windows.count < Self.windowLimit else { throw .tooManyRateWindows }
    windows.append(
      Window(
        microseconds: limit.windowMicroseconds, time: now &+ ahead.microseconds, part: ahead.part,
        limit: limit.limit, written: now))
  }
}
