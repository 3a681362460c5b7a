internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import Logging
internal import Synchronization

/// Where the flows of the configuration come from: read at the start, and anew on SIGHUP; and how that went.
final class FlowLibrary: Sendable {
  /// The flows, which all loops use.
  let files = FlowFiles()
  private let folder: FlowFolder?
  private let logger: Logger
  private let history = Mutex(ReloadHistory())

  /// The flows that a configuration names.
  init(_ configuration: Configuration, logger: Logger) {
    folder = configuration.flows.folder.map {
      FlowFolder($0, defaultTTL: configuration.session.ttl)
    }
    self.logger = logger
  }

  /// Reads the flows to begin with.
  ///
  /// - Throws: everything that is wrong with them.
  func load() throws(ConfigurationFaults) {
    guard let folder else { return }
    try take(folder, "flows loaded")
  }

  /// Reads the flows anew, for all sessions that begin from now on. With a fault anywhere in them all stay as
  /// they are, and that is told in health until a reload succeeds.
  func reload() {
    guard let folder else { return }
    do throws(ConfigurationFaults) {
      try take(folder, "flows reloaded")
    } catch {
      history.withLock { $0.failed(error.faults.map(\.description)) }
      logger.error("the flows stay as they are: something is wrong with them\n\(error)")
    }
  }

  private func take(_ folder: FlowFolder, _ what: String) throws(ConfigurationFaults) {
    let flows = try folder.read()
    files.replace(with: flows)
    history.withLock { $0.succeeded() }
    logger.notice("\(what)", metadata: ["flows": .list(flows.map(\.name))])
  }

  /// When the flows that are in use were read, and how often reading them anew has failed; nil without a folder.
  var gauges: ReloadGauges? { folder.map { _ in history.withLock { $0.gauges } } }

  /// Why the flows are not those that they should be; nil when they are.
  var problem: String? { history.withLock { $0.problem } }
}
