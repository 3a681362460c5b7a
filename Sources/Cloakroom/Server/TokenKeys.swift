internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomTokens
internal import Logging

/// Where the keys for tokens come from: read at the start, and anew on SIGHUP.
struct TokenKeys: Sendable {
  private let folders: [KeyFolder]
  private let limits: Configuration.Limits
  private let logger: Logger

  /// The keys that a configuration names.
  init(_ configuration: Configuration, logger: Logger) {
    // The folder's own keys come last: its newest active one signs.
    folders =
      [configuration.tokens.credentials.map { KeyFolder($0, isCredentials: true) }].compactMap(
        \.self)
      + [configuration.tokens.keys.map { KeyFolder($0) }].compactMap(\.self)
    limits = configuration.limits
    self.logger = logger
  }

  /// The keys to begin with: those that there are, or else random ones for this run.
  ///
  /// - Throws: `KeyFolderFault` for everything that is wrong with a folder that was named.
  func load() throws -> KeyRing {
    if let ring = try KeyFolder.ring(of: folders, tokenBytes: limits.tokenBytes) {
      tell("keys loaded", ring)
      return ring
    }
    logger.warning(
      """
      tokens are signed with keys of this run only: after a restart, and in other sidecars, none of \
      them verifies. `cloakroom keys generate` makes keys that stay; --keys names their folder
      """)
    return try KeyRing.random(tokenBytes: limits.tokenBytes)
  }

  /// Reads the keys anew, and has everything that begins from now on use them. With a fault anywhere
  /// in them, all stays as it is.
  func reload(into desk: TokenDesk) {
    do throws(KeyFolderFault) {
      guard let ring = try KeyFolder.ring(of: folders, tokenBytes: limits.tokenBytes) else {
        // Credentials without a key among them, as at the start: this run's keys go on.
        return
      }
      desk.replace(ring)
      tell("keys reloaded", ring)
    } catch {
      logger.error("the keys stay as they are: something is wrong with them\n\(error)")
    }
  }

  private func tell(_ what: String, _ ring: KeyRing) {
    let keys = ring.keys.map { "\($0.id) \($0.algorithm.rawValue) \($0.state.rawValue)" }
    logger.notice("\(what)", metadata: ["keys": "\(keys)"])
  }
}
