import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A store", .timeLimit(.minutes(1)))
struct ReadingAndWritingTests {
  @Test("answers a ping", arguments: ContractStores.all)
  func ping(kind: ContractStore) async throws {
    try await kind.run { store in
      let reply = await store.perform(.ping)
      #expect(reply == .done)
    }
  }

  @Test(
    "gives every value back byte for byte, in each way of reading",
    arguments: ContractStores.all, ByteCase.values)
  func values(kind: ContractStore, value: ByteCase) async throws {
    try await kind.run { store in
      let key = store.key("value")
      let bytes = ByteBuffer(bytes: value.bytes)
      let replies = await store.perform([
        .set(key, value: bytes, .never, .none), .get(key), .getWithMeta(key), .getMany([key]),
        .exists(key), .take(key), .get(key),
      ])
      #expect(
        replies == [
          .done, .value(bytes), .entry(bytes, ttlMs: nil), .values([bytes]), .boolean(true),
          .value(bytes), .value(nil),
        ])
    }
  }

  @Test(
    "takes keys of any bytes and mistakes none for another",
    arguments: ContractStores.all)
  func keys(kind: ContractStore) async throws {
    try await kind.run { store in
      let keys = ByteCase.keys.map { store.key(bytes: $0.bytes) }
      for (number, key) in keys.enumerated() { await store.put(key, "\(number)", .ms(100_000)) }
      let reply = await store.perform(.getMany(keys))
      #expect(reply == .values(keys.indices.map { ByteBuffer(string: "\($0)") }))
      for (number, key) in keys.enumerated() {
        let replies = await store.perform([.remove(key), .exists(key)])
        #expect(replies == [.boolean(true), .boolean(false)])
        let others = await store.perform(keys.dropFirst(number + 1).map { .exists($0) })
        #expect(others.allSatisfy { $0 == .boolean(true) })
      }
    }
  }

  @Test("has nothing under a key that was never written", arguments: ContractStores.all)
  func absent(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("absent")
      let replies = await store.perform([
        .get(key), .getWithMeta(key), .exists(key), .remove(key), .take(key), .getMany([key]),
        .expire(key, .ms(100_000)), .expire(key, .never), .expire(key, .keep(orMs: 100_000)),
        .exists(key),
      ])
      #expect(
        replies == [
          .value(nil), .value(nil), .boolean(false), .boolean(false), .value(nil), .values([nil]),
          .boolean(false), .boolean(false), .boolean(false), .boolean(false),
        ])
    }
  }

  @Test(
    "keeps a value as it was written, whatever becomes of the buffers",
    arguments: ContractStores.all)
  func buffers(kind: ContractStore) async throws {
    try await kind.run { store in
      var whole = ByteBuffer(string: "before value after")
      whole.moveReaderIndex(forwardBy: 7)
      let value = try #require(whole.getSlice(at: whole.readerIndex, length: 5))
      let key = store.key("slice")
      let written = await store.perform(.set(key, value: value, .never, .none))
      #expect(written == .done)
      whole.setString("XXXXX", at: 7)
      guard case .value(var read?) = await store.perform(.get(key)) else {
        Issue.record("the value is not there")
        return
      }
      #expect(String(buffer: read) == "value")
      read.setString("YYYYY", at: read.readerIndex)
      read.writeString("more")
      await store.expect("value", under: key)
    }
  }

  @Test("removes and takes a value once", arguments: ContractStores.all)
  func once(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("once")
      await store.put(key, "a", .never)
      let removals = await store.perform([.remove(key), .remove(key), .get(key)])
      #expect(removals == [.boolean(true), .boolean(false), .value(nil)])
      await store.put(key, "b", .ms(100_000))
      let takes = await store.perform([.take(key), .take(key), .exists(key)])
      #expect(takes == [.text("b"), .value(nil), .boolean(false)])
    }
  }

  @Test("gives a value to one taker only, over however many links", arguments: ContractStores.all)
  func takers(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      let key = stores[0].key("contended")
      for round in 0..<8 {
        await stores[0].put(key, "\(round)", .ms(100_000))
        let takers = stores + stores + stores + stores
        let taken = await withTaskGroup(of: StoreReply.self) { group in
          for store in takers { group.addTask { await store.perform(.take(key)) } }
          return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(taken.count { $0 == .text("\(round)") } == 1)
        #expect(taken.count { $0 == .value(nil) } == takers.count - 1)
      }
    }
  }

  @Test(
    "reads many values in the order of the keys, with misses and the same key twice",
    arguments: ContractStores.all)
  func many(kind: ContractStore) async throws {
    try await kind.run { store in
      let (first, second, absent) = (store.key("first"), store.key("second"), store.key("absent"))
      await store.put(first, "1", .never)
      await store.put(second, "", .ms(100_000))
      let reply = await store.perform(
        .getMany([second, absent, first, first, absent, second]))
      let (one, empty) = (ByteBuffer(string: "1"), ByteBuffer())
      #expect(reply == .values([empty, nil, one, one, nil, empty]))
      let none = await store.perform(.getMany([]))
      #expect(none == .values([]))
    }
  }

  @Test("reads a thousand values at once", arguments: ContractStores.all)
  func thousand(kind: ContractStore) async throws {
    try await kind.run { store in
      let keys = (0..<1000).map { store.key("\($0)") }
      let written = await store.perform(
        keys.enumerated().map { number, key in
          .set(key, value: ByteBuffer(string: "value \(number)"), .ms(100_000), .none)
        })
      #expect(written.allSatisfy { $0 == .done })
      let reply = await store.perform(.getMany(keys))
      #expect(reply == .values((0..<1000).map { ByteBuffer(string: "value \($0)") }))
    }
  }
}
