import CloakroomCore
import CloakroomStore
import Support
import Testing

@Suite("A claim's queue", .timeLimit(.minutes(1)))
struct ClaimQueueTests {
  @Test("is served in the order of arrival", arguments: ContractStores.all)
  func order(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      #expect(await store.take(key, by: Claimant("holder")).fence != nil)
      var claimants = (0..<40).map { Claimant("owner \($0)") }
      var numbers: [Int64] = []
      for index in claimants.indices {
        let place = try #require(await store.queue(key, &claimants[index]).place)
        #expect(place.isFirst == (index == 0))
        #expect((100_000 - store.slackMs...100_000).contains(place.remainingMs))
        numbers.append(place.number)
      }
      #expect(Set(numbers).count == 40 && numbers == numbers.sorted())
      var holder = "holder"
      for index in claimants.indices {
        await store.release(key, by: holder)
        // A waiter that asks out of turn waits on, the last first.
        for other in claimants.indices[(index + 1)...].reversed() where other % 7 == 3 {
          let place = try #require(await store.queue(key, &claimants[other]).place)
          #expect(place.number == numbers[other] && !place.isFirst && place.remainingMs == 0)
        }
        #expect(await store.queue(key, &claimants[index]).fence != nil)
        holder = claimants[index].owner
      }
    }
  }

  @Test("is not jumped by later callers, waiting or not", arguments: ContractStores.all)
  func jumped(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      let fence = try #require(await store.take(key, by: Claimant("holder")).fence)
      var first = Claimant("first")
      var second = Claimant("second")
      _ = await store.queue(key, &first)
      await store.release(key, by: "holder")
      let free = ClaimState(owner: nil, fence: fence, expiresAtMs: nil)
      #expect(await store.take(key, by: Claimant("newcomer")).claimState == free)
      #expect(await store.take(key, by: Claimant("holder")).claimState == free)
      #expect(await store.queue(key, &second).place?.isFirst == false)
      #expect(await store.queue(key, &first).fence != nil)
      #expect(await store.queue(key, &second).place?.isFirst == true)
    }
  }

  @Test("waits for a claim's end as well", arguments: ContractStores.all)
  func end(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      #expect(await store.take(key, by: Claimant("holder"), forMs: 3000).fence != nil)
      var first = Claimant("first")
      let rest = try #require(await store.queue(key, &first).place?.remainingMs)
      #expect(rest > 0 && rest <= 3000)
      await store.advance(by: rest)
      #expect(await store.queue(key, &first).fence != nil)
    }
  }

  @Test("forgets a waiter that has been silent for too long", arguments: ContractStores.all)
  func silent(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      #expect(await store.take(key, by: Claimant("holder")).fence != nil)
      var first = Claimant("first")
      var second = Claimant("second")
      let number = try #require(await store.queue(key, &first, patienceMs: 30).place?.number)
      _ = await store.queue(key, &second)
      await store.advance(by: 30)
      #expect(await store.queue(key, &second).place?.isFirst == true)
      // Heard of again, it comes last.
      let again = try #require(await store.queue(key, &first).place)
      #expect(!again.isFirst && again.number > number)
      await store.release(key, by: "holder")
      #expect(await store.queue(key, &first).place != nil)
      #expect(await store.queue(key, &second).fence != nil)
    }
  }

  @Test("keeps the place of a waiter that sends heartbeats", arguments: ContractStores.all)
  func heartbeat(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      #expect(await store.take(key, by: Claimant("holder")).fence != nil)
      var first = Claimant("first")
      var second = Claimant("second")
      _ = await store.queue(key, &first, patienceMs: 1500)
      _ = await store.queue(key, &second)
      for _ in 0..<2 {
        await store.advance(by: 800)
        #expect(await store.queue(key, &first, patienceMs: 1500).place?.isFirst == true)
      }
    }
  }

  @Test(
    "lets go of a waiter that has left, and of no other", arguments: ContractStores.all)
  func left(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      #expect(await store.take(key, by: Claimant("holder")).fence != nil)
      var claimants = (0..<5).map { Claimant("owner \($0)") }
      for index in claimants.indices { _ = await store.queue(key, &claimants[index]) }
      // Another's ticket under the same number, and the number of another, are nobody's.
      var forged = ClaimTicket()
      forged.number = claimants[1].ticket.number
      #expect(await store.step(WithdrawClaim(key, forged)) == .done)
      var other = claimants[1].ticket
      other.number = claimants[2].ticket.number
      #expect(await store.step(WithdrawClaim(key, other)) == .done)
      // One leaves by saying so, one by asking for the last time.
      #expect(await store.step(WithdrawClaim(key, claimants[0].ticket)) == .done)
      #expect(await store.take(key, by: claimants[2]).claimState?.owner == "holder")
      await store.release(key, by: "holder")
      #expect(await store.queue(key, &claimants[3]).place?.isFirst == false)
      #expect(await store.queue(key, &claimants[1]).fence != nil)
      await store.release(key, by: "owner 1")
      #expect(await store.queue(key, &claimants[3]).fence != nil)
    }
  }

  @Test("takes as many as may wait, and more once some have left", arguments: ContractStores.all)
  func limit(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      #expect(await store.take(key, by: Claimant("holder")).fence != nil)
      var first = Claimant("first")
      var second = Claimant("second")
      var third = Claimant("third")
      var fourth = Claimant("fourth")
      _ = await store.queue(key, &first, limit: 3)
      _ = await store.queue(key, &second, patienceMs: 1500, limit: 3)
      _ = await store.queue(key, &third, limit: 3)
      #expect(await store.queue(key, &fourth, limit: 3).reason == .overloaded)
      #expect(await store.queue(key, &third, limit: 3).place != nil)
      #expect(await store.take(key, by: fourth).claimState?.owner == "holder")
      await store.advance(by: 1500)
      #expect(await store.queue(key, &fourth, limit: 3).place != nil)
      #expect(await store.queue(key, &second, limit: 3).reason == .overloaded)
      #expect(await store.step(WithdrawClaim(key, first.ticket)) == .done)
      #expect(await store.queue(key, &second, limit: 3).place?.isFirst == false)
    }
  }

  @Test("is not for an owner that holds the claim already", arguments: ContractStores.all)
  func own(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      let fence = try #require(await store.take(key, by: Claimant("alice")).fence)
      var again = Claimant("alice")
      let state = try #require(await store.queue(key, &again).claimState)
      #expect(state.owner == "alice" && state.fence == fence)
      await store.release(key, by: "alice")
      #expect(await store.take(key, by: Claimant("bob")).fence != nil)
    }
  }

  @Test("finds the next one behind any number that have left", arguments: ContractStores.all)
  func gaps(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      #expect(await store.take(key, by: Claimant("holder")).fence != nil)
      var first = Claimant("first")
      _ = await store.queue(key, &first)
      for index in 0..<300 {
        var passing = Claimant("passing \(index)")
        _ = await store.queue(key, &passing, limit: 3)
        #expect(await store.step(WithdrawClaim(key, passing.ticket)) == .done)
      }
      var last = Claimant("last")
      #expect(await store.queue(key, &last).place?.isFirst == false)
      #expect(await store.step(WithdrawClaim(key, first.ticket)) == .done)
      #expect(await store.queue(key, &last).place?.isFirst == true)
      await store.release(key, by: "holder")
      #expect(await store.queue(key, &last).fence != nil)
    }
  }
}
