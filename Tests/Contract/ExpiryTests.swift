import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A life", .timeLimit(.minutes(1)))
struct ExpiryTests {
  /// What a value's life was, what the command says of it, and what it is afterwards.
  struct Transition: Sendable, CustomStringConvertible {
    let before: Expiry?
    let expiry: Expiry
    /// In milliseconds; nil is for ever.
    let after: Int64?

    var description: String { "\(before.map { "\($0)" } ?? "nothing") then \(expiry)" }
  }

  static let writes: [Transition] = [
    Transition(before: nil, expiry: .ms(100_000), after: 100_000),
    Transition(before: nil, expiry: .never, after: nil),
    Transition(before: nil, expiry: .keep(orMs: 300_000), after: 300_000),
    Transition(before: .ms(200_000), expiry: .ms(100_000), after: 100_000),
    Transition(before: .ms(200_000), expiry: .ms(900_000), after: 900_000),
    Transition(before: .ms(200_000), expiry: .never, after: nil),
    Transition(before: .ms(200_000), expiry: .keep(orMs: 900_000), after: 200_000),
    Transition(before: .ms(200_000), expiry: .keep(orMs: 1), after: 200_000),
    Transition(before: .never, expiry: .ms(100_000), after: 100_000),
    Transition(before: .never, expiry: .never, after: nil),
    Transition(before: .never, expiry: .keep(orMs: 300_000), after: 300_000),
    Transition(
      before: .never, expiry: .after(.longest), after: TimeToLive.longest.milliseconds),
  ]

  @Test("is what a write makes of it", arguments: ContractStores.all, writes)
  func written(kind: ContractStore, test: Transition) async throws {
    try await kind.run { store in
      let key = store.key("life")
      if let before = test.before { await store.put(key, "old", before) }
      await store.put(key, "new", test.expiry)
      await store.expect("new", under: key)
      await store.expectLife(test.after, of: key)
    }
  }

  static let changes: [Transition] = [
    Transition(before: .ms(200_000), expiry: .ms(100_000), after: 100_000),
    Transition(before: .ms(200_000), expiry: .ms(900_000), after: 900_000),
    Transition(before: .ms(200_000), expiry: .never, after: nil),
    Transition(before: .ms(200_000), expiry: .keep(orMs: 900_000), after: 200_000),
    Transition(before: .never, expiry: .ms(100_000), after: 100_000),
    Transition(before: .never, expiry: .never, after: nil),
    Transition(before: .never, expiry: .keep(orMs: 900_000), after: nil),
    Transition(
      before: .ms(200_000), expiry: .after(.longest), after: TimeToLive.longest.milliseconds),
  ]

  @Test("is changed without touching the value", arguments: ContractStores.all, changes)
  func changed(kind: ContractStore, test: Transition) async throws {
    try await kind.run { store in
      let key = store.key("life")
      if let before = test.before { await store.put(key, "value", before) }
      let reply = await store.perform(.expire(key, test.expiry))
      #expect(reply == .boolean(true))
      await store.expect("value", under: key)
      await store.expectLife(test.after, of: key)
    }
  }

  /// A command on an expired key, and what it has to answer.
  struct Late: Sendable, CustomStringConvertible {
    let description: String
    let command: @Sendable (StoreKey) -> StoreCommand
    let isRight: @Sendable (StoreReply) -> Bool
    /// What is under the key afterwards.
    let after: String?

    init(
      _ description: String, after: String? = nil,
      _ command: @escaping @Sendable (StoreKey) -> StoreCommand,
      _ isRight: @escaping @Sendable (StoreReply) -> Bool
    ) {
      self.description = description
      self.command = command
      self.isRight = isRight
      self.after = after
    }
  }

