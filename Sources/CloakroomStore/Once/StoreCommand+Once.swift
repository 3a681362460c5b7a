internal import CloakroomCore
internal import NIOCore

extension StoreCommand {
  /// Whether the command changes what is stored. One that doesn't needs no record: to do it twice
  /// is to do it once.
  public var isMutation: Bool {
    switch self {
    case .get, .getWithMeta, .exists, .getMany, .ping, .deadlines, .recall:
      false
    case .step(let step): step.isMutation
    case .pending(_, let request): request.isMutation
    case .set, .remove, .expire, .take, .add, .publish, .nothing:
      true
    case .once(_, let command): command.isMutation
    }
  }

  /// Whether a note can be kept with its answer.
  var takesNote: Bool {
    switch self {
    case .pending, .nothing: true
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
    case .step(let reply): return reply.isAnswer
    case .pending(let reply): return reply.isAnswer
    case .noted(_, let reply): return reply.isAnswer
    default: break
    }
    guard case .failure(let error) = self else { return true }
    switch error.reason {
    case .unavailable, .outcomeUnknown, .storeRefused, .overloaded, .internal: return false
    default: return true
    }
  }

  /// Whether the call's record, if it has one, may have the answer: the reply is it, or was lost.
  public var mayBeKept: Bool {
    if case .failure(let error) = self, error.reason == .outcomeUnknown { return true }
    return isAnswer
  }

  /// Whether a mutation that replied so has changed something, or may have.
  public var hasEffect: Bool {
    switch self {
    case .failure(let error): error.reason == .outcomeUnknown
    case .boolean(false), .value(nil), .counted(_, applied: false), .number(0):
      false
    case .step(let reply): reply.hasEffect
    case .pending(let reply): reply.hasEffect
    case .noted(_, let reply): reply.hasEffect
    default: true
    }
  }

  /// The memory that the reply's own bytes take, beside the reply itself.
  var byteCount: Int {
    switch self {
    case .done, .boolean, .counted, .number, .failure, .value(nil): 0
    case .value(let value?), .entry(let value, _): value.capacity
    case .step(let reply): reply.byteCount
    case .pending(let reply): reply.byteCount
    case .noted(let note, let reply): note.capacity + reply.byteCount
    case .values(let values): values.reduce(0) { $0 + 16 + ($1?.capacity ?? 0) }
    case .due(let due): due.names.reduce(0) { $0 + 16 + $1.bytes.capacity }
    }
  }
}

extension PendingRequest {
  /// Whether the step changes anything that hasn't happened by itself.
  var isMutation: Bool {
    switch step {
    case .read, .settle, .names: false
    case .create, .consume, .update, .delete, .checkout, .commit, .release, .reopen: true
    }
  }
}

extension PendingReply {
  /// Whether the step has changed something.
  fileprivate var hasEffect: Bool {
    switch outcome {
    case .stale, .refused: false
    case .operation, .leased, .committed, .done, .settled, .names: true
    }
  }

  /// Whether the same step can't come to anything else later.
  fileprivate var isAnswer: Bool {
    switch outcome {
    case .stale, .refused(.leased): false
    case .operation, .leased, .committed, .done, .settled, .names, .refused: true
    }
  }

  /// The memory that the reply's own bytes take, beside the reply itself.
  fileprivate var byteCount: Int {
    switch outcome {
    case .operation(let operation), .leased(let operation, _), .stale(let operation):
      operation.data.capacity
    case .committed(let result, _): result.capacity
    case .names(let names, _): names.reduce(0) { $0 + 16 + $1.bytes.capacity }
    case .done, .settled, .refused: 0
    }
  }
}
