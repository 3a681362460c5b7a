internal import Glibc
internal import Logging
internal import UnixSignals

/// What signals mean: SIGTERM and SIGINT end the sidecar, a second one at once; SIGHUP has it
/// reopen its log and read its policy anew.
struct SignalHandler {
  private let logger: Logger
  private let signals: UnixSignalsSequence

  /// Takes signals from now on; they wait until somebody listens.
  init(logger: Logger) async {
    self.logger = logger
    signals = await UnixSignalsSequence(trapping: .sighup, .sigterm, .sigint)
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
