internal import NIOCore

/// What may be done about a command whose connection was lost.
public enum Resend: UInt8, Sendable {
  /// It changes nothing: it can be sent again, and when it can't be, nothing was done.
  case read
  /// It changes something, but twice is as good as once, its answer too.
  case idempotentWrite
  /// It changes something, and keeps its answer: whenever it runs again, it changes nothing and gives
  /// the first answer.
  case answerKeepingWrite
  /// Once it was sent, nobody knows whether it ran.
  case write
}

/// A command that waits for its reply.
struct InFlightCommand {
  /// The submitter's own word for it; handed back with the reply.
  let context: UInt64
  /// What may be done when the connection is lost.
  let resend: Resend
  /// Whether it was sent again after a loss already: once is enough.
  var wasResent = false
  /// Whether a server that takes no writes has refused it already: once is enough.
  var wasRefusedReadOnly = false
  /// How often it was sent again because Redis did not know its script; it did not run then.
  var scriptLoads: UInt8 = 0
  /// How many bytes it takes in the journal.
  let length: Int
  /// When its connection is given up.
  let deadline: NIODeadline

  /// The low half of its context, by which it can be withdrawn.
  var ticket: UInt32 { UInt32(truncatingIfNeeded: context) }
  /// Whether it changes something.
  var isWrite: Bool { resend != .read }

  /// What it is told when it gets no reply: whether it may have run.
  ///
  /// - Parameter wasSent: whether it was sent, and not said to have been refused.
  func failure(wasSent: Bool, _ reason: String) -> RedisFailure {
    (wasSent || wasResent) && isWrite ? .outcomeUnknown : .unavailable(reason)
  }
}
