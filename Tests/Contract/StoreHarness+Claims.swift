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
  ) async -> StoreReply {
    await perform(
      .claim(
        key,
        .take(
          ClaimRequest(
            owner: claimant.owner, life: .ms(life), ticket: claimant.ticket, wait: nil))))
  }

  /// Asks for a claim, in the queue if need be, and remembers the place there.
  func queue(
    _ key: StoreKey, _ claimant: inout Claimant, forMs life: Int64 = 100_000,
    patienceMs: Int64 = 100_000, limit: Int = 100
  ) async -> StoreReply {
    let wait = ClaimWait(patienceMs: patienceMs, limit: limit)
    let reply = await perform(
      .claim(
        key,
        .take(
          ClaimRequest(
            owner: claimant.owner, life: .ms(life), ticket: claimant.ticket, wait: wait))))
    if case .claim(.waiting(let place)) = reply { claimant.ticket.number = place.number }
    return reply
  }

  /// Does a step on a claim.
  func claim(_ key: StoreKey, _ step: ClaimStep) async -> StoreReply {
    await perform(.claim(key, step))
  }

  /// Ends a claim that has to be held.
  func release(
    _ key: StoreKey, by owner: String, sourceLocation: SourceLocation = #_sourceLocation
  ) async {
    let reply = await claim(key, .release(owner: owner, fence: nil))
    #expect(reply == .done, sourceLocation: sourceLocation)
  }

  /// How a claim stands.
  func inspect(
    _ key: StoreKey, sourceLocation: SourceLocation = #_sourceLocation
  ) async -> ClaimState {
    if let state = await claim(key, .inspect).claimState { return state }
    Issue.record("the store doesn't tell how a claim stands", sourceLocation: sourceLocation)
    return ClaimState(owner: nil, fence: nil, expiresAtMs: nil)
  }
}

extension StoreReply {
  /// The fence of a claim that is held; nil for any other reply.
  var fence: Int64? {
    guard case .claim(.held(let fence, _)) = self else { return nil }
    return fence
  }

  /// When a claim that is held ends.
  var expiresAtMs: Int64? {
    guard case .claim(.held(_, let end)) = self else { return nil }
    return end
  }

  /// How a claim stands that wasn't granted.
  var claimState: ClaimState? {
    guard case .claim(.state(let state)) = self else { return nil }
    return state
  }

  /// The place in a claim's queue.
  var place: ClaimPlace? {
    guard case .claim(.waiting(let place)) = self else { return nil }
    return place
  }
}
