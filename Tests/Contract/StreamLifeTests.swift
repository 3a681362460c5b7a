import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A stream's life", .timeLimit(.minutes(1)))
struct StreamLifeTests {
  /// What appends say of the life, one after the other, and whether the stream is there 200 ms later.
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let lives: [StreamLife]
    let stays: Bool

    init(_ description: String, _ lives: [StreamLife], stays: Bool) {
      self.description = description
      self.lives = lives
      self.stays = stays
    }
  }

  private static let short = TimeToLive.ms(100)
  private static let long = TimeToLive.ms(900_000)

  static let cases: [Case] = [
    Case("begins with the first append", [.atLeast(short)], stays: false),
    Case("begins with a keep", [.set(.keep(otherwise: short))], stays: false),
    Case("is prolonged", [.atLeast(short), .atLeast(long)], stays: true),
    Case("is not cut short unasked", [.atLeast(long), .atLeast(short)], stays: true),
    Case("is cut short", [.atLeast(long), .set(.after(short))], stays: false),
    Case("is kept", [.atLeast(short), .set(.keep(otherwise: long))], stays: false),
    Case("is kept, long", [.atLeast(long), .set(.keep(otherwise: short))], stays: true),
    Case("has no end", [.atLeast(short), .set(.never)], stays: true),
    Case("without end has none", [.set(.never), .atLeast(short)], stays: true),
    Case("without end gets one", [.set(.never), .set(.after(short))], stays: false),
    Case(
      "without end gets one by a keep", [.set(.never), .set(.keep(otherwise: short))], stays: false),
  ]

  @Test("is what the last append makes of it", arguments: ContractStores.all, cases)
  func appends(kind: ContractStore, test: Case) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      // All at once: no life may end before the last of them.
      let message = ByteBuffer(string: "m")
      let replies = await store.perform(
        test.lives.map { .step(AppendMessage(key, message: message, limit: nil, life: $0)) })
      #expect(replies.allSatisfy { $0.reason == nil })
      await store.advance(by: 200)
      #expect(await store.length(key) == (test.stays ? Int64(test.lives.count) : 0))
    }
  }

  @Test("takes its groups along, and a new stream has new ids", arguments: ContractStores.all)
  func groups(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      let ensure = EnsureGroup(key, group: "g", from: .after(.zero), life: Self.short)
      #expect(await store.step(ensure) == .boolean(true))
      let old = await store.append(["old"], to: key, life: .atLeast(Self.short))
      await store.advance(by: 200)
      #expect(await store.read(key) == nil)
      #expect(await store.acknowledge(key, old) == 0)
      #expect(await store.step(ensure) == .boolean(true))
      let new = await store.append(["new"], to: key)
      #expect(old[0] < new[0])
      #expect(await store.read(key)?.texts == ["new"])
    }
  }

  @Test("is not touched by a group that joins", arguments: ContractStores.all)
  func ensure(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      await store.append(["m"], to: key)
      let brief = EnsureGroup(key, group: "g", from: .end, life: Self.short)
      #expect(await store.step(brief) == .boolean(true))
      await store.advance(by: 200)
      #expect(await store.length(key) == 1)
      await store.append(["m"], to: key, life: .set(.after(Self.short)))
      await store.group("h", on: key)
      await store.advance(by: 200)
      #expect(await store.length(key) == 0)
    }
  }

  @Test(
    "is that of its dead letters too", arguments: ContractStores.all,
    [StreamLife.set(.after(.ms(2000))), .set(.never)])
  func deadLetters(kind: ContractStore, life: StreamLife) async throws {
    try await kind.run { store in
      let key = store.key("stream")
      await store.group("g", on: key)
      await store.append(["m"], to: key, life: life)
      _ = await store.read(key)
      #expect(await store.reclaim(key, by: "b", maxDeliveries: 1)?.deadLettered == 1)
      #expect(await store.length(key.deadLetters) == 1)
      await store.advance(by: 2100)
      let rest: Int64 = life == .set(.never) ? 1 : 0
      #expect(await store.length(key.deadLetters) == rest)
      #expect(await store.length(key) == rest)
    }
  }

  @Test("is no business of what is no stream", arguments: [ContractStores.redis])
  func wrongType(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("text")
      await store.put(key, "a", .ms(100_000))
      let reader = StreamReader(group: "g", consumer: "c")
      let portion = StreamPortion(count: 1, bytes: 1)
      let steps: [any StoreStep] = [
        AppendMessage(key, message: ByteBuffer(string: "m"), limit: nil, life: .set(.never)),
        EnsureGroup(key, group: "g", from: .end, life: Self.short),
        ReadMessages(key, reader, portion), AcknowledgeMessages(key, group: "g", [.zero]),
        InspectGroup(key, group: "g"), CountMessages(key),
        ReclaimMessages(key, reader, portion, minIdleMs: 0, maxDeliveries: 1),
      ]
      for step in steps {
        let reply = await store.perform(.step(step))
        #expect(reply.reason == .storeRefused && reply.refusalCode == "WRONGTYPE", "\(step)")
      }
      await store.expect("a", under: key)
      await store.expectLife(100_000, of: key)
    }
  }
}
