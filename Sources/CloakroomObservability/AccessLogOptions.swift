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
  /// With bytes that are kept, a key has the same hash in every run's log, and everyone with the bytes
  /// can recognise a key that they know.
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
