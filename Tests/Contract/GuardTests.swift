import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@testable import CloakroomMethods

@Suite("A guard", .timeLimit(.minutes(1)))
struct GuardTests {
  @Test(
    "is had by one caller, and tells the others what has come of it", arguments: ContractStores.all)
  func once(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      #expect(await store.begin(key, "r")?.attempt == 1)
      let rest = try #require(await store.begin(key, "s")?.restMs)
      #expect(rest <= 60_000 && rest >= 60_000 - store.slackMs)
      #expect(await store.complete(key, "r", #"{"n":9007199254740993,"m":1.10}"#)?.result != nil)
      for receipt in ["r", "s"] {
        #expect(
          await store.begin(key, receipt)?.result == #"{"n":9007199254740993,"m":1.10}"#)
      }
    }
  }

  @Test("is another one under every other name", arguments: ContractStores.all)
  func names(kind: ContractStore) async throws {
    try await kind.run { store in
      for name in ByteCase.short {
        #expect(await store.begin(store.key(bytes: name.bytes), "r")?.attempt == 1, "\(name)")
      }
    }
  }

  @Test(
    "is the next caller's once its lock has lapsed, to the millisecond",
    arguments: ContractStores.all)
  func lapse(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      #expect(await store.begin(key, "r", lockMs: 50)?.attempt == 1)
      if store.slackMs == 0 {
        await store.advance(by: 49)
        #expect(await store.begin(key, "s")?.restMs == 1)
        await store.advance(by: 1)
      } else {
        await store.advance(by: 50)
      }
      #expect(await store.begin(key, "s")?.attempt == 2)
      #expect(await store.complete(key, "r")?.refusal == .leaseLost)
      #expect(await store.take(.renew(receipt: "r", lock: nil), on: key)?.refusal == .leaseLost)
      #expect(await store.fail(key, "r")?.refusal == .leaseLost)
      #expect(await store.complete(key, "s", "2")?.result == "2")
    }
  }

  @Test(
    "whose lock has lapsed is completed all the same as long as nobody else has had it",
    arguments: ContractStores.all)
  func late(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      #expect(await store.begin(key, "r", lockMs: 30)?.attempt == 1)
      await store.advance(by: 30)
      #expect(await store.complete(key, "r", "1")?.result == "1")
      // The first answer stands.
      #expect(await store.complete(key, "r", "2")?.result == "1")
      #expect(await store.begin(key, "s")?.result == "1")
    }
  }

  @Test("is forgotten when its life is over", arguments: ContractStores.all)
  func forgotten(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("a")
      #expect(await store.begin(key, "r", "f", ttlMs: 60)?.attempt == 1)
      #expect(await store.complete(key, "r", "1")?.result == "1")
      await store.advance(by: 60)
      #expect(await store.complete(key, "r", "1")?.refusal == .notFound)
      #expect(await store.begin(key, "s", "g")?.attempt == 1)
    }
  }

  /// Pairs of fingerprints that differ, if only by a byte.
  static let fingerprints = [("a", "b"), ("é", "e\u{301}"), ("a", "a "), ("A", "a"), ("a", "a\0")]

  @Test("compares fingerprints by their bytes", arguments: ContractStores.all, fingerprints)
  func compared(kind: ContractStore, pair: (String, String)) async throws {
    try await kind.run { store in
      let key = store.key("a")
      #expect(await store.begin(key, "r", pair.0)?.attempt == 1)
      #expect(await store.begin(key, "s", pair.1)?.refusal == .mismatch)
      #expect(await store.begin(key, "s", pair.0)?.restMs != nil)
      #expect(await store.begin(key, "s", nil)?.restMs != nil)
      #expect(await store.complete(key, "r", "1")?.result == "1")
      #expect(await store.begin(key, "s", pair.1)?.refusal == .mismatch)
      #expect(await store.begin(key, "s", pair.0)?.result == "1")
    }
  }

  @Test("is one caller's of many at once, over several links", arguments: ContractStores.all)
  func race(kind: ContractStore) async throws {
    try await kind.run(links: 2) { stores in
      for round in 0..<20 {
        let key = stores[0].key("a\(round)")
        let outcomes = await withTaskGroup(of: GuardOutcome?.self) { group in
          for caller in 0..<40 {
            group.addTask { await stores[caller % 2].begin(key, "r\(caller)") }
          }
          return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0?.attempt == 1 } == 1)
        #expect(outcomes.count { $0?.restMs != nil } == 39)
      }
    }
  }
}
