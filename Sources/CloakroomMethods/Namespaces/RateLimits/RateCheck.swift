internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// One call of `ratelimit.check`.
struct RateCheck: Sendable {
  /// How long to wait before asking again when the store can't say, in milliseconds.
  private static let outageMs: Int64 = 1000

  private let demands: [RateDemand]
  private let isList: Bool
  private let isAllowedUnchecked: Bool
  private let refusals: RateRefusals
  private let now: UInt64
  /// Whether the answer may be kept for a repetition: then the store is asked in any case.
  private let hasRecord: Bool

  /// Takes a call's parameters apart.
  init(_ arguments: inout Arguments) throws(RPCError) {
    (demands, isList) = try arguments.rateDemands()
    isAllowedUnchecked = try arguments.isAllowedUnchecked(7)
    refusals = arguments.settings.rateRefusals
    hasRecord = arguments.idempotency != nil
    now = NIODeadline.now().uptimeNanoseconds
  }

  /// How the call begins.
  var opening: Opening {
    guard let first = demands.first else { return .answer(Self.nothing(isCheck: true)) }
    let isFree = demands.allSatisfy { $0.cost == .zero }
    if !isList, !isFree, !hasRecord, let standing = refusals.standing(of: first, at: now) {
      var result = ByteBuffer()
      RateAnswer(standings: [standing], isList: false)
        .write(into: &result, isTaken: false, isCheck: true)
      return .answer(result) { $0.count(RateDecision.deniedLocally) }
    }
    let question = RateRefusals.question(at: now)
    // What costs nothing leaves everything as it is.
    guard !isFree else {
      return .ask(.step(PeekRates(demands))) { reply, context, result throws(RPCError) in
        try end(reply.result(of: PeekRates.self), question, context, &result)
        return nil
      }
    }
    return .ask(.step(TakeRates(demands))) { reply, context, result throws(RPCError) in
      try end(reply.result(of: TakeRates.self), question, context, &result)
      return nil
    }
  }

  /// The answer to a check of nothing.
  static func nothing(isCheck: Bool) -> ByteBuffer {
    var result = ByteBuffer()
    RateAnswer(standings: [], isList: true).write(into: &result, isTaken: false, isCheck: isCheck)
    return result
  }

  private func end(
    _ look: Result<RateLook, RPCError>, _ question: RateRefusals.Question, _ context: CallContext,
    _ result: inout ByteBuffer
  ) throws(RPCError) {
    switch look {
    case .success(let look):
      let standings = look.standings(of: demands)
      let answer = RateAnswer(standings: standings, isList: isList)
      answer.write(into: &result, isTaken: look.isTaken, isCheck: true)
      context.count(answer.isAllowed ? .allowed : .denied)
      if !answer.isAllowed, !isList, !hasRecord {
        refusals.remember(
          demands[0], standings[0], since: question, at: NIODeadline.now().uptimeNanoseconds)
      }
    case .failure(let error):
      guard error.isOfNoStore else { throw error }
      RateAnswer.writeUnchecked(
        demands, isList: isList, isAllowed: isAllowedUnchecked,
        retryAfterMs: error.retryAfterMs ?? Self.outageMs, into: &result)
      context.count(isAllowedUnchecked ? .allowedUnchecked : .deniedUnchecked)
    }
  }
}

extension RPCError {
  /// Whether the store could not be asked, or would not do anything, whatever it was asked for.
  fileprivate var isOfNoStore: Bool {
    switch reason {
    case .unavailable, .outcomeUnknown, .storeRefused, .overloaded: true
    default: false
    }
  }
}

extension StoreReply {
  /// What a step came to, or the failure that the reply is.
  fileprivate func result<Step: StoreStep>(of step: Step.Type) -> Result<Step.Reply, RPCError> {
    do throws(RPCError) {
      return .success(try get(step))
    } catch {
      return .failure(error)
    }
  }
}
