internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// `ratelimit.*`: how often something may happen, decided once over all sidecars.
enum RateLimitMethods {
  static let all = [check, peek, reset]

  private static let parameters: [Parameter] = [
    .rateKey, .limit, .window, .burst, .cost, .policy, .allLimits,
  ]

  static let check = Method(
    "ratelimit.check",
    "Takes what a call costs from a limit, or from several, all of them or none, and tells whether it may go on. GCRA: what was taken comes back evenly over the window, up to the burst. Counted without rounding on the store's clock, over all sidecars; waits are rounded up, so that a caller who waits retryAfterMs is let through if nobody else came. allowed is the decision; of several limits, limit, remaining and resetMs (when all has come back) are those of the tightest, and each has its own in results. A cost of 0 takes nothing and is allowed. A key that was refused may be refused again by the sidecar itself, for a second at most.",
    parameters + [.onUnavailable],
    result:
      #"{"type":"object","properties":{"allowed":{"type":"boolean"},"limit":{"type":["integer","null"]},"remaining":{"type":["integer","null"]},"resetMs":{"type":["integer","null"]},"retryAfterMs":{"type":"integer"},"checked":{"type":"boolean"},"results":{"type":"array","items":{"type":"object","properties":{"allowed":{"type":"boolean"},"limit":{"type":"integer"},"remaining":{"type":["integer","null"]},"resetMs":{"type":["integer","null"]},"retryAfterMs":{"type":"integer"}},"required":["allowed","limit","remaining","resetMs","retryAfterMs"]}}},"required":["allowed","limit","remaining","resetMs","retryAfterMs","checked"]}"#,
    reasons: [.tooLarge, .crossSlot],
    effect: .step,
    example: (
      #"{"key":"user:17","limit":100,"window":"1m"}"#,
      #"{"allowed":true,"limit":100,"remaining":99,"resetMs":600,"retryAfterMs":0,"checked":true}"#
    ),
    .procedure { arguments throws(RPCError) in try RateCheck.opening(&arguments) })

  static let peek = Method(
    "ratelimit.peek",
    "Tells what ratelimit.check would answer now, and takes nothing.", parameters,
    result:
      #"{"type":"object","properties":{"allowed":{"type":"boolean"},"limit":{"type":["integer","null"]},"remaining":{"type":["integer","null"]},"resetMs":{"type":["integer","null"]},"retryAfterMs":{"type":"integer"},"results":{"type":"array","items":{"type":"object","properties":{"allowed":{"type":"boolean"},"limit":{"type":"integer"},"remaining":{"type":"integer"},"resetMs":{"type":"integer"},"retryAfterMs":{"type":"integer"}},"required":["allowed","limit","remaining","resetMs","retryAfterMs"]}}},"required":["allowed","limit","remaining","resetMs","retryAfterMs"]}"#,
    reasons: [.tooLarge, .crossSlot],
    effect: .read,
    example: (
      #"{"key":"user:17","limit":100,"window":"1m"}"#,
      #"{"allowed":true,"limit":100,"remaining":100,"resetMs":0,"retryAfterMs":0}"#
    ),
    .procedure { arguments throws(RPCError) in
      let demand = try arguments.rateDemand()
      let isList = demand == nil
      let demands = if let demand { [demand] } else { try arguments.rateDemands() }
      guard !demands.isEmpty else {
        return .answer(RateListCheck.nothing(isCheck: false))
      }
      return .ask(PeekRates(demands)) { look, _, result in
        RateAnswer(standings: look.standings(of: demands), isList: isList)
          .write(into: &result, isTaken: false, isCheck: false)
        return nil
      }
    })

  static let reset = Method(
    "ratelimit.reset",
    "Forgets what was taken from all limits on a key, or from those of a policy, and tells whether there was anything. It takes what a check takes; all but key, policy and all is of no matter. Another sidecar may go on refusing the key for a second at most.",
    parameters,
    result: #"{"type":"object","properties":{"reset":{"type":"boolean"}},"required":["reset"]}"#,
    reasons: [.tooLarge, .crossSlot],
    effect: .set,
    example: (#"{"key":"user:17"}"#, #"{"reset":true}"#),
    .procedure { arguments throws(RPCError) in
      let keys = try arguments.rateKeys()
      guard !keys.isEmpty else { return .answer(ByteBuffer(string: #"{"reset":false}"#)) }
      return .ask(.step(ForgetRates(keys))) { reply, _, result throws(RPCError) in
        // Also when nobody knows whether it was done.
        RateRefusals.forget()
        let count = try reply.get(ForgetRates.self)
        result.writeStaticString("{\"reset\":")
        result.writeJSON(count > 0)
        result.writeStaticString("}")
        return nil
      }
    })
}

extension Parameter {
  fileprivate static let rateKey = Parameter(
    "key", #"{"type":"string","minLength":1}"#,
    "What is limited, at most 1,024 bytes. It may have limits of several windows at a time, 16 at most; those of a policy are apart from them."
  )
  fileprivate static let limit = Parameter(
    "limit", #"{"type":"integer","minimum":1,"maximum":1000000000}"#, "How many in a window.")
  fileprivate static let window = Parameter(
    "window", #"{"type":["integer","string"]}"#,
    #"The window: seconds, or a string with a unit ("500ms", "90s", "1m", "24h"). burst * window / limit is at most ten years."#
  )
  fileprivate static let burst = Parameter(
    "burst", #"{"type":"integer","minimum":1,"maximum":1000000000}"#,
    "How many at once. Default: limit.")
  fileprivate static let cost = Parameter(
    "cost", #"{"type":"integer","minimum":0,"maximum":1000000000,"default":1}"#,
    "How many the call counts for, at most the burst. Default: 1.")
  fileprivate static let policy = Parameter(
    "policy", #"{"type":"string"}"#,
    "A name of the configuration's ratelimit.policies, in place of limit, window and burst.")
  fileprivate static let allLimits = Parameter(
    "all",
    #"{"type":"array","maxItems":16,"items":{"type":"object","properties":{"key":{"type":"string","minLength":1},"limit":{"type":"integer","minimum":1,"maximum":1000000000},"window":{"type":["integer","string"]},"burst":{"type":"integer","minimum":1,"maximum":1000000000},"policy":{"type":"string"}},"required":["key"],"additionalProperties":false}}"#,
    "Several limits in place of key, limit, window, burst and policy, at most 16, taken all or none; the cost is the same for each."
  )
  fileprivate static let onUnavailable = Parameter(
    "onUnavailable", #"{"enum":["deny","allow"],"default":"deny"}"#,
    "What to answer, with checked false, when the store can't be asked. Default: deny.")
}
