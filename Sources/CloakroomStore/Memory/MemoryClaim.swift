internal import CloakroomCore
internal import NIOCore

/// One claim of the store in memory: who holds it, the last fence, and who waits.
struct MemoryClaim: MemoryCharged {
  /// The time at which a step is done.
  struct Moment: Sendable {
    /// What lives are decided by, in milliseconds of the store's clock.
    let now: Int64
    /// The same as a time of day, in milliseconds since 1970.
    let date: Int64
  }

  /// One who waits.
  struct Waiter: Sendable {
    /// The ticket's id.
    let id: String
    /// The ticket's number.
    let number: Int64
    /// When its place is given up unless it is heard of.
    var until: Deadline
  }

  /// What a claim is taken to cost, in bytes: its share of the table and the queue, and an owner's
  /// name of any length.
  private static let overhead = 768
  /// What one who waits is taken to cost, in bytes.
  static let waiterCost = 160

  private var owner = ByteString("")
  private var call = ""
  private var fence: Int64 = 0
  private var until = Deadline(at: .min)
  private var expiresAtMs: Int64 = 0
  private var lastNumber: Int64 = 0
  /// Who waits, in the order of arrival.
  private var waiters: [Waiter] = []
  /// When the claim may be forgotten.
  private(set) var keptUntil = Deadline(at: .min)

  /// What it is charged for beside its key, in bytes.
  var cost: Int { Self.overhead + waiters.count * Self.waiterCost }

  /// How many wait.
  var waiterCount: Int { waiters.count }

  /// Which waiter is to ask again, if any, after a step that began as `old` says: one that has become the
  /// first, and the first when the claim is free or will be earlier than it was.
  func waiterToWake(since old: MemoryClaim.Front) -> String? {
    guard let first = waiters.first?.id else { return nil }
    let hasMoved = old.id != nil && old.id != first
    return hasMoved || until < old.until ? first : nil
  }

  /// What those who wait know of a claim.
  struct Front: Sendable {
    let id: String?
    let until: Deadline
  }

  /// Who is the first, and how long the claim is held.
  var front: Front { Front(id: waiters.first?.id, until: until) }

  // MARK: Steps

  /// Gives up the places of those who have been silent for too long.
  mutating func dropSilent(at moment: Moment) {
    waiters.removeAll { $0.until.isOver(at: moment.now) }
  }

  /// - Parameter charge: takes the room that one more needs who waits.
  mutating func take(
    _ request: ClaimRequest, at moment: Moment, charge: () throws(MemoryBudget.Exhausted) -> Void
  ) throws(MemoryBudget.Exhausted) -> Result<TakeClaim.Reply, RPCError> {
    if isHeld(at: moment), call == request.ticket.id { return .success(.held(hold)) }
    let place = place(of: request.ticket)
    if !isHeld(at: moment), waiters.isEmpty || place == 0 {
      if let place { waiters.remove(at: place) }
      grant(request, at: moment)
      return .success(.held(hold))
    }
    guard let wait = request.wait, !isHeld(at: moment) || owner != ByteString(request.owner) else {
      if let place { waiters.remove(at: place) }
      return .success(.state(state(at: moment)))
    }
    if place == nil {
      guard waiters.count < wait.limit else { return .failure(.tooManyClaimWaiters) }
      try charge()
      lastNumber += 1
      waiters.append(Waiter(id: request.ticket.id, number: lastNumber, until: .never))
    }
    let index = place ?? waiters.count - 1
    waiters[index].until = Deadline(at: moment.now + wait.patienceMs)
    let rest = isHeld(at: moment) ? until.remaining(at: moment.now) ?? 0 : 0
    return .success(
      .waiting(
        ClaimPlace(number: waiters[index].number, isFirst: index == 0, remainingMs: rest)))
  }

  mutating func renew(
    _ asking: String, _ life: TimeToLive, _ given: Int64?, at moment: Moment
  ) -> Result<ClaimHold, RPCError> {
    if let refusal = refusal(of: asking, given, at: moment) { return .failure(refusal) }
    hold(for: life, at: moment)
    return .success(hold)
  }

  mutating func release(
    _ asking: String, _ given: Int64?, at moment: Moment
  ) -> Result<Done, RPCError> {
    if let refusal = refusal(of: asking, given, at: moment) { return .failure(refusal) }
    free(at: moment)
    return .success(Done())
  }

  mutating func withdraw(_ ticket: ClaimTicket, at moment: Moment) {
    if isHeld(at: moment), call == ticket.id {
      free(at: moment)
    } else if let place = place(of: ticket) {
      waiters.remove(at: place)
    }
  }

  func state(at moment: Moment) -> ClaimState {
    let isHeld = isHeld(at: moment)
    return ClaimState(
      owner: isHeld ? owner.text : nil, fence: fence > 0 ? fence : nil,
      expiresAtMs: isHeld ? expiresAtMs : nil)
  }

  // MARK: Parts of steps

  private var hold: ClaimHold { ClaimHold(fence: fence, expiresAtMs: expiresAtMs) }

  private func isHeld(at moment: Moment) -> Bool { !until.isOver(at: moment.now) }

  private func place(of ticket: ClaimTicket) -> Int? {
    waiters.firstIndex { $0.number == ticket.number && $0.id == ticket.id }
  }

  private func refusal(of asking: String, _ given: Int64?, at moment: Moment) -> RPCError? {
    guard isHeld(at: moment), owner == ByteString(asking) else { return RPCError(.claimNotHeld) }
    if let given, given != fence { return RPCError(.fenceStale) }
    return nil
  }

  private mutating func grant(_ request: ClaimRequest, at moment: Moment) {
    owner = ByteString(request.owner)
    call = request.ticket.id
    fence = max(fence + 1, moment.date * 1000)
    hold(for: request.life, at: moment)
  }

  private mutating func hold(for life: TimeToLive, at moment: Moment) {
    until = Deadline(after: life, from: moment.now)
    expiresAtMs = moment.date + life.milliseconds
    keptUntil = Deadline(at: until.at + ClaimState.retentionMs)
  }

  private mutating func free(at moment: Moment) {
    owner = ByteString("")
    call = ""
    until = Deadline(at: .min)
    keptUntil = Deadline(at: moment.now + ClaimState.retentionMs)
  }
}
