import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A scan", .timeLimit(.minutes(1)))
struct ScanTests {
  /// What a scan finds from its beginning to its end, each name as often as it came.
  static func names(
    _ store: StoreHarness, _ prefix: StoreKey, count: Int,
    between: (Int) async -> Void = { _ in }
  ) async -> [StoreKey] {
    var found: [StoreKey] = []
    var position: UInt64 = 0
    for step in 0..<100_000 {
      let reply = await store.step(
        ScanNames(prefix: prefix.bytes, from: position, count: count))
      guard case .success(let part) = reply else {
        Issue.record("\(reply)")
        return []
      }
      // A bucket is looked at as a whole; buckets are small.
      #expect(part.names.count <= count + 64)
      found += part.names
      guard part.next != 0 else { return found }
      position = part.next
      await between(step)
    }
    Issue.record("the scan does not end")
    return []
  }

  @Test(
    "finds all names that begin with its prefix, and no others", arguments: ContractStores.all,
    [10, 1000])
  func finds(kind: ContractStore, count: Int) async throws {
    try await kind.run { store in
      let mine = Set((0..<300).map { store.key("mine:\($0)") })
      let others = (0..<300).map { store.key("other:\($0)") }
      for key in Array(mine) + others { await store.put(key, "1", .ms(500_000)) }
      #expect(Set(await Self.names(store, store.key("mine:"), count: count)) == mine)
      #expect(await Self.names(store, store.key("none:"), count: count) == [])
      #expect(
        Set(await Self.names(store, store.key(""), count: count)) == mine.union(others))
    }
  }

  @Test("takes each byte of a prefix for itself", arguments: ContractStores.all)
  func bytes(kind: ContractStore) async throws {
    try await kind.run { store in
      let parts = ["*", "?", "[a-z]", "[^a]", "\\", "\\*", "a\\", "]", "{", "%", "\r\n", "\0", "ä"]
      for part in parts { await store.put(store.key("\(part)tail"), "1", .ms(500_000)) }
      await store.put(store.key("btail"), "1", .ms(500_000))
      for part in parts {
        let names = await Self.names(store, store.key(part), count: 1000)
        let expected = parts.filter { $0.utf8.starts(with: part.utf8) }
        #expect(
          Set(names) == Set(expected.map { store.key("\($0)tail") }), "\(part.debugDescription)")
      }
      let invalid = store.key(bytes: [0xFF, 0x2A])
      await store.put(store.key(bytes: [0xFF, 0x2A, 0x61]), "1", .ms(500_000))
      #expect(
        await Self.names(store, invalid, count: 1000)
          == [store.key(bytes: [0xFF, 0x2A, 0x61])])
    }
  }

  @Test("finds what is there all the while, whatever comes and goes", arguments: ContractStores.all)
  func changes(kind: ContractStore) async throws {
    try await kind.run { store in
      let mine = Set((0..<200).map { store.key("mine:\($0)") })
      for key in mine { await store.put(key, "1", .ms(500_000)) }
      let names = await Self.names(store, store.key("mine:"), count: 20) { step in
        guard step < 20 else { return }
        // The table grows fourfold, and shrinks again.
        let others = (0..<100).map { store.key("other:\(step % 10):\($0)") }
        _ = await store.perform(
          others.map { key in
            step < 10
              ? .set(key, value: ByteBuffer(string: "1"), .ms(500_000), .none) : .remove(key)
          })
      }
      #expect(Set(names) == mine)
    }
  }

  @Test("finds claims and streams as well", arguments: ContractStores.all)
  func kinds(kind: ContractStore) async throws {
    try await kind.run { store in
      let keys = ["value", "claim", "stream"].map { store.key("kind:\($0)") }
      await store.put(keys[0], "1", .ms(500_000))
      _ = await store.take(keys[1], by: Claimant("me"))
      await store.append(["1"], to: keys[2])
      let names = await Self.names(store, store.key("kind:"), count: 1)
      #expect(Set(names) == Set(keys))
    }
  }

  @Test("finds nothing that has gone", arguments: ContractStores.all)
  func gone(kind: ContractStore) async throws {
    try await kind.run { store in
      let keys = (0..<40).map { store.key("\($0)") }
      for key in keys { await store.put(key, "1", .ms(500_000)) }
      for key in keys[..<10] { _ = await store.perform(.remove(key)) }
      for key in keys[10..<20] { _ = await store.perform(.take(key)) }
      for key in keys[20..<30] { _ = await store.perform(.expire(key, .ms(1))) }
      await store.advance(by: 1)
      #expect(Set(await Self.names(store, store.key(""), count: 1000)) == Set(keys[30...]))
      for key in keys { await store.put(key, "2", .ms(500_000)) }
      let again = await Self.names(store, store.key(""), count: 1000)
      #expect(Set(again) == Set(keys))
    }
  }
}
