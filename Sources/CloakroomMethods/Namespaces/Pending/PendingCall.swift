internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A call on the operation of a token: finds the operation, asks something of its record, and writes what
/// that comes to.
struct PendingCall: Sendable {
  /// Writes the result of an outcome.
  typealias End =
    @Sendable (
      _ outcome: PendingOutcome, _ target: PendingTarget, _ result: inout ByteBuffer
    ) throws(RPCError) -> Void
  /// Writes what was read, and whether the store could say that the token is unused.
  typealias EndReading =
    @Sendable (
      _ operation: PendingOperation, _ target: PendingTarget, _ isChecked: Bool,
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

  /// What is asked of the operation's record.
  func request(_ step: PendingStep, of target: PendingTarget) -> PendingRequest {
    let adopting: PendingDraft? =
      switch step {
      // To look at an operation that has never been used makes no record of it; one that is held by a
      // receipt has one.
      case .read, .commit, .release, .withdraw: nil
      default: target.carried?.draft
      }
    return PendingRequest(step, type: type, adopting: adopting, retention: retention)
  }

  /// One step, and that is all.
  ///
  /// - Parameters:
  ///   - counts: what is counted when it was done.
  ///   - undo: what makes it as if it had not been, when nobody waits for its answer any more.
  func opening(
    _ step: PendingStep, counts event: PendingEvent? = nil, undo: PendingStep? = nil,
    excuse: @escaping Excuse = { _ in nil }, end: @escaping End
  ) -> Opening {
    opening(excuse: excuse) {
      call(step, on: $0, counts: event, undo: undo, excuse: excuse, end: end)
    }
  }

  private func opening(
    excuse: @escaping Excuse, _ call: @escaping @Sendable (PendingTarget) -> RecordCall
  ) -> Opening {
    switch place {
    case .known(let target):
      return .record(call(target))
    case .slow(let find):
      return .run { context throws(RPCError) in
        let target: PendingTarget
        do throws(RPCError) {
          target = try await find(context)
        } catch {
          guard let other = excuse(error) else { throw error }
          return other
        }
        return try await context.run(call(target))
      }
    }
  }

  /// A call on the record of an operation that has been found.
  func call(
    _ step: PendingStep, on target: PendingTarget, counts event: PendingEvent? = nil,
    undo: PendingStep? = nil, secret: SecretAnswer? = nil,
    excuse: @escaping Excuse = { _ in nil }, end: @escaping End
  ) -> RecordCall {
    let otherwise: RecordCall.Otherwise = { error throws(RPCError) in
      guard let other = excuse(error) else { throw error }
      return other
    }
    let takenBack: (@Sendable (RecordAnswer) -> RecordCall?)? = undo.map { undo in
      { @Sendable _ in call(undo, on: target) { _, _, _ throws(RPCError) in } }
    }
    return RecordCall(
      PendingRecord.self, target.key, request(step, of: target), otherwise: otherwise,
      secret: secret, undo: takenBack
    ) { outcome, result throws(RPCError) -> Tally? in
      do throws(RPCError) {
        try end(try actual(outcome, target), target, &result)
      } catch {
        guard let other = excuse(error) else { throw error }
        result = other
        return nil
      }
      guard let event else { return nil }
      return { $0.count(event) }
    }
  }

  /// What an outcome means for the token's operation, with the data that the token carries.
  ///
  /// - Throws: why the step was not done.
  private func actual(
    _ outcome: PendingOutcome, _ target: PendingTarget
  ) throws(RPCError) -> PendingOutcome {
    switch outcome {
    case .refused(.notFound) where target.carried != nil && target.carried?.rest == nil:
      throw RPCError(.expired)
    case .refused(let refusal):
      throw refusal.error
    case .operation(let operation):
      return .operation(target.carried?.completed(operation) ?? operation)
    case .leased(let operation, let grant):
      return .leased(target.carried?.completed(operation) ?? operation, grant)
    case .stale, .committed, .done:
      return outcome
    }
  }

  // MARK: Reading

  /// Reads the operation.
  ///
  /// A token that carries its data is good as long as the store has no record of its use. When the
  /// store can't be reached, one that may be used many times is taken at its word; a one-time token
  /// never is.
  func reading(
    withData: Bool, excuse: @escaping Excuse = { _ in nil }, end: @escaping EndReading
  ) -> Opening {
    if case .known(let target) = place, target.carried == nil {
      return .look(PendingReading(self, of: target, withData: withData, excuse: excuse, end: end))
    }
    return opening(excuse: excuse) {
      reading(of: $0, withData: withData, excuse: excuse, end: end)
    }
  }

  /// A call that reads the record of an operation that has been found.
  func reading(
    of target: PendingTarget, withData: Bool, excuse: @escaping Excuse, end: @escaping EndReading
  ) -> RecordCall {
    RecordCall(
      PendingRecord.self, target.key, request(.read(withData: withData), of: target),
      otherwise: { error throws(RPCError) -> ByteBuffer in
        var result = ByteBuffer()
        try write(insteadOf: error, of: target, to: &result, excuse: excuse, end: end)
        return result
      }
    ) { outcome, result throws(RPCError) -> Tally? in
      try write(outcome, of: target, to: &result, excuse: excuse, end: end)
      return nil
    }
  }

  /// Writes what reading an operation comes to.
  func write(
    _ outcome: PendingOutcome, of target: PendingTarget, to result: inout ByteBuffer,
    excuse: Excuse, end: EndReading
  ) throws(RPCError) {
    do throws(RPCError) {
      if case .refused(.notFound) = outcome, let unused = target.unused {
        try end(unused.operation(type), target, true, &result)
      } else if case .operation(let operation) = try actual(outcome, target) {
        try end(operation, target, true, &result)
      } else {
        throw .unexpectedReply
      }
    } catch {
      guard let other = excuse(error) else { throw error }
      result = other
    }
  }

  /// Writes what reading an operation comes to when the store can't be asked.
  func write(
    insteadOf error: RPCError, of target: PendingTarget, to result: inout ByteBuffer,
    excuse: Excuse, end: EndReading
  ) throws(RPCError) {
    if let unused = target.unused, error.reason == .unavailable, !unused.isOneTime {
      try end(unused.operation(type), target, false, &result)
    } else if let other = excuse(error) {
      result = other
    } else {
      throw error
    }
  }
}

extension PendingTarget {
  /// What its token carries as long as its life is not over; nil when the store has everything.
  fileprivate var unused: PendingCargo? { carried.flatMap { $0.rest == nil ? nil : $0 } }
}
