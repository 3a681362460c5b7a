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

  /// How many records were written or dropped so far.
  public var counts: AccessLogCounts {
    queue.counts
  }

  /// Records that wait for the disk.
  public var waiting: Int {
    queue.waiting
  }
}

/// How the access log is kept.
public struct AccessLogOptions: Sendable {
  /// The file that lines are appended to; it is made with mode 0640 when it isn't there.
  public var path: String
  /// How many records may wait for the disk; further ones are dropped and counted.
  public var queueLimit: Int
  /// How many bytes the waiting records' strings may take up together, for the same.
  public var queueByteLimit: Int
  /// The 16 bytes that keys are hashed with; nil draws new ones for this run.
  ///
  /// With bytes that are kept, a key has the same hash in every run's log, and anyone who has the bytes
  /// can find a key that they know.
  public var hashKey: [UInt8]?
  /// The namespaces whose keys are logged in clear; `pending`, `session` and `jwt` never are, as
  /// their keys open what is kept under them.
  public var namespacesInClear: Set<String>
  /// How long the writer lets lines gather while calls keep coming, so that many make one write.
  public var linger: Duration

  /// Describes an access log.
  public init(
    path: String, queueLimit: Int = 65_536, queueByteLimit: Int = 64 << 20,
    hashKey: [UInt8]? = nil, namespacesInClear: Set<String> = [],
    linger: Duration = .milliseconds(10)
  ) {
    self.path = path
    self.queueLimit = queueLimit
    self.queueByteLimit = queueByteLimit
    self.hashKey = hashKey
    self.namespacesInClear = namespacesInClear
    self.linger = linger
  }
}

/// How many records that were handed to the access log were written or dropped.
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

/// Why an access log can't be kept at all.
public enum AccessLogError: Error, Equatable, CustomStringConvertible {
  /// The file can't be opened for appending; `errno` says why.
  case cannotOpen(path: String, errno: Int32)
  /// A key for hashing isn't 16 bytes long.
  case badHashKeyLength(Int)
  /// libcrypto has no SipHash, or no randomness for its key.
  case noKeyedHash
  /// The system gave no thread to write from; `errno` says why.
  case noThread(errno: Int32)

  /// What to tell an operator.
  public var description: String {
    switch self {
    case .cannotOpen(let path, let errno): "can't open \(path): \(SystemError.text(errno))"
    case .badHashKeyLength(let length): "a key for hashing is 16 bytes long, not \(length)"
    case .noKeyedHash: "libcrypto offers no SipHash"
    case .noThread(let errno): "can't start a thread: \(SystemError.text(errno))"
    }
  }
}
