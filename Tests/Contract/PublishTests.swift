import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("Publishing under a definition", .timeLimit(.minutes(1)))
struct PublishTests {
  static let definition = String(repeating: "d", count: ETag.length) + "the rest"
  static let digest = String(repeating: "d", count: ETag.length)
  static let other = String(repeating: "o", count: ETag.length)

  static func publish(_ key: StoreKey, digest: String) -> PublishDefined {
    PublishDefined(key, ByteBuffer(string: "m"), digest: digest, life: .ms(1_000_000))
  }

  @Test(
    "publishes where there is none, whatever it was made by", arguments: ContractStores.all)
  func undefined(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("undefined")
      for digest in ["", Self.digest] {
        #expect(await store.step(Self.publish(key, digest: digest)) == .success(.published(0)))
      }
      #expect(await store.perform(.exists(key)) == .boolean(false))
    }
  }

  @Test(
    "publishes what was made by it, and begins its life anew", arguments: ContractStores.all)
  func current(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("current")
      await store.put(key, Self.definition, .ms(100_000))
      #expect(await store.step(Self.publish(key, digest: Self.digest)) == .success(.published(0)))
      await store.expectLife(1_000_000, of: key)
    }
  }

  @Test("answers with it what was made by another or by none", arguments: ContractStores.all)
  func stale(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("stale")
      await store.put(key, Self.definition, .ms(100_000))
      for digest in ["", Self.other] {
        let reply = await store.step(Self.publish(key, digest: digest))
        #expect(reply == .success(.definition(ByteBuffer(string: Self.definition))))
      }
      // What was not published by it does not begin its life anew.
      guard case .entry(_, let rest?) = await store.perform(.getWithMeta(key)) else {
        Issue.record("it is gone")
        return
      }
      #expect(rest <= 100_000)
    }
  }

  @Test("publishes nothing but what was made by it", arguments: ContractBus.all)
  func heard(kind: ContractBus) async throws {
    try await kind.run { buses, store in
      let key = store.key("heard")
      let id = try await buses[0].subscribe(.name(key))
      await store.put(key, Self.definition, .ms(100_000))
      _ = await store.step(Self.publish(key, digest: Self.other))
      #expect(await store.step(Self.publish(key, digest: Self.digest)) == .success(.published(1)))
      _ = await store.perform(.publish(key, ByteBuffer(string: "end")))
      try await buses[0].wait(for: "the end") { $0.count == 3 }
      #expect(try await buses[0].messages(id) == ["m", "end"])
    }
  }
}
