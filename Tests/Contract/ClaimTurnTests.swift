import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

/// Who waits for a claim is told by a message on its name when it is its turn to look.
@Suite("The turn of a claim's waiters", .timeLimit(.minutes(1)))
struct ClaimTurnTests {
  /// Waits until a request is told to look.
  private static func expect(_ claimant: Claimant, on bus: BusHarness) async throws {
    let id = claimant.ticket.id
    try await bus.wait(for: "the turn of \(claimant.owner)") { notes in
      notes.contains { if case .received(id, _, _) = $0 { true } else { false } }
    }
  }

  @Test(
    "comes when the one before, whose turn it was, leaves without having looked",
    arguments: ContractBus.all)
  func passedOn(kind: ContractBus) async throws {
    try await kind.run { buses, store in
      let key = store.key("claim")
      _ = try await buses[0].subscribe(.name(key))
      var (first, second) = (Claimant("first"), Claimant("second"))
      #expect(await store.take(key, by: Claimant("holder")).fence != nil)
      #expect(await store.queue(key, &first).place?.isFirst == true)
      #expect(await store.queue(key, &second).place?.isFirst == false)
      await store.release(key, by: "holder")
      try await Self.expect(first, on: buses[0])
      #expect(await store.step(WithdrawClaim(key, first.ticket)) == .done)
      try await Self.expect(second, on: buses[0])
      #expect(await store.queue(key, &second).fence != nil)
    }
  }

  @Test(
    "comes when the one before has waited for long enough", arguments: ContractBus.all)
  func givenUp(kind: ContractBus) async throws {
    try await kind.run { buses, store in
      let key = store.key("claim")
      _ = try await buses[0].subscribe(.name(key))
      var (first, second) = (Claimant("first"), Claimant("second"))
      #expect(await store.take(key, by: Claimant("holder")).fence != nil)
      _ = await store.queue(key, &first)
      _ = await store.queue(key, &second)
      // It asks for the last time, and stands in the queue no more.
      let request = ClaimRequest(
        owner: "first", life: .ms(1000), ticket: first.ticket, wait: nil)
      #expect(await store.step(TakeClaim(key, request)).claimState?.owner == "holder")
      try await Self.expect(second, on: buses[0])
      #expect(await store.queue(key, &second).place?.isFirst == true)
    }
  }
}
