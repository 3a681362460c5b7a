internal import CloakroomCore
internal import CloakroomRedis

extension RPCError {
  /// What Redis' own error means to a caller.
  ///
  /// Redis begins an error with a word in capitals. Those that pass by themselves, and that say
  /// that nothing was done, are UNAVAILABLE; all others are Redis' refusal, named in the details.
  init(redisError reply: borrowing RESPReply) {
    self.init(
      redisError: reply.errorCode(of: reply.first), sentence: RedisSentence.ofError(reply))
  }

  /// What Redis' own error means to a caller.
  ///
  /// - Parameters:
  ///   - code: the word, as `RESPReply.errorCode(of:)` gives it.
  ///   - sentence: what may be passed on of the error's text.
  init(redisError code: String, sentence: String? = nil) {
    let details =
      [RPCError.Detail.text("code", code)] + (sentence.map { [.text("message", $0)] } ?? [])
    switch code {
    case RedisScripts.mismatch: self.init(.idempotencyMismatch)
    case RedisScripts.unreadable: self = .unreadableAnswer
    case "LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN":
      self.init(
        .unavailable, "Redis is not ready (\(code)); nothing was done", retryAfterMs: 100,
        details: details)
    case "READONLY":
      self.init(
        .unavailable, "Redis takes no writes (READONLY), it is a replica; nothing was done",
        retryAfterMs: 500, details: details)
    case "NOGROUP":
      self = .noGroup
    case "CROSSSLOT":
      self.init(.crossSlot)
    default:
      self.init(.storeRefused, "Redis refused the command (\(code))", details: details)
    }
  }

  /// What a command without a reply means to a caller.
  init(_ failure: RedisFailure) {
    switch failure {
    case .unavailable(let why): self.init(.unavailable, why, retryAfterMs: 500)
    case .readOnly: self.init(redisError: "READONLY")
    // With the type named: `.outcomeUnknown` alone is a failure too, and this would call itself.
    case .outcomeUnknown: self.init(Reason.outcomeUnknown)
    case .full:
      self.init(.overloaded, "too many commands wait for the store", retryAfterMs: 100)
    }
  }
}
