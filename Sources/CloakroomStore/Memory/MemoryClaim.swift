internal import CloakroomCore
internal import DequeModule
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
    /// When its place is given up unless it is heard of.
    let until: Deadline
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
  /// Who waits, by number.
  private var waiters: [Int64: Waiter] = [:]
  /// Their numbers in the order of arrival, the first of all first; and behind it some of those that wait no more.
  private var line = Deque<Int64>()
  /// Nobody has been silent for too long before that.
  private var soonest = Deadline.never
  /// When the claim may be forgotten.
  private(set) var keptUntil = Deadline(at: .min)

  /// What it is charged for beside its key, in bytes.
  var cost: Int { Self.overhead + waiters.count * Self.waiterCost }

  /// How many wait.
  var waiterCount: Int { waiters.count }

  /// Which waiter is to ask again, if any, after a step that began as `old` says: one that has become the
  /// first, and the first when the claim is free or will be earlier than it was.
  func waiterToWake(since old: MemoryClaim.Front) -> String? {
    guard let first else { return nil }
    let hasMoved = old.id != nil && old.id != first
    return hasMoved || until < old.until ? first : nil
  }

  /// What those who wait know of a claim.
  struct Front: Sendable {
    let id: String?
    let until: Deadline
  }

  /// Who is the first, and how long the claim is held.
  var front: Front { Front(id: first, until: until) }

  private var first: String? { line.first.flatMap { waiters[$0]?.id } }

  // MARK: Steps

  /// Gives up the places of those who have been silent for too long.
  mutating func dropSilent(at moment: Moment) {
    guard soonest.isOver(at: moment.now) else { return }
    waiters = waiters.filter { !$0.value.until.isOver(at: moment.now) }
    soonest = waiters.values.map(\.until).min() ?? .never
    line.removeAll { waiters[$0] == nil }
  }

  /// - Parameter charge: takes the room that one more needs who waits.
  mutating func take(
    _ request: ClaimRequest, at moment: Moment, charge: () throws(MemoryBudget.Exhausted) -> Void
  ) throws(MemoryBudget.Exhausted) -> Result<TakeClaim.Reply, RPCError> {
    if isHeld(at: moment), call == request.ticket.id { return .success(.held(hold)) }
    let place = place(of: request.ticket)
    if !isHeld(at: moment), waiters.isEmpty || place == line.first {
      if let place { leave(place) }
      grant(request, at: moment)
      return .success(.held(hold))
    }
    guard let wait = request.wait, !isHeld(at: moment) || owner != ByteString(request.owner) else {
      if let place { leave(place) }
      return .success(.state(state(at: moment)))
    }
    if place == nil {
      guard waiters.count < wait.limit else { return .failure(.tooManyClaimWaiters) }
      try charge()
      lastNumber += 1
      line.append(lastNumber)
    }
    let number = place ?? lastNumber
    let end = Deadline(at: moment.now + wait.patienceMs)
    waiters[number] = Waiter(id: request.ticket.id, until: end)
    soonest = min(soonest, end)
    let rest = isHeld(at: moment) ? until.remaining(at: moment.now) ?? 0 : 0
    return .success(
      .waiting(ClaimPlace(number: number, isFirst: number == line.first, remainingMs: rest)))
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
      leave(place)
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

  /// The number of one who waits.
  private func place(of ticket: ClaimTicket) -> Int64? {
    ticket.number.flatMap { waiters[$0]?.id == ticket.id ? $0 : nil }
  }

  /// One waits no more. To leave takes the same time from any place, however many there are.
  private mutating func leave(_ number: Int64) {
    waiters[number] = nil
    while let first = line.first, waiters[first] == nil { line.removeFirst() }
    if line.count > 2 * waiters.count + 32 { line.removeAll { waiters[$0] == nil } }
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
