internal import Glibc
internal import Logging
internal import UnixSignals

/// What signals mean: SIGTERM and SIGINT end the sidecar, a second one at once; SIGHUP has it
/// reopen its log and read its policy anew.
struct SignalHandler: Sendable {
  private let signals: UnixSignalsSequence
  private let logger: Logger

  /// From now on the signals are kept for `listen`, and no longer end the process by themselves.
  init(logger: Logger) async {
    signals = await UnixSignalsSequence(trapping: .sighup, .sigterm, .sigint)
    self.logger = logger
  }

  /// Listens until its task is cancelled.
  func listen(
    end: @Sendable () async -> Void, hangUp: @Sendable () async -> Void
  ) async {
    var isEnding = false
    for await signal in signals {
      if signal == .sighup {
        await hangUp()
      } else if isEnding {
        logger.warning("second signal: stopping without finishing what is in flight")
        _exit(1)
      } else {
        isEnding = true
        logger.notice("stopping: finishing what is in flight", metadata: ["signal": "\(signal)"])
        await end()
      }
    }
  }
}
