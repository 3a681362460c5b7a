/// What became of the records that were handed to the access log.
public struct AccessLogCounts: Sendable, Equatable {
  /// Lines that the system took whole.
  public var written: UInt64 = 0
  /// Records that found the queue full, or the log closed.
  public var droppedByQueue: UInt64 = 0
  /// Lines that the system didn't take: a full disk, an input or output error.
  public var droppedByWrite: UInt64 = 0
  /// Times the file couldn't be opened again, and the old one was kept.
  public var reopenFailures: UInt64 = 0
  /// Whether the last time was one of them, and lines still go to the old file.
  public var keepsOldFile = false

  /// Counts of nothing.
  public init() {}
}
