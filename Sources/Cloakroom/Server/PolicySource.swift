internal import CloakroomCore
internal import CloakroomObservability
internal import Logging
internal import Synchronization

/// Where the policy comes from: the configuration, read at the start, and anew on SIGHUP; and how that
/// went.
final class PolicySource: Sendable {
  private let read: @Sendable () throws(ConfigurationFaults) -> Configuration
  private let logger: Logger
  private let history: Mutex<ReloadHistory>

  /// The policy of this moment has been read already.
  ///
  /// - Parameter read: reads the configuration anew.
  init(
    logger: Logger, read: @escaping @Sendable () throws(ConfigurationFaults) -> Configuration
  ) {
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
      let policy = try read().policy
      await apply(policy)
      history.withLock { $0.succeeded() }
      logger.notice(
        "policy reloaded", metadata: ["services": "\(policy.services.map(\.name))"])
    } catch {
      history.withLock { $0.failed(error.faults.map(\.description)) }
      logger.error("the policy stays as it is: the configuration is wrong\n\(error)")
    }
  }

  /// What the metrics tell.
  var gauges: ReloadGauges { history.withLock { $0.gauges } }

  /// Why the policy is not the one that it should be; nil when it is.
  var problem: String? { history.withLock { $0.problem } }
}
