import CloakroomCore
import CloakroomStore
import Support
import Testing

/// A request for a claim as tests ask: by owner, with a ticket that stays the same.
struct Claimant {
  let owner: String
  var ticket = ClaimTicket()

  init(_ owner: String) { self.owner = owner }
}

extension StoreHarness {
  /// Asks for a claim without waiting, for so many milliseconds.
  func take(
    _ key: StoreKey, by claimant: Claimant, forMs life: Int64 = 100_000
  ) async -> Result<TakeClaim.Reply, RPCError> {
    await step(
      TakeClaim(
        key,
        ClaimRequest(owner: claimant.owner, life: .ms(life), ticket: claimant.ticket, wait: nil)))
  }

  /// Asks for a claim, in the queue if need be, and remembers the place there.
  func queue(
    _ key: StoreKey, _ claimant: inout Claimant, forMs life: Int64 = 100_000,
    patienceMs: Int64 = 100_000, limit: Int = 100
  ) async -> Result<TakeClaim.Reply, RPCError> {
    let wait = ClaimWait(patienceMs: patienceMs, limit: limit)
    let reply = await step(
      TakeClaim(
        key,
        ClaimRequest(owner: claimant.owner, life: .ms(life), ticket: claimant.ticket, wait: wait)))
    if let place = reply.place { claimant.ticket.number = place.number }
    return reply
  }

  /// Ends a claim that has to be held.
  func release(
    _ key: StoreKey, by owner: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    let reply = await step(ReleaseClaim(key, owner: owner, fence: nil))
    #expect(reply == .done, sourceLocation: sourceLocation)
  }

  /// How a claim stands.
  func inspect(
    _ key: StoreKey, sourceLocation: SourceLocation = #_sourceLocation
  ) async -> ClaimState {
    if case .success(let state) = await step(InspectClaim(key)) { return state }
    Issue.record("the store doesn't tell how a claim stands", sourceLocation: sourceLocation)
    return ClaimState(owner: nil, fence: nil, expiresAtMs: nil)
  }
}

extension Result where Success == TakeClaim.Reply, Failure == RPCError {
  private var hold: ClaimHold? {
    guard case .success(.held(let hold)) = self else { return nil }
    return hold
  }

  /// The fence of a claim that is held; nil for any other reply.
  var fence: Int64? { hold?.fence }

  /// When a claim that is held ends.
  var expiresAtMs: Int64? { hold?.expiresAtMs }

  /// How a claim stands that wasn't granted.
  var claimState: ClaimState? {
    guard case .success(.state(let state)) = self else { return nil }
    return state
  }

  /// The place in a claim's queue.
  var place: ClaimPlace? {
    guard case .success(.waiting(let place)) = self else { return nil }
    return place
  }
}

extension Result where Success == ClaimHold, Failure == RPCError {
  /// The fence of a claim that was renewed; nil when it wasn't.
  var fence: Int64? { try? get().fence }

  /// When it ends.
  var expiresAtMs: Int64? { try? get().expiresAtMs }
}
