import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A step with an idempotency record, on more than a value", .timeLimit(.minutes(1)))
struct IdempotencyStepTests {
  /// A step, what it needs to find, and what is done before it is repeated.
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let before: @Sendable (StoreHarness, StoreKey) async -> Void
    let command: @Sendable (StoreKey) -> StoreCommand
    let between: @Sendable (StoreHarness, StoreKey) async -> Void

    init(
      _ description: String,
      before: @escaping @Sendable (StoreHarness, StoreKey) async -> Void = { _, _ in },
      between: @escaping @Sendable (StoreHarness, StoreKey) async -> Void = { _, _ in },
      _ command: @escaping @Sendable (StoreKey) -> StoreCommand
    ) {
      self.description = description
      self.before = before
      self.command = command
      self.between = between
    }
  }

  private static let mine = Claimant("mine")
  private static let reader = StreamReader(group: "g", consumer: "c")
  private static let portion = StreamPortion(count: 10, bytes: 1 << 20)

  private static let take: @Sendable (StoreKey) -> StoreCommand = { key in
    .step(
      TakeClaim(
        key, ClaimRequest(owner: mine.owner, life: .ms(100_000), ticket: mine.ticket, wait: nil)))
  }

  static let cases: [Case] = [
    Case(
      "take a claim", between: { store, key in _ = await store.release(key, by: mine.owner) }, take),
    Case(
      "ask for a claim in vain",
      before: { store, key in _ = await store.take(key, by: Claimant("other")) },
      between: { store, key in _ = await store.release(key, by: "other") }, take),
    Case(
      "renew a claim", before: { store, key in _ = await store.take(key, by: mine) },
      between: { store, key in _ = await store.release(key, by: mine.owner) }
    ) { .step(RenewClaim($0, owner: mine.owner, life: .ms(200_000), fence: nil)) },
    Case(
      "release a claim", before: { store, key in _ = await store.take(key, by: mine) },
      between: { store, key in _ = await store.take(key, by: Claimant("other")) }
    ) { .step(ReleaseClaim($0, owner: mine.owner, fence: nil)) },
    Case("release what is not held") { .step(ReleaseClaim($0, owner: mine.owner, fence: nil)) },
    Case("append") {
      .step(
        AppendMessage(
          $0, message: ByteBuffer(string: "[]"), limit: nil, life: .atLeast(.ms(900_000))))
    },
    Case("make a group") { .step(EnsureGroup($0, group: "g", from: .end, life: .ms(900_000))) },
    Case(
      "read",
      before: { store, key in
        await store.append(["1", "2"], to: key)
        await store.group("g", on: key)
      },
      between: { store, key in await store.append(["3"], to: key) }
    ) { .step(ReadMessages($0, reader, portion)) },
    Case(
      "reclaim",
      before: { store, key in
        await store.append(["1", "2"], to: key)
        await store.group("g", on: key)
        _ = await store.step(
          ReadMessages(key, StreamReader(group: "g", consumer: "gone"), portion))
      },
      between: { store, key in await store.append(["3"], to: key) }
    ) { .step(ReclaimMessages($0, reader, portion, minIdleMs: 0, maxDeliveries: nil)) },
    Case(
      "reclaim what was handed over too often",
      before: { store, key in
        await store.append(["1", "2"], to: key)
        await store.group("g", on: key)
        _ = await store.step(
          ReadMessages(key, StreamReader(group: "g", consumer: "gone"), portion))
      }
    ) { .step(ReclaimMessages($0, reader, portion, minIdleMs: 0, maxDeliveries: 1)) },
    Case("publish") { .publish($0, ByteBuffer(string: "news")) },
    Case("publish by no definition") {
      .step(PublishDefined($0, ByteBuffer(string: "news"), digest: "", life: .ms(900_000)))
    },
  ]

  @Test(
    "is answered as the first time, whatever has happened in between",
    arguments: ContractStores.all, cases)
  func repeated(kind: ContractStore, test: Case) async throws {
    try await kind.run { store in
      let key = store.key("of-a-step")
      await test.before(store, key)
      let command = IdempotencyTests.idempotency(store).keeping(test.command(key), step: 0)
      let first = await store.perform(command)
      await test.between(store, key)
      #expect(await store.perform(command) == first)
    }
  }

  @Test("is done once", arguments: ContractStores.all)
  func doneOnce(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("appended")
      let append = StoreCommand.step(
        AppendMessage(
          key, message: ByteBuffer(string: "[]"), limit: nil, life: .atLeast(.ms(900_000))))
      for _ in 0..<3 {
        _ = await store.perform(IdempotencyTests.idempotency(store).keeping(append, step: 0))
      }
      #expect(await store.length(key) == 1)
    }
  }

  @Test("is tried again as long as it came to nothing", arguments: ContractStores.all)
  func unfinished(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("read")
      await store.append([], to: key)
      await store.group("g", on: key)
      let read = IdempotencyTests.idempotency(store).keeping(
        .step(ReadMessages(key, Self.reader, Self.portion)), step: 0)
      #expect(await store.perform(read).result(of: ReadMessages.self) == .success([]))
      let ids = await store.append(["1"], to: key)
      for _ in 0..<2 {
        let messages = try await store.perform(read).get(ReadMessages.self)
        #expect(messages.map(\.id) == ids)
      }
    }
  }

  @Test("is refused to another call", arguments: ContractStores.all)
  func mismatch(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("other")
      _ = await store.perform(
        IdempotencyTests.idempotency(store, "one").keeping(Self.take(key), step: 0))
      let reply = await store.perform(
        IdempotencyTests.idempotency(store, "two").keeping(Self.take(key), step: 0))
      guard case .failure(let error) = reply else {
        Issue.record("\(reply)")
        return
      }
      #expect(error.reason == .idempotencyMismatch)
    }
  }
}
