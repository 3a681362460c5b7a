import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@testable import CloakroomMethods

@Suite("A sweep of pending operations", .timeLimit(.minutes(1)))
struct DeadlineTests {
  @Test("finds one that has expired though nobody asks, once", arguments: ContractStores.all)
  func expired(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(store.key("other"))
      await store.make(key, forMs: 2000)
      #expect(await store.sweep().isEmpty)
      await store.advance(by: 2000)
      #expect(await store.sweep() == [key: [.expired]])
      #expect(await store.sweep().isEmpty)
      // The caller who comes later is told so, but is not the first.
      #expect(await store.readOperation(key) == PendingReply(.refused(.expired)))
    }
  }

  @Test("finds one that is dead though nobody asks, once", arguments: ContractStores.all)
  func dead(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, maxAttempts: 1)
      _ = await store.checkout(key, "r", forMs: 40)
      // One whose data are in its token has a record as soon as it is leased.
      let adopted = store.key("adopted")
      let draft = PendingDraft(data: ByteBuffer(), life: .ms(100_000), maxAttempts: 1)
      let lease = PendingLease(receipt: "r", life: .ms(40))
      #expect(await store.pending(adopted, .checkout(lease), adopting: draft)?.grant != nil)
      await store.advance(by: 40)
      #expect(await store.sweep() == [key: [.dead], adopted: [.dead]])
      #expect(await store.sweep().isEmpty)
      #expect(await store.readOperation(key)?.operation?.state == .dead)
      #expect(await store.readOperation(key)?.noticed == nil)
    }
  }

  @Test("finds one that was leased and has expired since", arguments: ContractStores.all)
  func leased(kind: ContractStore) async throws {
    try await kind.run { store in
      let (key, adopted) = (store.key("a"), store.key("adopted"))
      await store.make(key, forMs: 1000, maxAttempts: 5)
      _ = await store.checkout(key, "r", forMs: 1000)
      let draft = PendingDraft(data: ByteBuffer(), life: .ms(1000))
      let lease = PendingLease(receipt: "r", life: .ms(1000))
      _ = await store.pending(adopted, .checkout(lease), adopting: draft)
      if store.slackMs == 0 {
        await store.advance(by: 1999)
        #expect(await store.sweep().isEmpty)
        #expect(await store.readOperation(key)?.operation?.state == .open)
      }
      // It lives for two leases, so that somebody can take it up once more.
      await store.advance(by: 2000)
      #expect(await store.sweep() == [key: [.expired], adopted: [.expired]])
    }
  }

  @Test("does not end one early whose life was made longer", arguments: ContractStores.all)
  func extended(kind: ContractStore) async throws {
    try await kind.run { store in
      let (updated, leased) = (store.key("updated"), store.key("leased"))
      await store.make(updated, forMs: 2000)
      await store.make(leased, forMs: 2000)
      #expect(await store.update(updated, "1", .after(.ms(100_000)))?.operation != nil)
      #expect(await store.checkout(leased, "r", forMs: 50_000)?.grant != nil)
      await store.advance(by: 2000)
      #expect(await store.sweep().isEmpty)
      #expect(await store.readOperation(updated)?.text == "1")
      #expect(await store.readOperation(leased)?.operation?.state == .leased)
    }
  }

  @Test(
    "finds each when its life ends, however often that has been changed",
    arguments: ContractStores.all)
  func changed(kind: ContractStore) async throws {
    try await kind.run { store in
      let (shorter, reset, again) = (store.key("shorter"), store.key("reset"), store.key("again"))
      await store.make(shorter)
      #expect(await store.update(shorter, "1", .after(.ms(1000)))?.operation != nil)
      // A lease makes it live long, and a reset as long as it was given again.
      await store.make(reset, forMs: 1000)
      _ = await store.checkout(reset, "r", forMs: 50_000)
      _ = await store.pending(reset, .release(receipt: "r"))
      #expect(await store.update(reset, "1", .reset)?.operation != nil)
      // Dead once, open again.
      await store.make(again, forMs: 1000, maxAttempts: 1)
      _ = await store.checkout(again, "r", forMs: 1)
      await store.advance(by: 2)
      let first = await store.sweep()
      #expect(first[again] == [.dead])
      #expect(await store.pending(again, .reopen)?.operation != nil)
      await store.advance(by: 1000)
      let rest = await store.sweep()
      #expect(
        first.merging(rest) { $0 + $1 }
          == [shorter: [.expired], reset: [.expired], again: [.dead, .expired]])
    }
  }

  @Test("says nothing of what has ended otherwise, or was found", arguments: ContractStores.all)
  func others(kind: ContractStore) async throws {
    try await kind.run { store in
      let names = ["consumed", "deleted", "committed", "released", "met"]
      for name in names { await store.make(store.key(name), forMs: 2000, maxAttempts: 1) }
      _ = await store.pending(store.key("consumed"), .consume)
      _ = await store.pending(store.key("deleted"), .delete)
      _ = await store.checkout(store.key("committed"), "r", forMs: 200)
      _ = await store.commit(store.key("committed"), "r")
      _ = await store.checkout(store.key("released"), "r", forMs: 200)
      #expect(
        await store.pending(store.key("released"), .release(receipt: "r"))?.noticed == .dead)
      await store.advance(by: 2000)
      #expect(await store.readOperation(store.key("met"))?.noticed == .expired)
      #expect(await store.sweep().isEmpty)
      // Nothing is left of them in the index.
      await store.advance(by: 1000)
      #expect(await store.takeDue(holdMs: 1)?.names == [])
    }
  }

  @Test(
    "counts each once when several race, with callers among them", arguments: ContractStores.all)
  func race(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      let store = stores[0]
      let keys = (0..<300).map { store.key("\($0)") }
      let draft = PendingDraft(data: ByteBuffer(string: "{}"), life: .ms(50))
      _ = await store.perform(
        keys.map {
          RecordAsk.pending(
            $0, PendingRequest(.create(draft), type: "form", retention: StoreHarness.retention))
        })
      await store.advance(by: 50)
      let ends = FoundEnds()
      await withTaskGroup(of: Void.self) { group in
        for store in stores {
          group.addTask { _ = await store.sweep(ends) }
          group.addTask {
            for key in keys.shuffled().prefix(100) {
              let read = PendingRequest(
                .read(withData: false), type: "form", retention: StoreHarness.retention)
              _ = await store.perform([.pending(key, read)], noting: ends)
            }
          }
        }
        await group.waitForAll()
      }
      #expect(ends.all == Dictionary(uniqueKeysWithValues: keys.map { ($0, [.expired]) }))
    }
  }

  @Test(
    "looks at thousands in rounds that are short, and calls go on between them",
    arguments: ContractStores.all)
  func many(kind: ContractStore) async throws {
    try await kind.run(links: 2) { stores in
      let keys = (0..<3000).map { stores[0].key("\($0)") }
      let draft = PendingDraft(data: ByteBuffer(string: "{}"), life: .ms(50))
      _ = await stores[0].perform(
        keys.map {
          RecordAsk.pending(
            $0, PendingRequest(.create(draft), type: "form", retention: StoreHarness.retention))
        })
      await stores[0].advance(by: 50)
      let ends = FoundEnds()
      var rounds = 0
      var round = RecordSweep.Round(looked: 0, lateMs: 0, isMore: true)
      while round.isMore {
        round = await stores[0].sweepRound(ends)
        #expect(round.looked <= RecordSweep.roundLength)
        rounds += 1
        await stores[1].put(stores[1].key("call"), "\(rounds)", .ms(50_000))
      }
      #expect(rounds >= keys.count / RecordSweep.roundLength)
      #expect(ends.all.count == keys.count && ends.all.values.allSatisfy { $0 == [.expired] })
    }
  }

  @Test("leaves what it dies with to the next one", arguments: ContractStores.all)
  func abandoned(kind: ContractStore) async throws {
    try await kind.run(links: 2) { stores in
      let key = stores[0].key("a")
      await stores[0].make(key, forMs: 20)
      await stores[0].advance(by: 20)
      #expect(await stores[0].takeDue(holdMs: 2000)?.names == [key])
      #expect(await stores[1].sweep().isEmpty)
      await stores[1].advance(by: 2000)
      #expect(await stores[1].sweep() == [key: [.expired]])
    }
  }

  @Test("does not lose a deadline that is given while it looks", arguments: ContractStores.all)
  func given(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, forMs: 1000)
      #expect(await store.update(key, "1", .after(.ms(100_000)))?.operation != nil)
      await store.advance(by: 1000)
      let due = try #require(await store.takeDue(holdMs: 10))
      let next = try await store.look(at: key)
      #expect(next != nil)
      #expect(await store.update(key, "2", .after(.ms(30)))?.operation != nil)
      let settled = SettleDueNames.Settled(key, nextAtMs: next)
      await store.settle([settled], due)
      await store.advance(by: 30)
      #expect(await store.sweep() == [key: [.expired]])
    }
  }

  @Test("looks at no value, and drops what has no record", arguments: ContractStores.all)
  func nothing(kind: ContractStore) async throws {
    try await kind.run { store in
      #expect(
        await store.pending(store.key("none"), .settle, type: nil)
          == PendingReply(.refused(.notFound)))
      let brief = PendingRetention(tombstoneMs: 20, receiptMs: 20, deadMs: 20)
      await store.make(store.key("a"), forMs: 20, brief)
      await store.advance(by: 60)
      // Nothing is left that could say what has become of it.
      #expect(await store.sweep().isEmpty)
      #expect(await store.takeDue(holdMs: 1)?.names == [])
    }
  }

  @Test("does not count again for a call that is repeated", arguments: ContractStores.all)
  func repeated(kind: ContractStore) async throws {
    try await kind.run { store in
      let ends = FoundEnds()
      for (name, step) in [("a", PendingStep.consume), ("b", .delete)] {
        let key = store.key(name)
        await store.make(key, forMs: 20)
        await store.advance(by: 20)
        let idempotency = IdempotencyRecord(
          name: store.key("record:" + name), fingerprint: Fingerprint(of: ByteBuffer(string: name)),
          life: .ms(100_000))
        let request = PendingRequest(step, type: "form", retention: StoreHarness.retention)
        for _ in 0..<3 {
          let replies = await store.perform(
            [.idempotent(idempotency, .pending(key, request))], noting: ends)
          guard case .pending(let reply) = replies.first else { continue }
          #expect(reply.outcome == .refused(.expired))
        }
      }
      #expect(ends.all == [store.key("a"): [.expired], store.key("b"): [.expired]])
    }
  }
}
