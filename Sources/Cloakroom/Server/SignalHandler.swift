internal import Glibc
internal import Logging
internal import UnixSignals

/// What signals mean: SIGTERM and SIGINT end the sidecar, a second one at once; SIGHUP has it
/// reopen its log and read its policy anew; SIGUSR1 and SIGUSR2 mean nothing.
struct SignalHandler: Sendable {
  /// Signals this close together are one: `timeout`, as others, signals both a process and its group.
  private static let oneInstant = Duration.milliseconds(100)

  private let signals: UnixSignalsSequence
  private let logger: Logger

  /// Ignores signals that would end the process though they don't mean that, until there is a handler: what
  /// SIGHUP would have read anew is about to be read anyway.
  static func ignoreEarlySignals() {
    // A log that nobody reads any more is no reason to end either.
    for number in [SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE] { signal(number, SIG_IGN) }
  }

  /// From now on the signals are kept for `listen`, and no longer end the process by themselves.
  init(logger: Logger) async {
    signals = await UnixSignalsSequence(trapping: .sighup, .sigterm, .sigint, .sigusr1, .sigusr2)
    self.logger = logger
  }

  /// Listens until its task is cancelled.
  func listen(
    end: @Sendable () async -> Void, hangUp: @Sendable () async -> Void
  ) async {
    var endingSince: ContinuousClock.Instant?
    for await signal in signals {
      if signal == .sighup {
        await hangUp()
      } else if signal == .sigusr1 || signal == .sigusr2 {
        logger.notice(
          "the signal means nothing here; SIGHUP reopens the access log and reads the policy anew",
          metadata: ["signal": "\(signal)"])
      } else if let endingSince {
        guard ContinuousClock.now - endingSince > Self.oneInstant else { continue }
        logger.warning("second signal: stopping without finishing what is in flight")
        _exit(1)
      } else {
        endingSince = .now
        logger.notice("stopping: finishing what is in flight", metadata: ["signal": "\(signal)"])
        await end()
      }
    }
  }
}
