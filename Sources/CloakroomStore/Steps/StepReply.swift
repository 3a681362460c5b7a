public import CloakroomCore

/// The result of a step, passed to the caller that took it through code that doesn't know the step.
public struct StepReply: Sendable, Equatable {
  private let carried: any CarriedReply

  /// Carries a reply to a step.
  public init<Step: StoreStep>(_ reply: Step.Reply, to step: Step.Type) {
    carried = Carried<Step>(reply: reply)
  }

  /// The reply to a step; nil when it is the reply to another.
  public func value<Step: StoreStep>(of step: Step.Type) -> Step.Reply? {
    (carried as? Carried<Step>)?.reply
  }

  /// Whether it is to be given again to a call that is repeated.
  var isAnswer: Bool { carried.isAnswer }
  /// Whether the step has changed something.
  var hasEffect: Bool { carried.hasEffect }
  /// The memory that its own bytes take.
  var byteCount: Int { carried.byteCount }

  /// Whether two are the same reply to the same step.
  public static func == (left: Self, right: Self) -> Bool { left.carried.isSame(as: right.carried) }
}

private protocol CarriedReply: Sendable {
  var isAnswer: Bool { get }
  var hasEffect: Bool { get }
  var byteCount: Int { get }
  func isSame(as other: any CarriedReply) -> Bool
}

private struct Carried<Step: StoreStep>: CarriedReply {
  let reply: Step.Reply

  var isAnswer: Bool { Step.isAnswer(reply) }
  var hasEffect: Bool { Step.hasEffect(reply) }
  var byteCount: Int { Step.byteCount(of: reply) }

  func isSame(as other: any CarriedReply) -> Bool {
    (other as? Carried<Step>).map { $0.reply == reply } ?? false
  }
}

extension StoreReply {
  /// What a step came to.
  ///
  /// - Throws: the failure that the reply is.
  public func get<Step: StoreStep>(_ step: Step.Type) throws(RPCError) -> Step.Reply {
    switch self {
    case .step(let reply):
      if let value = reply.value(of: step) { return value }
    case .failure(let error):
      throw error
    default:
      break
    }
    throw .unexpectedReply
  }
}

extension RPCError {
  /// A store that answers something else than its contract says.
  public static let unexpectedReply = RPCError(
    .internal, "the store answered something unexpected")
}
