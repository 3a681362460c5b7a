/// The id of a stream's message: milliseconds since 1970 and a number within the millisecond, written
/// `1763712345678-0`. Within a stream each id is greater than the one before.
public struct StreamID: Sendable, Hashable, Comparable {
  /// What no message has: before all of them.
  public static let zero = StreamID(milliseconds: 0, sequence: 0)

  /// When the message was appended, in milliseconds since 1970, or just after the message before.
  public let milliseconds: UInt64
  /// Which message of that millisecond it is.
  public let sequence: UInt64

  /// An id of its two numbers.
  public init(milliseconds: UInt64, sequence: UInt64) {
    self.milliseconds = milliseconds
    self.sequence = sequence
  }

  /// Reads an id; nil for anything but the text that a store writes: no sign, no leading zero.
  public init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let milliseconds = Self.number(parts[0]),
      let sequence = Self.number(parts[1])
    else { return nil }
    self.init(milliseconds: milliseconds, sequence: sequence)
  }

  /// The id as it is written.
  public var text: String { "\(milliseconds)-\(sequence)" }

  /// The id for a message that is appended now; nil when there is none left.
  ///
  /// - Parameter now: the milliseconds since 1970.
  func next(at now: UInt64) -> StreamID? {
    if now > milliseconds { return StreamID(milliseconds: now, sequence: 0) }
    let (sequence, isLast) = sequence.addingReportingOverflow(1)
    if !isLast { return StreamID(milliseconds: milliseconds, sequence: sequence) }
    let (milliseconds, isOver) = milliseconds.addingReportingOverflow(1)
    return isOver ? nil : StreamID(milliseconds: milliseconds, sequence: 0)
  }

  /// Orders ids as their messages were appended.
  public static func < (left: Self, right: Self) -> Bool {
    (left.milliseconds, left.sequence) < (right.milliseconds, right.sequence)
  }

  private static func number(_ text: some StringProtocol) -> UInt64? {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0")
    else { return nil }
    return UInt64(text)
  }
}
