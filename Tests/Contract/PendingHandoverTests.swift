import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@testable import CloakroomMethods

@Suite("The hand-over of a pending operation", .timeLimit(.minutes(1)))
struct PendingHandoverTests {
  @Test("gives it to one caller, who ends it", arguments: ContractStores.all)
  func commit(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, "[1]", maxAttempts: 3)
      let lease = try #require(await store.checkout(key, "r"))
      #expect(lease.text == "[1]" && lease.operation?.attempts == 1)
      #expect(lease.operation?.state == .leased)
      #expect(await store.checkout(key, "other")?.isLeased == true)
      for step in PendingTests.steps {
        switch step {
        case .consume, .update, .delete:
          let reply = await store.pending(key, step)
          #expect(reply?.isLeased == true)
          #expect(reply?.refusal?.error.reason == .checkedOut)
        case .read:
          #expect(await store.pending(key, step)?.operation?.state == .leased)
        default: break
        }
      }
      #expect(await store.commit(key, "other")?.refusal == .leaseLost)
      let done = try #require(await store.commit(key, "r", "{\"user\":1}"))
      #expect(done.result == "{\"user\":1}")
      // A repetition is answered the same, whatever the result is now.
      #expect(await store.commit(key, "r", "2") == done)
      #expect(await store.commit(key, "other")?.refusal == .consumed)
      for step in PendingTests.steps where !step.isCommit {
        #expect(await store.pending(key, step)?.refusal == .consumed)
      }
    }
  }

  @Test(
    "is the same lease when it is asked for with the same receipt", arguments: ContractStores.all)
  func resent(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key)
      let lease = await store.checkout(key, "r")
      #expect(lease?.grant != nil)
      #expect(await store.checkout(key, "r") == lease)
    }
  }

  @Test("is open again when the lease ends, or is given back", arguments: ContractStores.all)
  func again(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, "[1]")
      var fence: Int64 = 0
      for attempt in 1...6 {
        let lease = try #require(await store.checkout(key, "r\(attempt)", forMs: 40))
        #expect(lease.text == "[1]" && lease.operation?.attempts == attempt)
        let next = try #require(lease.grant).fence
        #expect(next > fence)
        fence = next
        if attempt % 2 == 0 {
          await store.advance(by: 40)
          #expect(await store.readOperation(key)?.operation?.state == .open)
        } else {
          let released = await store.pending(key, .release(receipt: "r\(attempt)"))
          // Given back late, when the machine is busy, it was open already.
          #expect(released?.operation?.state == .open)
          #expect(await store.commit(key, "r\(attempt)")?.refusal == .leaseLost)
        }
      }
      #expect(await store.pending(key, .consume)?.text == "[1]")
    }
  }

  @Test("ends late as long as nobody else has had it", arguments: ContractStores.all)
  func late(kind: ContractStore) async throws {
    try await kind.run { store in
      let untouched = store.key("untouched")
      let others: [(String, PendingStep)] = [
        ("leased", .checkout(PendingLease(receipt: "other", life: .ms(50_000)))),
        ("changed", .update(PendingChange(data: ByteBuffer(string: "2")))),
        ("released", .release(receipt: "r")),
      ]
      for key in [untouched] + others.map({ store.key($0.0) }) {
        await store.make(key, "1", forMs: 60_000)
        #expect(await store.checkout(key, "r", forMs: 30)?.grant != nil)
      }
      await store.advance(by: 30)
      #expect(await store.readOperation(untouched)?.operation?.state == .open)
      #expect(await store.commit(untouched, "r", "1")?.result == "1")
      for (name, step) in others {
        let key = store.key(name)
        #expect(await store.pending(key, step)?.operation != nil, "\(name)")
        #expect(await store.commit(key, "r")?.refusal == .leaseLost, "\(name)")
      }
    }
  }

  @Test(
    "can be taken up once more when the operation's life ends meanwhile",
    arguments: ContractStores.all)
  func life(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, "1", forMs: 2000)
      let lease = try #require(await store.checkout(key, "r", forMs: 4000))
      let end = try #require(lease.grant).endsAtMs
      #expect(lease.operation?.expiresAtMs == end + 4000)
      await store.advance(by: 4000)
      #expect(await store.checkout(key, "s")?.operation?.attempts == 2)
    }
  }

  @Test("leaves to an operator what is tried too often", arguments: ContractStores.all)
  func dead(kind: ContractStore) async throws {
    try await kind.run { store in
      for isReleased in [true, false] {
        let key = store.key("a \(isReleased)")
        await store.make(key, "1", maxAttempts: 2)
        #expect(await store.checkout(key, "r1", forMs: 20)?.grant != nil)
        await store.advance(by: 20)
        #expect(await store.checkout(key, "r2", forMs: isReleased ? 90_000 : 20)?.grant != nil)
        if isReleased {
          let released = await store.pending(key, .release(receipt: "r2"))
          #expect(released?.operation?.state == .dead && released?.noticed == .dead)
        } else {
          await store.advance(by: 20)
          // It is told once, by the first to find it.
          #expect(await store.readOperation(key)?.noticed == .dead)
        }
        let read = await store.readOperation(key)
        #expect(read?.operation?.state == .dead && read?.noticed == nil && read?.text == "1")
        #expect(await store.checkout(key, "r3")?.refusal == .dead)
        #expect(await store.pending(key, .consume)?.refusal == .dead)
        #expect(await store.update(key, "2")?.refusal == .dead)

        let open = await store.pending(key, .reopen, type: nil)
        #expect(open?.operation?.state == .open && open?.operation?.attempts == 0)
        #expect(await store.pending(key, .reopen, type: nil)?.refusal == .notDead)
        #expect(await store.checkout(key, "r4")?.operation?.attempts == 1)
        #expect(await store.pending(key, .reopen, type: nil)?.refusal == .notDead)
      }
    }
  }

  @Test(
    "of what is dead can be ended by the last who had it, or by deleting it",
    arguments: ContractStores.all)
  func lastWord(kind: ContractStore) async throws {
    try await kind.run { store in
      for name in ["committed", "deleted"] {
        let key = store.key(name)
        await store.make(key, maxAttempts: 1)
        #expect(await store.checkout(key, "r", forMs: 20)?.grant != nil)
        await store.advance(by: 20)
        #expect(await store.readOperation(key)?.operation?.state == .dead)
        if name == "committed" {
          #expect(await store.commit(key, "other")?.refusal == .leaseLost)
          #expect(await store.commit(key, "r", "5")?.result == "5")
          #expect(await store.readOperation(key)?.refusal == .consumed)
        } else {
          #expect(await store.pending(key, .delete)?.outcome == .done)
          #expect(await store.commit(key, "r")?.refusal == .deleted)
        }
      }
    }
  }

  @Test("keeps what the last release has said, until it is over", arguments: ContractStores.all)
  func lastError(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, "1", maxAttempts: 2)
      for (receipt, error) in [("r1", #""first""#), ("r2", #"{"code":1.10}"#)] {
        #expect(await store.checkout(key, receipt)?.grant != nil)
        let step = PendingStep.release(receipt: receipt, error: ByteBuffer(string: error))
        #expect(await store.pending(key, step)?.operation?.lastError == ByteBuffer(string: error))
      }
      let dead = await store.readOperation(key)?.operation
      #expect(dead?.state == .dead && dead?.lastError == ByteBuffer(string: #"{"code":1.10}"#))
      #expect(await store.pending(key, .reopen, type: nil)?.operation != nil)
      #expect(await store.checkout(key, "r3")?.grant != nil)
      #expect(await store.pending(key, .release(receipt: "r3"))?.operation?.lastError == nil)
    }
  }

  @Test("is given to one of many that race for it", arguments: ContractStores.all)
  func race(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      let key = try #require(stores.first).key("a")
      await stores[0].make(key)
      let grants = await withTaskGroup(of: Int.self) { group in
        for (number, store) in stores.enumerated() {
          group.addTask {
            var granted = 0
            for turn in 0..<25 where await store.checkout(key, "\(number).\(turn)")?.grant != nil {
              granted += 1
            }
            return granted
          }
        }
        return await group.reduce(0, +)
      }
      #expect(grants == 1)
    }
  }

  @Test("lists the dead among other names, part by part", arguments: ContractStores.all)
  func names(kind: ContractStore) async throws {
    try await kind.run { store in
      var dead: Set<StoreKey> = []
      for number in 0..<60 {
        let key = store.key("list:*[?\(number)")
        await store.make(key, maxAttempts: 1)
        guard number % 2 == 0 else { continue }
        #expect(await store.checkout(key, "r")?.grant != nil)
        #expect(await store.pending(key, .release(receipt: "r"))?.operation?.state == .dead)
        dead.insert(key)
      }
      await store.make(store.key("list:x"), maxAttempts: 1)
      let prefix = store.key("list:*[?")
      var found: Set<StoreKey> = []
      var position: UInt64 = 0
      var parts = 0
      repeat {
        let scan = ScanNames(prefix: prefix.bytes, from: position, count: 10, ofRecords: true)
        guard let page = try? await store.perform(.step(scan)).get(ScanNames.self) else {
          Issue.record("the store lists nothing")
          return
        }
        for name in page.names {
          #expect(name.bytes.readableBytesView.starts(with: prefix.bytes.readableBytesView))
        }
        for name in page.names
        where await store.readOperation(name, type: nil)?.operation?.state == .dead {
          found.insert(name)
        }
        position = page.next
        parts += 1
      } while position != 0 && parts < 100_000
      #expect(found == dead)
      #expect(parts > 1)
    }
  }
}
