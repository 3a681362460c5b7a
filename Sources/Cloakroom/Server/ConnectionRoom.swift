internal import CloakroomCore
internal import CloakroomObservability
internal import Glibc
internal import Logging
internal import Synchronization

/// How many connections there can be: as many as are configured, or as many as the process may have files open.
///
/// Some descriptors are kept back for what the sidecar has to open itself: its logs, its keys, and the connections
/// to the store.
final class ConnectionRoom: Sendable {
  /// How many descriptors are kept back, beside those of each loop.
  private static let reserve = 16
  /// How many each loop may need: for the store, and for its next connection while the old one ends.
  private static let reserveOfLoop = 2
  /// Where the number of files is unlimited, as many are asked for.
  private static let mostFiles = rlim_t(1 << 20)

  /// How many connections there may be at once.
  let connections: Int
  /// What is worth knowing about that; nil when it is as configured.
  let remark: String?

  private let logger: Logger
  private let shortage = Mutex<String?>(nil)

  /// What there is room for.
  ///
  /// - Parameters:
  ///   - wanted: how many connections are configured.
  ///   - files: how many files the process may have open.
  ///   - openFiles: how many it has open.
  init(wanted: Int, files: Int, openFiles: Int, loops: Int, logger: Logger) {
    self.logger = logger
    let rest = files - openFiles - Self.reserve - loops * Self.reserveOfLoop
    connections = min(wanted, max(1, rest))
    remark =
      connections == wanted
      ? nil
      : "limits.connections (\(wanted)) can't be had, but \(connections): the process may have \(files) "
        + "files open (LimitNOFILE in the unit, or ulimit -n)"
  }

  /// What there is room for in this process, whose limit is raised as far as it may be.
  convenience init(_ configuration: Configuration, logger: Logger) {
    self.init(
      wanted: configuration.limits.connections, files: Self.raiseLimit(),
      openFiles: ProcessFacts.read().openFiles ?? 0, loops: configuration.runtime.loops,
      logger: logger)
    if let remark { logger.warning("\(remark)") }
  }

  /// Raises the soft limit of open files to the hard one.
  ///
  /// - Returns: how many files there may be.
  private static func raiseLimit() -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
    let wanted = rlimit(
      rlim_cur: min(limit.rlim_max, max(mostFiles, limit.rlim_cur)), rlim_max: limit.rlim_max)
    if wanted.rlim_cur > limit.rlim_cur {
      withUnsafePointer(to: wanted) {
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), $0) == 0 { limit = wanted }
      }
    }
    return Int(clamping: limit.rlim_cur)
  }

  /// Why no connections are taken; nil when they are.
  var problem: String? { shortage.withLock(\.self) }

  /// A connection could not be taken.
  func ranOut(_ error: CInt) {
    let problem =
      "no connections are taken: \(SystemError.text(error)); raise LimitNOFILE, or lower "
      + "limits.connections"
    let isNew = shortage.withLock { shortage in
      defer { shortage = problem }
      return shortage == nil
    }
    if isNew { logger.error("\(problem)") }
  }

  /// Connections are taken again.
  func isBack() {
    let wasOut = shortage.withLock { shortage in
      defer { shortage = nil }
      return shortage != nil
    }
    if wasOut { logger.notice("connections are taken again") }
  }
}
