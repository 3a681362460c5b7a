internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// One call of `ratelimit.check` on several limits, or on one whose answer may be kept or that costs nothing.
struct RateListCheck: Sendable {
  private let demands: [RateDemand]
  private let isList: Bool
  private let isAllowedUnchecked: Bool

  init(_ demands: [RateDemand], isList: Bool, isAllowedUnchecked: Bool) {
    self.demands = demands
    self.isList = isList
    self.isAllowedUnchecked = isAllowedUnchecked
  }

  /// How the call begins.
  var opening: Opening {
    guard !demands.isEmpty else { return .answer(Self.nothing(isCheck: true)) }
    // What costs nothing leaves everything as it is.
    guard !demands.allSatisfy({ $0.cost == .zero }) else {
      return .ask(.step(PeekRates(demands))) { reply, context, result throws(RPCError) in
        try end(reply.result(of: PeekRates.self), context, &result)
        return nil
      }
    }
    return .ask(.step(TakeRates(demands))) { reply, context, result throws(RPCError) in
      try end(reply.result(of: TakeRates.self), context, &result)
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
    _ look: Result<RateLook, RPCError>, _ context: CallContext, _ result: inout ByteBuffer
  ) throws(RPCError) {
    switch look {
    case .success(let look):
      let answer = RateAnswer(standings: look.standings(of: demands), isList: isList)
      answer.write(into: &result, isTaken: look.isTaken, isCheck: true)
      context.count(answer.isAllowed ? .allowed : .denied)
    case .failure(let error):
      context.count(
        try RateAnswer.writeUnchecked(
          demands, isList: isList, isAllowed: isAllowedUnchecked, for: error, into: &result))
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
