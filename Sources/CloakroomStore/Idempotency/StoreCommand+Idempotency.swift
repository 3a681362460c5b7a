internal import CloakroomCore
internal import NIOCore

extension StoreCommand {
  /// Whether the command changes what is stored. One that doesn't needs no idempotency record:
  /// it is idempotent by itself.
  public var isMutation: Bool {
    switch self {
    case .get, .getWithMeta, .exists, .getMany, .ping, .read, .recall:
      false
    case .step(let step): step.isMutation
    case .set, .remove, .expire, .take, .add, .takeRate, .commit, .publish, .nothing:
      true
    case .idempotent(_, let command): command.isMutation
    }
  }

  /// As many short steps, about, keep the store busy as long.
  public var weight: Int {
    switch self {
    case .step(let step): step.weight
    case .getMany(let names): max(1, names.count)
    case .idempotent(_, let command): max(2, command.weight)
    case .takeRate, .commit: 2
    default: 1
    }
  }

  /// Whether a note can be kept with its answer.
  var takesNote: Bool {
    switch self {
    case .commit, .nothing: true
    default: false
    }
  }
}

extension StoreReply {
  /// Whether the reply is the store's answer, to be given again to a call that is repeated. A
  /// condition that did not hold is one; that the store could not or would not act is none, as
  /// nothing was done then and a later attempt may fare better. A step that is to be taken again until
  /// it comes to something has no answer before that either.
  public var isAnswer: Bool {
    switch self {
    case .stale: return false
    case .step(let reply): return reply.isAnswer
    case .noted(_, let reply): return reply.isAnswer
    default: break
    }
    guard case .failure(let error) = self else { return true }
    switch error.reason {
    case .unavailable, .outcomeUnknown, .storeRefused, .overloaded, .internal: return false
    default: return true
    }
  }

  /// Whether the call's idempotency record, if it has one, may have the answer: the reply is it, or was lost.
  public var mayBeKept: Bool {
    if case .failure(let error) = self, error.reason == .outcomeUnknown { return true }
    return isAnswer
  }

  /// Whether a mutation that replied so has changed something, or may have.
  public var hasEffect: Bool {
    switch self {
    case .failure(let error): error.reason == .outcomeUnknown
    case .boolean(false), .value(nil), .counted(_, applied: false), .number(0), .stale:
      false
    case .rate(let outcome): outcome.isTaken
    case .step(let reply): reply.hasEffect
    case .noted(_, let reply): reply.hasEffect
    default: true
    }
  }

  /// The memory that the reply's own bytes take, beside the reply itself.
  var byteCount: Int {
    switch self {
    case .done, .boolean, .counted, .rate, .number, .failure, .value(nil): 0
    case .record(let record, _), .stale(let record, _, _): record?.capacity ?? 0
    case .value(let value?), .entry(let value, _): value.capacity
    case .step(let reply): reply.byteCount
    case .noted(let note, let reply): note.capacity + reply.byteCount
    case .values(let values): values.reduce(0) { $0 + 16 + ($1?.capacity ?? 0) }
    }
  }
}
