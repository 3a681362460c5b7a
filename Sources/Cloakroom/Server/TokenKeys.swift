internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomObservability
internal import CloakroomTokens
internal import Logging
internal import Synchronization

/// Where the keys for tokens come from: read at the start, and anew on SIGHUP; and how that went.
final class TokenKeys: Sendable {
  private let folders: [KeyFolder]
  private let limits: Configuration.Limits
  private let logger: Logger
  private let state = Mutex(State())

  private struct State {
    var counts: [KeyCount] = []
    var areOfThisRun = false
    var history = ReloadHistory()
  }

  /// The keys that a configuration names.
  init(_ configuration: Configuration, logger: Logger) {
    folders = Self.folders(of: configuration)
    limits = configuration.limits
    self.logger = logger
  }

  /// The folders that a configuration names.
  static func folders(of configuration: Configuration) -> [KeyFolder] {
    // The folder's own keys come last: its newest active one signs.
    [
      configuration.tokens.credentials.map { KeyFolder($0, isCredentials: true) },
      configuration.tokens.keys.map { KeyFolder($0) },
    ].compactMap(\.self)
  }

  // MARK: Reading

  /// The keys to begin with: those that there are, or else random ones for this run.
  ///
  /// - Throws: `KeyFolderFault` for everything that is wrong with a folder that was named.
  func load() throws -> KeyRing {
    if let ring = try KeyFolder.ring(of: folders, tokenBytes: limits.tokenBytes) {
      note(ring, areOfThisRun: false)
      tell("keys loaded", ring)
      return ring
    }
    let logger = logger
    let ring = try KeyRing.random(tokenBytes: limits.tokenBytes) {
      logger.warning(
        """
        tokens are signed with keys of this run only: after a restart, and in other sidecars, none of \
        them verifies. `cloakroom keys generate` makes keys that stay; --keys names their folder
        """)
    }
    note(ring, areOfThisRun: true)
    return ring
  }

  /// Reads the keys anew, and has everything that begins from now on use them. With a fault anywhere
  /// in them, all stays as it is, and is told in health and metrics until a reload succeeds.
  func reload(into tokens: TokenService) {
    do throws(KeyFolderFault) {
      guard let ring = try KeyFolder.ring(of: folders, tokenBytes: limits.tokenBytes) else {
        // Credentials without a key among them: as at the start, this run's keys go on.
        if state.withLock({ $0.areOfThisRun }) { return }
        throw KeyFolderFault(noKeysIn: folders)
      }
      tokens.replace(ring)
      note(ring, areOfThisRun: false)
      tell("keys reloaded", ring)
    } catch {
      state.withLock { $0.history.failed(error.complaints.map(\.description)) }
      logger.error("the keys stay as they are: something is wrong with them\n\(error)")
    }
  }

  private func note(_ ring: KeyRing, areOfThisRun: Bool) {
    state.withLock {
      $0.counts = ring.counts
      $0.areOfThisRun = areOfThisRun
      $0.history.succeeded()
    }
  }

  private func tell(_ what: String, _ ring: KeyRing) {
    let keys = ring.keys.map { "\($0.id) \($0.algorithm.rawValue) \($0.state.rawValue)" }
    logger.notice("\(what)", metadata: ["keys": .list(keys)])
  }

  // MARK: Telling

  /// What the metrics tell.
  var gauges: KeyGauges {
    state.withLock { state in
      KeyGauges(
        counts: state.counts.map {
          .init(state: $0.state.rawValue, algorithm: $0.algorithm.rawValue, count: $0.count)
        },
        reload: state.history.gauges)
    }
  }

  /// Why the keys are not those that they should be; nil when they are.
  var problem: String? { state.withLock { $0.history.problem } }

  /// What is worth knowing about the keys though nothing is wrong; nil when there is nothing.
  var remark: String? {
    state.withLock { state in
      state.areOfThisRun
        ? "tokens are signed with keys of this run only: none of them verifies after a restart"
        : nil
    }
  }
}
