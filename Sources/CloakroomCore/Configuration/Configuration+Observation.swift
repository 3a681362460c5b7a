extension Configuration {
  /// One line for each call.
  public struct AccessLog: Sendable, Equatable {
    /// The file that lines are appended to, opened again on SIGHUP; nil keeps no access log.
    public var path: String?
    /// Whether keys are written as they are; otherwise as a keyed hash, which tells equal from
    /// different and nothing else.
    public var keysInClear = false
    /// What keys are hashed with, as 32 hexadecimal digits, so that a key has one hash in all sidecars' logs and
    /// over restarts; nil is another with each start.
    public var hashKey: Secret?
    /// Calls that wait to be written at most. Past it, lines are dropped and counted.
    public var queueRecords = 65_536

    /// No access log.
    public init() {}
  }

  /// The text file for Prometheus.
  public struct Metrics: Sendable, Equatable {
    /// The file that node_exporter's textfile collector reads (it ends in `.prom`); nil writes
    /// none, and `system.metrics` has the same text.
    public var path: String?
    /// How often it is written.
    public var interval = Duration.seconds(10)
    /// Labels that every metric has, so that several sidecars' files can be in one folder.
    public var labels: [Label] = []

    /// A label, which is the same for all metrics of a sidecar.
    public struct Label: Sendable, Equatable {
      /// Its name.
      public let name: String
      /// Its value.
      public let value: String

      /// A label.
      public init(name: String, value: String) {
        self.name = name
        self.value = value
      }
    }

    /// No file.
    public init() {}
  }

  /// The operator's log, apart from the access log.
  public struct Log: Sendable, Equatable {
    /// The least severe messages that are written.
    public var level = LogLevel.info

    /// The defaults.
    public init() {}
  }

  /// How severe a message is, by swift-log's names.
  public enum LogLevel: String, Sendable, CaseIterable {
    /// Every step.
    case trace
    /// What helps to find a fault.
    case debug
    /// What happened.
    case info
    /// What is not a fault and yet worth a look.
    case notice
    /// What may become a fault.
    case warning
    /// A fault.
    case error
    /// A fault that ends the process.
    case critical
  }
}
