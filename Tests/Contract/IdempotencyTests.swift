import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A mutation with an idempotency record", .timeLimit(.minutes(1)))
struct IdempotencyTests {
  /// A mutation, what there is before it, and its answer.
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let before: [UInt8]?
    let reply: StoreReply
    let command: @Sendable (StoreKey) -> StoreCommand

    init(
      _ description: String, bytes before: [UInt8]?, _ reply: StoreReply,
      _ command: @escaping @Sendable (StoreKey) -> StoreCommand
    ) {
      self.description = description
      self.before = before
      self.reply = reply
      self.command = command
    }

    init(
      _ description: String, _ before: String?, _ reply: StoreReply,
      _ command: @escaping @Sendable (StoreKey) -> StoreCommand
    ) {
      self.init(description, bytes: before.map { Array($0.utf8) }, reply, command)
    }
  }

  static let new = ByteBuffer(string: "new")

  static let cases: [Case] = [
    Case("set", "hello", .done) { .set($0, value: new, .ms(900_000), .none) },
    Case("set for ever", "hello", .done) { .set($0, value: new, .never, .none) },
    Case("set and keep", nil, .done) { .set($0, value: new, .keep(orMs: 900_000), .none) },
    Case("set if absent", nil, .done) { .set($0, value: new, .ms(900_000), .absent) },
    Case("set if present", "hello", .done) { .set($0, value: new, .ms(900_000), .present) },
    Case("set if it matches", "hello", .done) {
      .set($0, value: new, .never, .matches(etag: ConditionTests.hello))
    },
    Case("set if absent, in vain", "hello", .failure(RPCError(.conflict))) {
      .set($0, value: new, .ms(900_000), .absent)
    },
    Case("set if present, in vain", nil, .failure(RPCError(.conflict))) {
      .set($0, value: new, .ms(900_000), .present)
    },
    Case("set if it matches, in vain", "other", .failure(RPCError(.conflict))) {
      .set($0, value: new, .never, .matches(etag: ConditionTests.hello))
    },
    Case("set if it matches, where nothing is", nil, .failure(RPCError(.notFound))) {
      .set($0, value: new, .never, .matches(etag: ConditionTests.hello))
    },
    Case("remove", "hello", .boolean(true)) { .remove($0) },
    Case("remove nothing", nil, .boolean(false)) { .remove($0) },
    Case("expire", "hello", .boolean(true)) { .expire($0, .ms(900_000)) },
    Case("expire nothing", nil, .boolean(false)) { .expire($0, .ms(900_000)) },
    Case("expire never", "hello", .boolean(true)) { .expire($0, .never) },
    Case("expire nothing never", nil, .boolean(false)) { .expire($0, .never) },
    Case("expire as it was", "hello", .boolean(true)) { .expire($0, .keep(orMs: 900_000)) },
    Case("take nothing", nil, .value(nil)) { .take($0) },
    Case("add", "41", .counted(42, applied: true)) {
      .add($0, by: 1, within: .min ... .max, expiry: .never)
    },
    Case("add to nothing", nil, .counted(.min, applied: true)) {
      .add($0, by: .min, within: .min ... .max, expiry: .ms(900_000))
    },
    Case("add past 2^53", "9007199254740992", .counted(9_007_199_254_740_993, applied: true)) {
      .add($0, by: 1, within: .min ... .max, expiry: .never)
    },
    Case("add too much", "9", .counted(9, applied: false)) {
      .add($0, by: 1, within: 0...9, expiry: .never)
    },
    Case(
      "add past the end", "9223372036854775807", .counted(.max, applied: false)
    ) { .add($0, by: 1, within: .min ... .max, expiry: .never) },
  ]

  /// Takes of values that a script could take for something else.
  static let takes = ByteCase.values.map { value in
    Case("take \(value)", bytes: value.bytes, .value(ByteBuffer(bytes: value.bytes))) { .take($0) }
  }

  /// The record of a call on a store.
  static func idempotency(
    _ store: StoreHarness, _ call: String = "call", lifeMs: Int64 = 1_000_000
  ) -> IdempotencyRecord {
    IdempotencyRecord(
      name: store.key("record"), fingerprint: Fingerprint(of: ByteBuffer(string: call)),
      life: .ms(lifeMs))
  }

  @Test(
    "is answered as the first time and does nothing again, whatever has happened in between",
    arguments: ContractStores.all, cases + takes)
  func repeated(kind: ContractStore, test: Case) async throws {
    try await kind.run { store in
      let key = store.key("value")
      if let before = test.before {
        let value = ByteBuffer(bytes: before)
        #expect(await store.perform(.set(key, value: value, .ms(500_000), .none)) == .done)
      }
      let command = Self.idempotency(store).keeping(test.command(key), step: 0)
      #expect(await store.perform(command) == test.reply)
      let between = await store.perform(.getWithMeta(key))
      #expect(await store.perform(command) == test.reply)
      #expect(await Self.isSame(store.perform(.getWithMeta(key)), between, store.slackMs))
      await store.put(key, "77", .ms(700_000))
      for _ in 0..<2 { #expect(await store.perform(command) == test.reply) }
      await store.expect("77", under: key)
      await store.expectLife(700_000, of: key)
      #expect(await store.perform(.remove(key)) == .boolean(true))
      #expect(await store.perform(command) == test.reply)
      await store.expect(nil, under: key)
    }
  }

  @Test(
    "does what it does without one", arguments: ContractStores.all, cases)
  func same(kind: ContractStore, test: Case) async throws {
    try await kind.run { store in
      let keys = [store.key("with"), store.key("without")]
      for key in keys {
        guard let before = test.before else { continue }
        let value = ByteBuffer(bytes: before)
        #expect(await store.perform(.set(key, value: value, .ms(500_000), .none)) == .done)
      }
      let with = await store.perform(
        Self.idempotency(store).keeping(test.command(keys[0]), step: 0))
      #expect(await store.perform(test.command(keys[1])) == with)
      let after = await store.perform(keys.map { .getWithMeta($0) })
      #expect(Self.isSame(after[0], after[1], store.slackMs))
    }
  }

  @Test(
    "is refused under the record of another call, at any step", arguments: ContractStores.all,
    cases)
  func mismatch(kind: ContractStore, test: Case) async throws {
    try await kind.run { store in
      let key = store.key("value")
      let first = Self.idempotency(store).keeping(
        .add(store.key("count"), by: 1, within: 0...9, expiry: .never), step: 0)
      #expect(await store.perform(first) == .counted(1, applied: true))
      if let before = test.before {
        let value = ByteBuffer(bytes: before)
        #expect(await store.perform(.set(key, value: value, .ms(500_000), .none)) == .done)
      }
      let before = await store.perform(.getWithMeta(key))
      let other = Self.idempotency(store, "another call")
      for step in [0, 1, 7] {
        let reply = await store.perform(other.keeping(test.command(key), step: step))
        #expect(reply == .failure(RPCError(.idempotencyMismatch)))
      }
      #expect(await Self.isSame(store.perform(.getWithMeta(key)), before, store.slackMs))
      #expect(await store.perform(first) == .counted(1, applied: true))
    }
  }

  @Test("keeps an answer for each step", arguments: ContractStores.all)
  func steps(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("count")
      let idempotency = Self.idempotency(store)
      let add = StoreCommand.add(key, by: 1, within: 0...99, expiry: .never)
      let commands = (0..<20).map { idempotency.keeping(add, step: $0) }
      let replies = await store.perform(commands)
      #expect(replies == (1...20).map { .counted($0, applied: true) })
      #expect(await store.perform(commands.reversed()) == replies.reversed())
      await store.expect("20", under: key)
    }
  }

  @Test("reads what there is now", arguments: ContractStores.all)
  func reads(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("value")
      let idempotency = Self.idempotency(store)
      for text in ["first", "second"] {
        await store.put(key, text, .never)
        let replies = await store.perform(
          [.get(key), .getWithMeta(key), .exists(key), .getMany([key])].map {
            .idempotent(idempotency, $0)
          })
        let value = ByteBuffer(string: text)
        #expect(
          replies == [.text(text), .entry(value, ttlMs: nil), .boolean(true), .values([value])])
      }
    }
  }

  @Test("is done again once the record's life is over", arguments: ContractStores.all)
  func expired(kind: ContractStore) async throws {
    try await kind.run { store in
      let add = StoreCommand.add(store.key("count"), by: 1, within: 0...99, expiry: .never)
      let command = Self.idempotency(store, lifeMs: 20).keeping(add, step: 0)
      #expect(await store.perform(command) == .counted(1, applied: true))
      await store.advance(by: 20)
      #expect(await store.perform(command) == .counted(2, applied: true))
      await store.advance(by: 20)
      // Another call may have the name then.
      let other = Self.idempotency(store, "another call", lifeMs: 20).keeping(add, step: 3)
      #expect(await store.perform(other) == .counted(3, applied: true))
    }
  }

  @Test(
    "is not done again one millisecond before that, however often it is repeated",
    arguments: ContractStores.withInjectedClock)
  func exactLife(kind: ContractStore) async throws {
    try await kind.run { store in
      let add = StoreCommand.add(store.key("count"), by: 1, within: 0...99, expiry: .never)
      let command = Self.idempotency(store, lifeMs: 100).keeping(add, step: 0)
      for _ in 0..<3 {
        let first = await store.perform(command)
        for milliseconds in [40, 59] as [Int64] {
          await store.advance(by: milliseconds)
          #expect(await store.perform(command) == first)
        }
        await store.advance(by: 1)
      }
      await store.expect("3", under: store.key("count"))
    }
  }

  @Test("keeps nothing when the store has refused", arguments: ContractStores.all)
  func refused(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("count")
      await store.put(key, "no number", .never)
      let add = StoreCommand.add(key, by: 1, within: 0...99, expiry: .never)
      for call in ["call", "another call"] {
        let reply = await store.perform(Self.idempotency(store, call).keeping(add, step: 0))
        #expect(reply.reason == .storeRefused)
      }
      await store.put(key, "4", .never)
      let command = Self.idempotency(store).keeping(add, step: 0)
      #expect(await store.perform(command) == .counted(5, applied: true))
      #expect(await store.perform(command) == .counted(5, applied: true))
    }
  }

  @Test("is done once when many links race for it", arguments: ContractStores.all)
  func race(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      for round in 0..<10 {
        let key = stores[0].key("count \(round)")
        let idempotency = IdempotencyRecord(
          name: stores[0].key("record \(round)"),
          fingerprint: Fingerprint(of: ByteBuffer(string: "call")), life: .ms(100_000))
        let add = StoreCommand.add(key, by: 1, within: 0...99, expiry: .never)
        let command = idempotency.keeping(add, step: 0)
        let replies = await withTaskGroup(of: [StoreReply].self) { group in
          for store in stores {
            group.addTask { await store.perform([command, command, command]) }
          }
          return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(replies == Array(repeating: .counted(1, applied: true), count: 12))
        await stores[0].expect("1", under: key)
      }
    }
  }

  /// Whether two looks at a value show the same, but for the time between them.
  private static func isSame(_ left: StoreReply, _ right: StoreReply, _ slackMs: Int64) -> Bool {
    guard case .entry(let value, let ttl?) = left, case .entry(value, let other?) = right else {
      return left == right
    }
    return abs(ttl - other) <= slackMs
  }
}
