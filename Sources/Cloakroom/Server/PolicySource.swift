internal import CloakroomCore
internal import CloakroomObservability
internal import Logging
internal import Synchronization

/// Where the policy comes from: the configuration, read at the start, and anew on SIGHUP; and how that
/// went.
final class PolicySource: Sendable {
  /// What the sidecar was started with; all but the policy stays so.
  private let configuration: Configuration
  private let read: @Sendable () throws(ConfigurationFaults) -> Configuration
  private let logger: Logger
  /// The settings that are otherwise in what was read last.
  private let changed = Mutex<[String]>([])
  private let history: Mutex<ReloadHistory>

  /// The policy of this moment has been read already.
  ///
  /// - Parameters:
  ///   - configuration: what the sidecar is started with.
  ///   - read: reads the configuration anew.
  init(
    _ configuration: Configuration, logger: Logger,
    read: @escaping @Sendable () throws(ConfigurationFaults) -> Configuration
  ) {
    self.configuration = configuration
    self.read = read
    self.logger = logger
    var history = ReloadHistory()
    history.succeeded()
    self.history = Mutex(history)
  }

  /// Reads the policy anew. With a fault anywhere in the configuration, it stays as it is, and that is
  /// told in health and metrics until a reload succeeds.
  ///
  /// - Parameter apply: has everybody act by it from now on.
  func reload(_ apply: (Policy) async -> Void) async {
    do throws(ConfigurationFaults) {
      let fresh = try read()
      let policy = fresh.policy
      await apply(policy)
      let keys = ConfigurationChanges.keys(from: configuration, to: fresh)
      changed.withLock { $0 = keys }
      history.withLock { $0.succeeded() }
      logger.notice(
        "policy reloaded", metadata: ["services": .list(policy.services.map(\.name))])
      if let remark { logger.warning("\(remark)") }
    } catch {
      history.withLock { $0.failed(error.faults.map(\.description)) }
      logger.error("the policy stays as it is: the configuration is wrong\n\(error)")
    }
  }

  /// What is not as the configuration has it by now; nil when all is.
  var remark: String? {
    let keys = changed.withLock(\.self)
    return keys.isEmpty
      ? nil : "changed since the start, and needs a restart: \(keys.joined(separator: ", "))"
  }

  /// What the metrics tell.
  var gauges: ReloadGauges { history.withLock { $0.gauges } }

  /// Why the policy is not the one that it should be; nil when it is.
  var problem: String? { history.withLock { $0.problem } }
}
