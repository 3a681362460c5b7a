public import CloakroomCore
public import Logging

/// The access log: one JSON line a call, written by a thread of its own.
///
/// Loops hand batches over and never wait: what a full queue or a full disk doesn't take is dropped
/// and counted. The thread runs until ``close(within:)`` is called or the last reference goes.
public final class AccessLogWriter: Sendable {
  private let queue: AccessLogQueue

  /// Opens the file and starts the thread.
  ///
  /// - Parameters:
  ///   - options: where and how the log is kept.
  ///   - labels: the names of services and methods.
  ///   - logger: the operator's log, told when lines begin to be lost and when they no longer are.
  public init(
    options: AccessLogOptions, labels: MetricsLabels, logger: Logger
  ) throws(AccessLogError) {
    let hasher = try KeyHasher(key: options.hashKey)
    let formatter = AccessLogFormatter(
      labels: labels, namespacesInClear: options.namespacesInClear, hasher: hasher)
    let file = try LogFile(path: options.path)
    let queue = AccessLogQueue(
      limit: options.queueLimit, byteLimit: options.queueByteLimit, linger: options.linger)
    let pump = AccessLogPump(queue: queue, formatter: formatter, file: file, logger: logger)
    try WriterThread.start(pump)
    self.queue = queue
  }

  deinit {
    queue.close()
  }

  /// Takes records in and answers how many were dropped as the queue was full. Never waits for the
  /// disk.
  public func enqueue(_ batch: consuming [CallRecord]) -> Int {
    queue.enqueue(batch)
  }

  /// Takes in records of what has ended by itself, as `enqueue` does calls.
  public func enqueue(expiries batch: consuming [ExpiryRecord]) -> Int {
    queue.enqueue(batch)
  }

  /// Opens the path anew before the next lines are written, as log rotation needs it. When that
  /// fails, the old file is kept and the operator told.
  public func reopen() {
    queue.reopen()
  }

  /// Takes nothing more in and waits until all that was taken in is written.
  ///
  /// It blocks its thread, so don't call it on an event loop. False when the patience ran out first:
  /// the lines that are left are lost with the process.
  public func close(within patience: Duration = .seconds(2)) -> Bool {
    queue.close()
    return queue.waitForEnd(atMost: patience)
  }

  /// What has become of the records so far.
  public var counts: AccessLogCounts {
    queue.counts
  }

  /// Records that wait for the disk.
  public var waiting: Int {
    queue.waiting
  }
}
