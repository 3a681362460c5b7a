/// A pending operation that does one call after the other: what `pending.*` promises, in short.
///
/// Written for the tests from what the methods say, and nothing of it is the product's. Its life has no
/// end; its leases have.
public struct OperationModel: SequentialModel {
  /// By how much, in microseconds, the time of a caller and that of the store may be apart.
  private static let slack: Int64 = 5_000

  private enum Phase: Hashable {
    case open
    case leased(earliestEnd: Int64, latestEnd: Int64)
    case dead, consumed, deleted
    case committed(result: Int)
  }

  private let maxAttempts: Int
  private var phase = Phase.open
  private var content = OperationContent()
  private var attempts = 0
  private var fence = 0
  /// The receipt that commits and releases it.
  private var receipt: Int?
  /// The idempotency keys of the calls that are done, a bit each.
  private var keys: UInt64 = 0
  /// Those of calls that were told that somebody has it: they may be repeated in earnest, or not.
  private var heldKeys: UInt64 = 0

  /// An operation that was created just now.
  public init(maxAttempts: Int) { self.maxAttempts = maxAttempts }

  /// The states that it may be in after a call that was answered as this one was.
  public func states(
    after call: TimedCall<OperationCall>, notBefore earliest: Int64
  ) -> [OperationModel] {
    // A call that is repeated does nothing; that its answer is the first one needs no order of calls.
    let key: UInt64 = call.call.key.map { 1 << UInt64($0 & 63) } ?? 0
    if keys & key != 0 { return [self] }
    let isHeld = call.call.told == .refused(.checkedOut)
    if isHeld, heldKeys & key != 0 { return [self] }
    return standings(at: call, notBefore: earliest).flatMap { start in
      start.outcomes(of: call).compactMap { told, state in
        guard call.call.told == .unknown || call.call.told == told else { return nil }
        var state = state
        if isHeld { state.heldKeys |= key } else { state.keys |= key }
        return state
      }
    }
  }

  /// How it may stand when a call begins: a lease may be over by then, or not.
  private func standings(
    at call: TimedCall<OperationCall>, notBefore earliest: Int64
  ) -> [OperationModel] {
    guard case .leased(let earliestEnd, let latestEnd) = phase else { return [self] }
    var standings: [OperationModel] = []
    if earliest <= latestEnd { standings.append(self) }
    if call.answeredAt ?? .max >= earliestEnd {
      var over = self
      over.phase = isUsedUp ? .dead : .open
      standings.append(over)
    }
    return standings
  }

  private var isUsedUp: Bool { attempts >= maxAttempts }

  private var standing: OperationCall.Standing? {
    switch phase {
    case .open: .open
    case .leased: .checkedOut
    case .dead: .dead
    case .consumed, .deleted, .committed: nil
    }
  }

  /// Why it can't be had.
  private var refusal: OperationCall.Refusal {
    switch phase {
    case .open: .conflict
    case .leased: .checkedOut
    case .dead: .dead
    case .consumed, .committed: .consumed
    case .deleted: .deleted
    }
  }

  // MARK: Calls

  private typealias Outcome = (told: OperationCall.Told, state: OperationModel)

  /// What a call may be told here, and what it leaves.
  private func outcomes(of call: TimedCall<OperationCall>) -> [Outcome] {
    let refused: [Outcome] = [(.refused(refusal), self)]
    switch call.call.event {
    case .createAgain: return [(.yes, self)]
    case .listDead: return [(.listed(phase == .dead), self)]
    case .verify:
      return standing.map { [(.operation(content, $0, attempts: attempts), self)] } ?? refused
    case .exists: return standing == nil ? refused : [(.yes, self)]
    case .consume: return phase == .open ? [(.consumed(content), ended(.consumed))] : refused
    case .delete:
      return phase == .open || phase == .dead ? [(.yes, ended(.deleted))] : refused
    case .replace(let write, let over):
      guard phase == .open else { return refused }
      return [written(OperationContent(base: write), over: over)]
    case .patch(let write, let over):
      return patched(write, over: over)
    case .checkout(let leaseMs):
      return phase == .open ? checkedOut(call, leaseMs: leaseMs) : refused
    case .commit(let receipt, let result): return [committed(receipt, result)]
    case .release(let receipt): return standing == nil ? refused : [released(receipt)]
    case .reopen: return phase == .dead ? [(.yes, reopened)] : refusedReopening
    }
  }

  private func ended(_ phase: Phase) -> OperationModel {
    var state = self
    state.phase = phase
    state.receipt = nil
    return state
  }

  private func written(_ content: OperationContent, over: Int?) -> Outcome {
    if let over, over != self.content.last { return (.refused(.conflict), self) }
    var state = self
    state.content = content
    state.receipt = nil
    return (.yes, state)
  }

  private func patched(_ write: Int, over: Int?) -> [Outcome] {
    var content = content
    content.insert(patch: write)
    if phase == .open { return [written(content, over: over)] }
    // Of two reasons to refuse it either is true.
    let isStale = standing != nil && over != nil && over != self.content.last
    return [(.refused(refusal), self)] + (isStale ? [(.refused(.conflict), self)] : [])
  }

  private func checkedOut(_ call: TimedCall<OperationCall>, leaseMs: Int64) -> [Outcome] {
    var state = self
    state.attempts += 1
    state.phase = .leased(
      earliestEnd: call.invokedAt + leaseMs * 1000 - Self.slack,
      latestEnd: call.answeredAt.map { $0 + leaseMs * 1000 + Self.slack } ?? .max)
    guard case .leased(_, let receipt, _, let fence) = call.call.told else {
      // Nobody has been told a receipt.
      state.receipt = nil
      return [(.unknown, state)]
    }
    guard fence > self.fence else { return [] }
    state.receipt = receipt
    state.fence = fence
    return [(.leased(content, receipt: receipt, attempt: state.attempts, fence: fence), state)]
  }

  private func committed(_ receipt: Int, _ result: Int) -> Outcome {
    guard receipt == self.receipt else {
      return (.refused(standing == nil ? refusal : .leaseLost), self)
    }
    if case .committed(let first) = phase { return (.committed(result: first), self) }
    var state = self
    state.phase = .committed(result: result)
    return (.committed(result: result), state)
  }

  private func released(_ receipt: Int) -> Outcome {
    if phase == .dead { return (.refused(.dead), self) }
    guard receipt == self.receipt else { return (.refused(.leaseLost), self) }
    var state = self
    state.receipt = nil
    state.phase = isUsedUp ? .dead : .open
    return (.released(isUsedUp ? .dead : .open, attempts: attempts), state)
  }

  private var reopened: OperationModel {
    var state = self
    state.phase = .open
    state.attempts = 0
    state.receipt = nil
    return state
  }

  private var refusedReopening: [Outcome] {
    [(.refused(standing == nil ? refusal : .conflict), self)]
  }
}