  static let late: [Late] = [
    Late("get", { .get($0) }, { $0 == .value(nil) }),
    Late("getWithMeta", { .getWithMeta($0) }, { $0 == .value(nil) }),
    Late("getMany", { .getMany([$0, $0]) }, { $0 == .values([nil, nil]) }),
    Late("exists", { .exists($0) }, { $0 == .boolean(false) }),
    Late("remove", { .remove($0) }, { $0 == .boolean(false) }),
    Late("take", { .take($0) }, { $0 == .value(nil) }),
    Late("expire after", { .expire($0, .ms(100_000)) }, { $0 == .boolean(false) }),
    Late("expire never", { .expire($0, .never) }, { $0 == .boolean(false) }),
    Late("expire keep", { .expire($0, .keep(orMs: 100_000)) }, { $0 == .boolean(false) }),
    Late(
      "set when absent", after: "new",
      { .set($0, value: ByteBuffer(string: "new"), .ms(100_000), .absent) }, { $0 == .done }),
    Late(
      "set when present", { .set($0, value: ByteBuffer(), .ms(100_000), .present) },
      { $0.reason == .conflict }),
    Late(
      "set when it matches",
      { key in
        let etag = ETag.of(ByteBuffer(string: "7"))
        return .set(key, value: ByteBuffer(), .ms(100_000), .matches(etag: etag))
      }, { $0.reason == .notFound }),
    Late(
      "set and keep", after: "new",
      { .set($0, value: ByteBuffer(string: "new"), .keep(orMs: 100_000), .none) },
      { $0 == .done }),
    Late(
      "add", after: "1", { .add($0, by: 1, within: 0...9, expiry: .ms(100_000)) },
      { $0 == .counted(1, applied: true) }),
    Late(
      "add past the bounds", { .add($0, by: 8, within: 0...7, expiry: .ms(100_000)) },
      { $0 == .counted(0, applied: false) }),
  ]

  @Test(
    "that is over leaves nothing that a command could meet", arguments: ContractStores.all, late)
  func over(kind: ContractStore, test: Late) async throws {
    try await kind.run { store in
      let key = store.key("over")
      await store.put(key, "7", .ms(30))
      await store.advance(by: 30)
      let reply = await store.perform(test.command(key))
      #expect(test.isRight(reply), "\(reply)")
      await store.expect(test.after, under: key)
      if test.after != nil { await store.expectLife(100_000, of: key) }
    }
  }

  @Test("that was shorter once ends nothing later", arguments: ContractStores.all)
  func prolonged(kind: ContractStore) async throws {
    try await kind.run { store in
      let names = ["rewritten", "prolonged", "kept for ever", "removed first", "taken first"]
      let keys = names.map { store.key($0) }
      let (old, new) = (ByteBuffer(string: "old"), ByteBuffer(string: "new"))
      // The first lives are long enough for the second ones to be given in time, and over after.
      _ = await store.perform(keys.map { .set($0, value: old, .ms(2000), .none) })
      let replies = await store.perform([
        .set(keys[0], value: new, .ms(100_000), .none),
        .set(keys[1], value: new, .ms(2000), .none), .expire(keys[1], .ms(100_000)),
        .set(keys[2], value: new, .never, .none),
        .remove(keys[3]), .set(keys[3], value: new, .ms(100_000), .absent),
        .take(keys[4]), .set(keys[4], value: new, .ms(100_000), .absent),
      ])
      #expect(replies.allSatisfy { $0.reason == nil && $0 != .boolean(false) })
      await store.advance(by: 2000)
      let reply = await store.perform(.getMany(keys))
      #expect(reply == .values(keys.map { _ in new }))
    }
  }

  @Test("that is cut short ends at its new end", arguments: ContractStores.all)
  func shortened(kind: ContractStore) async throws {
    try await kind.run { store in
      let (written, cut) = (store.key("written"), store.key("cut"))
      await store.put(written, "a", .never)
      await store.put(written, "b", .ms(30))
      await store.put(cut, "a", .ms(100_000))
      _ = await store.perform(.expire(cut, .ms(30)))
      await store.advance(by: 30)
      let reply = await store.perform(.getMany([written, cut]))
      #expect(reply == .values([nil, nil]))
    }
  }
}
