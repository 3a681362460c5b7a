import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@testable import CloakroomMethods

@Suite("The receipt of a pending operation's lease", .timeLimit(.minutes(1)))
struct PendingReceiptTests {
  /// Receipts that are not the one that was leased by.
  static let others = ["", "R", "r ", "rr", "s", "\u{0}", "0"]

  @Test(
    "is the only one that gives the operation back", arguments: ContractStores.all, others)
  func release(kind: ContractStore, other: String) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, "1", maxAttempts: 1)
      let lease = try #require(await store.checkout(key, "r"))
      #expect(await store.pending(key, .release(receipt: other))?.refusal == .leaseLost)
      // Nothing has changed: it is leased still, by the same receipt, and commits.
      #expect(await store.readOperation(key)?.operation?.state == .leased)
      #expect(await store.checkout(key, "r")?.grant == lease.grant)
      #expect(await store.commit(key, other)?.refusal == .leaseLost)
      #expect(await store.pending(key, .release(receipt: "r"))?.operation?.state == .dead)
    }
  }

  @Test("is of no use once the lease was given back", arguments: ContractStores.all)
  func afterwards(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, "1")
      #expect(await store.checkout(key, "first")?.grant != nil)
      #expect(await store.pending(key, .release(receipt: "first"))?.operation?.state == .open)
      #expect(await store.pending(key, .release(receipt: "first"))?.refusal == .leaseLost)
      #expect(await store.checkout(key, "second")?.grant != nil)
      // The one before must not take the lease away from the next.
      #expect(await store.pending(key, .release(receipt: "first"))?.refusal == .leaseLost)
      #expect(await store.commit(key, "first")?.refusal == .leaseLost)
      #expect(await store.commit(key, "second", "2")?.result == "2")
    }
  }

  @Test(
    "of a lease that is over gives back what nobody else has had", arguments: ContractStores.all)
  func late(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, "1")
      #expect(await store.checkout(key, "r", forMs: 20)?.grant != nil)
      await store.advance(by: 20)
      #expect(await store.pending(key, .release(receipt: "other"))?.refusal == .leaseLost)
      #expect(await store.pending(key, .release(receipt: "r"))?.operation?.state == .open)
      #expect(await store.commit(key, "r")?.refusal == .leaseLost)
    }
  }

  @Test("is not needed, nor made up, where there never was a lease", arguments: ContractStores.all)
  func never(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      await store.make(key, "1")
      for receipt in ["", "r"] {
        #expect(await store.pending(key, .release(receipt: receipt))?.refusal == .leaseLost)
        #expect(await store.commit(key, receipt)?.refusal == .leaseLost)
      }
      #expect(await store.readOperation(key)?.operation?.state == .open)
    }
  }
}
