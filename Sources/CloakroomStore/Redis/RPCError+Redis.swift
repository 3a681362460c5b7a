internal import CloakroomCore
internal import CloakroomRedis

extension RPCError {
  /// What Redis' own error means to a caller.
  ///
  /// Redis begins an error with a word in capitals. Those that pass by themselves, and that say
  /// that nothing was done, are UNAVAILABLE; all others are Redis' refusal, named in the details.
  /// The rest of the text is not passed on: it can quote what was sent.
  init(redisError text: String) {
    let code = String(text.prefix { $0 != " " }.prefix(32))
    let isWord = !code.isEmpty && code.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber) }
    let name = isWord ? code : "ERR"
    let details = [RPCError.Detail.text("code", name)]
    switch name {
    case "LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN":
      self.init(
        .unavailable, "Redis is not ready (\(name)); nothing was done", retryAfterMs: 100,
        details: details)
    default:
      self.init(.storeRefused, "Redis refused the command (\(name))", details: details)
    }
  }

  /// What a command without a reply means to a caller.
  init(_ failure: RedisFailure) {
    switch failure {
    case .unavailable(let why): self.init(.unavailable, why, retryAfterMs: 500)
    // By its full name: `.outcomeUnknown` would be the failure again, and this would call itself.
    case .outcomeUnknown: self.init(Reason.outcomeUnknown)
    case .full:
      self.init(.overloaded, "too many commands wait for the store", retryAfterMs: 100)
    }
  }
}
