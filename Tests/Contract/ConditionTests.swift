import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A condition on a write", .timeLimit(.minutes(1)))
struct ConditionTests {
  /// A condition, what there is before, and how the write has to end.
  struct Case: Sendable, CustomStringConvertible {
    let condition: SetCondition
    let before: String?
    let failure: Reason?

    var description: String { "\(condition) over \(before ?? "nothing")" }
  }

  /// The SHA-1 of "hello", as every tool tells it.
  static let hello = "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"
  /// The SHA-1 of nothing at all.
  static let empty = "da39a3ee5e6b4b0d3255bfef95601890afd80709"

  static let cases: [Case] = [
    Case(condition: .none, before: nil, failure: nil),
    Case(condition: .none, before: "hello", failure: nil),
    Case(condition: .absent, before: nil, failure: nil),
    Case(condition: .absent, before: "hello", failure: .conflict),
    Case(condition: .absent, before: "", failure: .conflict),
    Case(condition: .present, before: nil, failure: .conflict),
    Case(condition: .present, before: "hello", failure: nil),
    Case(condition: .present, before: "", failure: nil),
    Case(condition: .matches(etag: hello), before: nil, failure: .notFound),
    Case(condition: .matches(etag: hello), before: "hello", failure: nil),
    Case(condition: .matches(etag: hello), before: "Hello", failure: .conflict),
    Case(condition: .matches(etag: hello), before: "", failure: .conflict),
    Case(condition: .matches(etag: empty), before: "", failure: nil),
    Case(condition: .matches(etag: empty), before: nil, failure: .notFound),
    Case(condition: .matches(etag: ""), before: "hello", failure: .conflict),
    Case(condition: .matches(etag: ""), before: nil, failure: .notFound),
    Case(condition: .matches(etag: hello + "0"), before: "hello", failure: .conflict),
    Case(condition: .matches(etag: String(hello.dropLast())), before: "hello", failure: .conflict),
  ]

  @Test(
    "lets the write through or leaves value and life as they are",
    arguments: ContractStores.all, cases)
  func conditions(kind: ContractStore, test: Case) async throws {
    try await kind.run { store in
      let key = store.key("condition")
      if let before = test.before { await store.put(key, before, .ms(200_000)) }
      let reply = await store.perform(
        .set(key, value: ByteBuffer(string: "new"), .ms(900_000), test.condition))
      #expect(reply.reason == test.failure)
      if test.failure == nil {
        #expect(reply == .done)
        await store.expect("new", under: key)
        await store.expectLife(900_000, of: key)
      } else {
        await store.expect(test.before, under: key)
        if test.before != nil { await store.expectLife(200_000, of: key) }
      }
    }
  }

  @Test(
    "on the etag holds for each expiry alike", arguments: ContractStores.all,
    [Expiry.ms(100_000), .never, .keep(orMs: 100_000)])
  func everyExpiry(kind: ContractStore, expiry: Expiry) async throws {
    try await kind.run { store in
      let key = store.key("etag")
      await store.put(key, "hello", .ms(100_000))
      let new = ByteBuffer(string: "new")
      let replies = await store.perform([
        .set(key, value: new, expiry, .matches(etag: Self.empty)),
        .set(key, value: new, expiry, .absent),
        .get(key),
        .set(key, value: new, expiry, .matches(etag: Self.hello)),
        .set(key, value: new, expiry, .matches(etag: Self.hello)),
        .set(key, value: new, expiry, .present),
      ])
      #expect(replies.map(\.reason) == [.conflict, .conflict, nil, nil, .conflict, nil])
      #expect(replies[2] == .text("hello"))
      let life: Int64? = if case .never = expiry { nil } else { 100_000 }
      await store.expectLife(life, of: key)
    }
  }

  @Test("on the etag follows the bytes through every change", arguments: ContractStores.all)
  func etagChanges(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("etag")
      var etag = ETag.of(ByteBuffer(string: "0"))
      await store.put(key, "0", .ms(100_000))
      for number in 1...20 {
        let next = ByteBuffer(string: "\(number)")
        let replies = await store.perform([
          .set(key, value: next, .keep(orMs: 1), .matches(etag: etag)),
          .set(key, value: next, .keep(orMs: 1), .matches(etag: etag)),
        ])
        #expect(replies.map(\.reason) == [nil, .conflict])
        etag = ETag.of(next)
      }
      let sum = await store.perform(.add(key, by: 1, within: 0...99, expiry: .never))
      #expect(sum == .counted(21, applied: true))
      let stale = await store.perform(
        .set(key, value: ByteBuffer(), .never, .matches(etag: etag)))
      #expect(stale.reason == .conflict)
      await store.put(key, "20", .keep(orMs: 1))
      let again = await store.perform(
        .set(key, value: ByteBuffer(), .never, .matches(etag: etag)))
      #expect(again == .done)
    }
  }

  @Test("lets one of many writers through, over however many links", arguments: ContractStores.all)
  func contended(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      let writers = stores + stores + stores + stores
      let fresh = stores[0].key("absent")
      let known = stores[0].key("etag")
      await stores[0].put(known, "hello", .ms(100_000))
      for (key, condition) in [(fresh, SetCondition.absent), (known, .matches(etag: Self.hello))] {
        let replies = await withTaskGroup(of: StoreReply.self) { group in
          for (number, store) in writers.enumerated() {
            let value = ByteBuffer(string: "writer \(number)")
            group.addTask {
              await store.perform(.set(key, value: value, .ms(100_000), condition))
            }
          }
          return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies.count { $0 == .done } == 1)
        #expect(replies.count { $0.reason == .conflict } == writers.count - 1)
      }
    }
  }
}
