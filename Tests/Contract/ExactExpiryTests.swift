import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A life, to the millisecond", .timeLimit(.minutes(1)))
struct ExactExpiryTests {
  static let lives: [Int64] = [1, 2, 999, 1000, 86_400_000, TimeToLive.longest.milliseconds]

  @Test(
    "lasts as long as it was given and not one millisecond more",
    arguments: ContractStores.withInjectedClock, lives)
  func boundary(kind: ContractStore, life: Int64) async throws {
    try await kind.run { store in
      let key = store.key("boundary")
      await store.put(key, "value", .ms(life))
      await store.expectLife(life, of: key)
      await store.advance(by: life - 1)
      await store.expect("value", under: key)
      await store.expectLife(1, of: key)
      await store.advance(by: 1)
      await store.expect(nil, under: key)
    }
  }

  @Test("that is kept goes on running", arguments: ContractStores.withInjectedClock)
  func kept(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("kept")
      await store.put(key, "old", .ms(100))
      await store.advance(by: 40)
      await store.put(key, "new", .keep(orMs: 1000))
      await store.expectLife(60, of: key)
      await store.advance(by: 30)
      _ = await store.perform(.expire(key, .keep(orMs: 1000)))
      await store.expectLife(30, of: key)
      await store.advance(by: 30)
      await store.expect(nil, under: key)
      await store.put(key, "again", .keep(orMs: 1000))
      await store.expectLife(1000, of: key)
    }
  }

  @Test("begins anew with each write that gives one", arguments: ContractStores.withInjectedClock)
  func renewed(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("renewed")
      await store.put(key, "old", .ms(100))
      await store.advance(by: 99)
      await store.put(key, "new", .ms(100))
      await store.advance(by: 99)
      _ = await store.perform(.expire(key, .ms(100)))
      await store.advance(by: 99)
      await store.expect("new", under: key)
      await store.advance(by: 1)
      await store.expect(nil, under: key)
    }
  }

  @Test(
    "of a counter runs from its creation, whatever is added",
    arguments: ContractStores.withInjectedClock)
  func counter(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("counter")
      let add = StoreCommand.add(key, by: 1, within: 0...9, expiry: .ms(100))
      #expect(await store.perform(add) == .counted(1, applied: true))
      await store.advance(by: 99)
      #expect(await store.perform(add) == .counted(2, applied: true))
      await store.expectLife(1, of: key)
      await store.advance(by: 1)
      #expect(await store.perform(add) == .counted(1, applied: true))
      await store.expectLife(100, of: key)
    }
  }

  @Test("is not shortened by a write that fails", arguments: ContractStores.withInjectedClock)
  func failed(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("failed")
      await store.put(key, "value", .ms(100))
      let reply = await store.perform(.set(key, value: ByteBuffer(), .ms(1), .absent))
      #expect(reply.reason == .conflict)
      await store.advance(by: 99)
      await store.expect("value", under: key)
    }
  }

  @Test("never ends when it has no end", arguments: ContractStores.withInjectedClock)
  func never(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("never")
      await store.put(key, "value", .never)
      await store.advance(by: 1000 * TimeToLive.longest.milliseconds)
      await store.expect("value", under: key)
      await store.expectLife(nil, of: key)
    }
  }
}
