internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A call on the operation of a token: finds the operation, takes a step on it, and writes what that
/// comes to.
struct PendingCall: Sendable {
  /// Writes the result of a step that has been answered.
  typealias End =
    @Sendable (
      _ reply: StoreReply, _ target: PendingTarget, _ context: CallContext,
      _ result: inout ByteBuffer
    ) throws(RPCError) -> Void
  /// The result that takes the place of an error; nil where the error stays.
  typealias Excuse = @Sendable (_ error: RPCError) -> ByteBuffer?

  /// The operation, or how to find it where that takes long.
  enum Place: Sendable {
    case known(PendingTarget)
    case slow(@Sendable (CallContext) async throws(RPCError) -> PendingTarget)
  }

  let place: Place
  let type: String
  let retention: PendingRetention

  /// The operation, wherever it is.
  func target(_ context: CallContext) async throws(RPCError) -> PendingTarget {
    switch place {
    case .known(let target): return target
    case .slow(let find): return try await find(context)
    }
  }

  /// A step on the operation.
  func command(_ step: PendingStep, on target: PendingTarget) -> StoreCommand {
    let adopting: PendingDraft? =
      switch step {
      // To look at an operation that has never been used makes no record of it; one that is held by a
      // receipt has one.
      case .read, .commit, .release: nil
      default: target.carried?.draft
      }
    return .pending(
      target.key, PendingRequest(step, type: type, adopting: adopting, retention: retention))
  }

  /// One step, and that is all.
  ///
  /// - Parameter undo: what takes the step back when nobody waits for its reply any more.
  func opening(
    _ step: PendingStep, undo: PendingStep? = nil, excuse: @escaping Excuse = { _ in nil },
    end: @escaping End
  ) -> Opening {
    switch place {
    case .known(let target):
      return .ask(
        command(step, on: target),
        then: { reply, context, result throws(RPCError) in
          try excusing(excuse, &result) { result throws(RPCError) in
            try end(reply, target, context, &result)
          }
          return nil
        },
        undo: { reply in
          undo.flatMap { reply.mayHaveBeenDone ? command($0, on: target) : nil }
        },
        // The one that had it for a moment has used up one of its attempts.
        undoesAll: false)
    case .slow:
      return .run { context throws(RPCError) in
        var result = ByteBuffer()
        let target: PendingTarget
        do throws(RPCError) {
          target = try await self.target(context)
        } catch {
          guard let other = excuse(error) else { throw error }
          return other
        }
        let reply = await context.perform(context.once(command(step, on: target), step: 0))
        if context.cancellation != nil, let undo, reply.mayHaveBeenDone, !context.keeps(reply) {
          context.takeBack(by: command(undo, on: target))
        }
        try excusing(excuse, &result) { result throws(RPCError) in
          try end(reply, target, context, &result)
        }
        return result
      }
    }
  }

  private func excusing(
    _ excuse: Excuse, _ result: inout ByteBuffer,
    _ body: (inout ByteBuffer) throws(RPCError) -> Void
  ) throws(RPCError) {
    let start = result.writerIndex
    do throws(RPCError) {
      try body(&result)
    } catch {
      guard let other = excuse(error) else { throw error }
      result.moveWriterIndex(to: start)
      result.writeImmutableBuffer(other)
    }
  }

  /// What a reply comes to.
  ///
  /// - Throws: why the step was not done.
  func outcome(
    of reply: StoreReply, _ target: PendingTarget
  ) throws(RPCError) -> PendingOutcome {
    guard case .pending(let reply) = try reply.orThrow() else { throw .unexpectedReply }
    switch reply.outcome {
    case .refused(.notFound) where target.carried != nil && target.carried?.rest == nil:
      throw RPCError(.expired)
    case .refused(let refusal):
      throw refusal.error
    case .operation(let operation):
      return .operation(target.carried?.completed(operation) ?? operation)
    case .leased(let operation, let grant):
      return .leased(target.carried?.completed(operation) ?? operation, grant)
    case .stale, .committed, .done, .settled, .names:
      return reply.outcome
    }
  }

  /// What reading an operation comes to, and whether the store could say that its token is unused.
  ///
  /// A token that carries its data is good as long as the store has no record of its use. When the
  /// store can't be reached, one that may be used many times is taken at its word; a one-time token
  /// never is.
  ///
  /// - Throws: why there is no operation.
  func operation(
    readBy reply: StoreReply, _ target: PendingTarget
  ) throws(RPCError) -> (PendingOperation, isChecked: Bool) {
    if let carried = target.carried, carried.rest != nil {
      switch reply {
      case .pending(let reply) where reply.outcome == .refused(.notFound):
        return (carried.operation(type), true)
      case .failure(let error) where error.reason == .unavailable && !carried.isOneTime:
        return (carried.operation(type), false)
      default: break
      }
    }
    guard case .operation(let operation) = try outcome(of: reply, target) else {
      throw .unexpectedReply
    }
    return (operation, true)
  }
}

extension StoreReply {
  /// The operation that a step was answered with.
  ///
  /// - Throws: why the step was not done.
  var pendingOperation: PendingOperation {
    get throws(RPCError) {
      guard case .pending(let reply) = try orThrow() else { throw .unexpectedReply }
      switch reply.outcome {
      case .operation(let operation): return operation
      case .refused(let refusal): throw refusal.error
      case .leased, .stale, .committed, .done, .settled, .names: throw .unexpectedReply
      }
    }
  }

  /// Whether a step was done, or may have been.
  fileprivate var mayHaveBeenDone: Bool {
    switch self {
    case .failure(let error): error.reason == .outcomeUnknown
    case .pending(let reply):
      if case .refused = reply.outcome { false } else { true }
    default: false
    }
  }
}
