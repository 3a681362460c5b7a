import CloakroomCore
import CloakroomStore
import Support
import Testing

@Suite("A claim", .timeLimit(.minutes(1)))
struct ClaimTests {
  @Test("is held by the first who asks, and by nobody else", arguments: ContractStores.all)
  func held(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      #expect(
        await store.inspect(key) == ClaimState(owner: nil, fence: nil, expiresAtMs: nil))
      let taken = await store.take(key, by: Claimant("alice"))
      let fence = try #require(taken.fence)
      let state = ClaimState(owner: "alice", fence: fence, expiresAtMs: taken.expiresAtMs)
      #expect(fence > 0 && fence < 1 << 53)
      #expect(await store.take(key, by: Claimant("bob")).claimState == state)
      #expect(await store.take(key, by: Claimant("alice")).claimState == state)
      #expect(await store.inspect(key) == state)
    }
  }

  @Test(
    "is not its owner's who is spelled otherwise, though equal to Unicode",
    arguments: ContractStores.all)
  func spelling(kind: ContractStore) async throws {
    try await kind.run { store in
      for (owner, other) in [("caf\u{e9}", "cafe\u{301}"), ("cafe\u{301}", "caf\u{e9}")] {
        let key = store.key("claim of \(owner.utf8.count)")
        let fence = try #require(await store.take(key, by: Claimant(owner)).fence)
        let steps: [any StoreStep] = [
          RenewClaim(key, owner: other, life: .ms(900_000), fence: fence),
          ReleaseClaim(key, owner: other, fence: nil),
        ]
        for step in steps { #expect(await store.perform(.step(step)).reason == .claimNotHeld) }
        // Only the owner itself doesn't wait for itself.
        var waiting = Claimant(other)
        let reply = await store.queue(key, &waiting)
        guard case .success(.waiting) = reply else { Issue.record("\(reply)"); return }
        #expect(await store.inspect(key).owner?.utf8.elementsEqual(owner.utf8) == true)
      }
    }
  }

  @Test(
    "that is asked for again by the same request is answered as it was",
    arguments: ContractStores.all)
  func again(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      let claimant = Claimant("alice")
      let taken = await store.take(key, by: claimant)
      #expect(taken.fence != nil)
      #expect(await store.take(key, by: claimant, forMs: 7) == taken)
    }
  }

  /// Who tries to renew or release a claim of alice's, with which fence, and what they are told; a
  /// fence is given as its distance from the one held.
  static let attempts: [(owner: String, fence: Int64?, refusal: Reason?)] = [
    ("alice", nil, nil), ("alice", 0, nil), ("alice", -1, .fenceStale), ("alice", 1, .fenceStale),
    ("alice", .min, .fenceStale), ("bob", nil, .claimNotHeld), ("bob", 0, .claimNotHeld),
    ("Alice", nil, .claimNotHeld), ("alice ", nil, .claimNotHeld), ("ali", nil, .claimNotHeld),
    ("", nil, .claimNotHeld),
  ]

  @Test("is renewed by its owner alone", arguments: ContractStores.all, attempts)
  func renew(
    kind: ContractStore, attempt: (owner: String, fence: Int64?, refusal: Reason?)
  ) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      let taken = await store.take(key, by: Claimant("alice"), forMs: 100_000)
      let fence = try #require(taken.fence)
      let reply = await store.step(
        RenewClaim(
          key, owner: attempt.owner, life: .ms(900_000), fence: attempt.fence.map { fence &+ $0 }))
      let state = await store.inspect(key)
      #expect(reply.reason == attempt.refusal)
      #expect(state.owner == "alice")
      #expect(state.fence == fence)
      if attempt.refusal == nil {
        #expect(reply.fence == fence)
        #expect(state.expiresAtMs == reply.expiresAtMs)
        let gained = try #require(reply.expiresAtMs) - (try #require(taken.expiresAtMs))
        #expect((800_000...800_000 + store.slackMs).contains(gained))
      } else {
        #expect(state.expiresAtMs == taken.expiresAtMs)
      }
    }
  }

  @Test("is released by its owner alone", arguments: ContractStores.all, attempts)
  func release(
    kind: ContractStore, attempt: (owner: String, fence: Int64?, refusal: Reason?)
  ) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      let fence = try #require(await store.take(key, by: Claimant("alice")).fence)
      let reply = await store.step(
        ReleaseClaim(key, owner: attempt.owner, fence: attempt.fence.map { fence &+ $0 }))
      let state = await store.inspect(key)
      #expect(state.fence == fence)
      if let refusal = attempt.refusal {
        #expect(reply.reason == refusal)
        #expect(state.owner == "alice")
      } else {
        #expect(reply == .done)
        #expect(state == ClaimState(owner: nil, fence: fence, expiresAtMs: nil))
        let second = await store.step(ReleaseClaim(key, owner: attempt.owner, fence: nil))
        #expect(second.reason == .claimNotHeld)
      }
    }
  }

  @Test("that nobody holds can't be renewed or released", arguments: ContractStores.all)
  func none(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      let steps: [any StoreStep] = [
        RenewClaim(key, owner: "alice", life: .ms(1000), fence: nil),
        RenewClaim(key, owner: "", life: .ms(1000), fence: 0),
        ReleaseClaim(key, owner: "alice", fence: nil), ReleaseClaim(key, owner: "", fence: nil),
      ]
      for step in steps {
        #expect(await store.perform(.step(step)).reason == .claimNotHeld)
      }
      #expect(await store.step(WithdrawClaim(key, ClaimTicket())) == .done)
      #expect(await store.inspect(key).fence == nil)
    }
  }

  @Test("has a greater fence each time it is granted", arguments: ContractStores.all)
  func fences(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      var last: Int64 = 0
      for round in 0..<50 {
        let owner = "owner \(round % 3)"
        let fence = try #require(await store.take(key, by: Claimant(owner)).fence)
        #expect(fence > last)
        last = fence
        if round.isMultiple(of: 2) {
          await store.release(key, by: owner)
        } else {
          // Over its end too: a new owner, and no release.
          _ = await store.step(RenewClaim(key, owner: owner, life: .ms(1), fence: nil))
          await store.advance(by: 1)
        }
      }
      #expect(await store.inspect(key) == ClaimState(owner: nil, fence: last, expiresAtMs: nil))
    }
  }

  @Test(
    "ends when its time is over, and what its owner then does is refused",
    arguments: ContractStores.all)
  func over(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      let first = try #require(await store.take(key, by: Claimant("alice"), forMs: 20).fence)
      await store.advance(by: 20)
      #expect(
        await store.inspect(key) == ClaimState(owner: nil, fence: first, expiresAtMs: nil))
      let renewal = RenewClaim(key, owner: "alice", life: .ms(1000), fence: first)
      #expect(await store.step(renewal).reason == .claimNotHeld)
      #expect(
        await store.step(ReleaseClaim(key, owner: "alice", fence: first)).reason == .claimNotHeld)
      // Taken again by another process under the same name: the fence tells them apart.
      let second = try #require(await store.take(key, by: Claimant("alice")).fence)
      #expect(second > first)
      #expect(await store.step(renewal).reason == .fenceStale)
      #expect(
        await store.step(ReleaseClaim(key, owner: "alice", fence: first)).reason == .fenceStale)
      #expect(await store.inspect(key).owner == "alice")
    }
  }

  @Test("is one for each key", arguments: ContractStores.all)
  func keys(kind: ContractStore) async throws {
    try await kind.run { store in
      let keys = ["a", "b", "a:b", "w1"].map { store.key($0) }
      for key in keys { #expect(await store.take(key, by: Claimant("alice")).fence != nil) }
      await store.release(keys[0], by: "alice")
      for key in keys.dropFirst() { #expect(await store.inspect(key).owner == "alice") }
    }
  }

  @Test("gives a request back that was granted it, and no other", arguments: ContractStores.all)
  func withdrawn(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      let claimant = Claimant("alice")
      #expect(await store.take(key, by: claimant).fence != nil)
      #expect(await store.step(WithdrawClaim(key, ClaimTicket())) == .done)
      #expect(await store.inspect(key).owner == "alice")
      #expect(await store.step(WithdrawClaim(key, claimant.ticket)) == .done)
      #expect(await store.inspect(key).owner == nil)
    }
  }

  static let owners = [
    "a", "worker 1", "ünïcode 🦊", #""quoted" \ "#, "line\nbreak", "\u{0}", "0", "-1",
  ]

  @Test("keeps its owner's name as it is", arguments: ContractStores.all, owners)
  func owner(kind: ContractStore, owner: String) async throws {
    try await kind.run { store in
      let key = store.key("claim")
      #expect(await store.take(key, by: Claimant(owner)).fence != nil)
      #expect(await store.inspect(key).owner == owner)
      await store.release(key, by: owner)
    }
  }

  @Test(
    "is never held by two of many who ask at once, over however many links",
    arguments: ContractStores.all)
  func contended(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      let key = stores[0].key("contended")
      let fences = await withTaskGroup(of: [Int64].self) { group in
        for (index, store) in stores.enumerated() {
          group.addTask {
            var fences: [Int64] = []
            while fences.count < 25 {
              let owner = "owner \(index)"
              guard let fence = await store.take(key, by: Claimant(owner)).fence else { continue }
              let state = await store.inspect(key)
              if state.owner == owner, state.fence == fence { fences.append(fence) }
              await store.release(key, by: owner)
            }
            return fences
          }
        }
        return await group.reduce(into: []) { $0 += $1 }
      }
      #expect(Set(fences).count == 100)
    }
  }
}
