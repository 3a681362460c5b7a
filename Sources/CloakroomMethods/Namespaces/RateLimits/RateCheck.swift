internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// One call of `ratelimit.check` on one limit.
final class RateCheck: StepCall {
  private let demand: RateDemand
  private let isAllowedUnchecked: Bool
  private let refusals: RateRefusals
  private let question: RateRefusals.Question

  private init(
    _ demand: RateDemand, isAllowedUnchecked: Bool, refusals: RateRefusals,
    since question: RateRefusals.Question
  ) {
    self.demand = demand
    self.isAllowedUnchecked = isAllowedUnchecked
    self.refusals = refusals
    self.question = question
  }

  /// How a call begins.
  static func opening(_ arguments: inout Arguments) throws(RPCError) -> Opening {
    guard let demand = try arguments.rateDemand() else {
      let demands = try arguments.rateDemands()
      return RateListCheck(
        demands, isList: true, isAllowedUnchecked: try arguments.isAllowedUnchecked(7)
      ).opening
    }
    let isAllowedUnchecked = try arguments.isAllowedUnchecked(7)
    // An answer that may be kept is the store's in any case, and what costs nothing is a mere look.
    guard arguments.idempotency == nil, demand.cost != .zero else {
      return RateListCheck([demand], isList: false, isAllowedUnchecked: isAllowedUnchecked).opening
    }
    let refusals = arguments.settings.rateRefusals
    let now = NIODeadline.now().uptimeNanoseconds
    if let standing = refusals.standing(of: demand, at: now) {
      var result = ByteBuffer()
      standing.writeCheck(isTaken: false, into: &result)
      return .answer(result, .deniedLocally)
    }
    return .step(
      RateCheck(
        demand, isAllowedUnchecked: isAllowedUnchecked, refusals: refusals,
        since: RateRefusals.question(at: now)))
  }

  var command: StoreCommand { .takeRate(demand) }

  func end(
    _ reply: borrowing StoreReply, writingTo result: inout ByteBuffer
  ) throws(RPCError) -> RateDecision? {
    switch reply {
    case .rate(let outcome):
      let standing = RateStanding(demand.limit, ahead: outcome.ahead, cost: demand.cost)
      standing.writeCheck(isTaken: outcome.isTaken, into: &result)
      guard !outcome.isTaken else { return .allowed }
      refusals.remember(
        demand, standing, since: question, at: NIODeadline.now().uptimeNanoseconds)
      return .denied
    case .failure(let error):
      return try RateAnswer.writeUnchecked(
        [demand], isList: false, isAllowed: isAllowedUnchecked, for: error, into: &result)
    default:
      throw .unexpectedReply
    }
  }
}

extension RateStanding {
  /// Writes how a limit stands behind a check of it alone.
  fileprivate func writeCheck(isTaken: Bool, into result: inout ByteBuffer) {
    result.writeStaticString("{\"allowed\":")
    result.writeJSON(isTaken)
    result.writeStaticString(",")
    result.write(self)
    result.writeStaticString(",\"retryAfterMs\":")
    result.writeDecimal(isTaken ? 0 : retryAfterMs)
    result.writeStaticString(",\"checked\":true}")
  }
}
