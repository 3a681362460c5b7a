internal import CloakroomCore
internal import NIOCore

/// Results of `idempotency.*`.
extension ByteBuffer {
  /// Writes what a begin is answered.
  ///
  /// - Returns: what is to be counted.
  /// - Throws: why it was refused.
  mutating func write(_ outcome: GuardOutcome, receipt: String) throws(RPCError) -> Tally? {
    switch outcome {
    case .new(let hold):
      writeStaticString("{\"status\":\"new\",\"receipt\":")
      writeJSONString(receipt)
      write(atMost: 40) {
        $0.write(",\"attempt\":")
        $0.writeDecimal(hold.attempt)
      }
      writeMoment(hold.endsAtMs, after: ",\"lockExpiresAt\":")
      if hold.lastError.readableBytes > 0 {
        try writeStored(hold.lastError, after: ",\"lastError\":")
      }
      writeStaticString("}")
      guard !hold.isRepeated else { return nil }
      if hold.attempt > 1 { return { $0.count(IdempotencyEvent.retried) } }
      return { $0.count(IdempotencyEvent.began) }
    case .inProgress(let rest):
      writeStaticString("{\"status\":\"in_progress\",\"retryAfterMs\":")
      writeDecimal(max(rest, 1))
      writeStaticString("}")
      return { $0.count(IdempotencyEvent.inProgress) }
    case .ended(let end):
      try write(end)
      return { $0.count(IdempotencyEvent.duplicate) }
    case .refused(let refusal): throw refusal.error
    case .opened, .renewed, .withdrawn: throw .unexpectedReply
    }
  }

  /// Writes what complete and fail are answered.
  ///
  /// - Returns: what is to be counted.
  /// - Throws: why it was refused.
  mutating func writeEnd(_ outcome: GuardOutcome) throws(RPCError) -> Tally? {
    switch outcome {
    case .ended(let end):
      try write(end)
      guard !end.isRepeated else { return nil }
      if end.isFailure { return { $0.count(IdempotencyEvent.failed) } }
      return { $0.count(IdempotencyEvent.completed) }
    case .opened(let attempts, let isRepeated):
      writeStaticString("{\"status\":\"open\",\"attempt\":")
      writeDecimal(attempts)
      writeStaticString("}")
      guard !isRepeated else { return nil }
      return { $0.count(IdempotencyEvent.opened) }
    case .refused(let refusal): throw refusal.error
    case .new, .inProgress, .renewed, .withdrawn: throw .unexpectedReply
    }
  }

  private mutating func write(_ end: GuardEnd) throws(RPCError) {
    writeStaticString(end.isFailure ? "{\"status\":\"failed\"" : "{\"status\":\"completed\"")
    try writeStored(end.result, after: ",\"result\":")
    writeMoment(end.atMs, after: end.isFailure ? ",\"failedAt\":" : ",\"completedAt\":")
    writeStaticString("}")
  }
}
