import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("A counter", .timeLimit(.minutes(1)))
struct CounterTests {
  /// A stored text, a step, its bounds, and what comes of them.
  struct Case: Sendable, CustomStringConvertible {
    let start: String?
    let step: Int64
    let bounds: ClosedRange<Int64>
    let sum: Int64
    let applied: Bool

    init(
      _ start: String?, _ step: Int64, _ sum: Int64,
      within bounds: ClosedRange<Int64> = .min ... .max,
      applied: Bool = true
    ) {
      self.start = start
      self.step = step
      self.bounds = bounds
      self.sum = sum
      self.applied = applied
    }

    var description: String { "\(start ?? "nothing") + \(step) within \(bounds)" }
  }

  static let sums: [Case] = [
    Case(nil, 1, 1), Case(nil, -1, -1), Case(nil, 0, 0), Case(nil, .max, .max),
    Case(nil, .min, .min), Case("0", 5, 5), Case("-5", 5, 0), Case("9", 1, 10),
    Case("10", -1, 9), Case("99", -199, -100),
    // Past 2^53, where a number kept as a double is no longer exact.
    Case("9007199254740992", 1, 9_007_199_254_740_993),
    Case("9007199254740993", 2, 9_007_199_254_740_995),
    Case("-9007199254740992", -1, -9_007_199_254_740_993),
    Case("9223372036854775806", 1, .max), Case("-9223372036854775807", -1, .min),
    Case("9223372036854775807", 0, .max), Case("-9223372036854775808", 0, .min),
    Case("9223372036854775807", .min, -1), Case("-9223372036854775808", .max, -1),
    Case("4611686018427387904", 4_611_686_018_427_387_903, .max),
  ]

  static let overflows: [Case] = [
    Case("9223372036854775807", 1, .max, applied: false),
    Case("-9223372036854775808", -1, .min, applied: false),
    Case("9223372036854775807", .max, .max, applied: false),
    Case("-9223372036854775808", .min, .min, applied: false),
    Case("-1", .min, -1, applied: false), Case("1", .max, 1, applied: false),
    Case("9223372036854775797", 11, 9_223_372_036_854_775_797, applied: false),
  ]

  static let bounded: [Case] = [
    Case(nil, 5, 5, within: 0...5), Case(nil, 6, 0, within: 0...5, applied: false),
    Case(nil, -1, 0, within: 0...5, applied: false), Case(nil, 0, 0, within: 1...5, applied: false),
    Case(nil, 3, 3, within: 3...3), Case("5", 1, 5, within: 0...5, applied: false),
    Case("0", -1, 0, within: 0...5, applied: false), Case("4", 1, 5, within: 0...5),
    Case("100", 1, 100, within: 0...5, applied: false),
    Case("100", -1, 100, within: 0...5, applied: false),
    Case("100", -97, 3, within: 0...5), Case("100", 0, 100, within: 0...5, applied: false),
    Case(
      "9007199254740992", 1, 9_007_199_254_740_992, within: 0...9_007_199_254_740_992,
      applied: false),
    Case("9007199254740992", 1, 9_007_199_254_740_993, within: 0...9_007_199_254_740_993),
    Case("9223372036854775806", 1, .max - 1, within: 0...9_223_372_036_854_775_806, applied: false),
    Case(
      "-9223372036854775807", -1, .min + 1, within: -9_223_372_036_854_775_807...0, applied: false),
  ]

  @Test(
    "adds exactly, or tells what it stays at and changes nothing",
    arguments: ContractStores.all, sums + overflows + bounded)
  func adds(kind: ContractStore, test: Case) async throws {
    try await kind.run { store in
      let key = store.key("counter")
      if let start = test.start { await store.put(key, start, .ms(200_000)) }
      let reply = await store.perform(
        .add(key, by: test.step, within: test.bounds, expiry: .ms(900_000)))
      #expect(reply == .counted(test.sum, applied: test.applied))
      await store.expect(test.applied ? "\(test.sum)" : test.start, under: key)
      if test.start != nil {
        await store.expectLife(200_000, of: key)
      } else if test.applied {
        await store.expectLife(900_000, of: key)
      }
    }
  }

  /// A counter's first expiry and the life that it gets by it; nil is for ever.
  static let lives: [(Expiry, Int64?)] = [
    (.ms(100_000), 100_000), (.never, nil), (.keep(orMs: 300_000), 300_000),
  ]

  @Test("gets a life when it is created and at no other time", arguments: ContractStores.all, lives)
  func creation(kind: ContractStore, life: (expiry: Expiry, milliseconds: Int64?)) async throws {
    try await kind.run { store in
      let key = store.key("counter")
      let bounds: ClosedRange<Int64> = 0...2
      let replies = await store.perform([
        .add(key, by: 1, within: bounds, expiry: life.expiry),
        .add(key, by: 1, within: bounds, expiry: .ms(1)),
        .add(key, by: 1, within: bounds, expiry: .ms(1)),
        .add(key, by: -1, within: bounds, expiry: .never),
      ])
      #expect(
        replies == [
          .counted(1, applied: true), .counted(2, applied: true), .counted(2, applied: false),
          .counted(1, applied: true),
        ])
      await store.expectLife(life.milliseconds, of: key)
    }
  }

  static let notNumbers = [
    "", " ", "abc", "1.0", "1e3", "+1", " 1", "1 ", "1\n", "01", "00", "-0", "-", "--1", "-01",
    "0x10", "\"1\"", "1\0", "null", "9223372036854775808", "-9223372036854775809",
    "99999999999999999999", "18446744073709551616", "１", "123456789012345678901234567890",
  ]

  @Test(
    "is refused, and nothing changed, where the value is not a whole number of 64 bits",
    arguments: ContractStores.all, notNumbers)
  func notNumber(kind: ContractStore, text: String) async throws {
    try await kind.run { store in
      let key = store.key("counter")
      await store.put(key, text, .ms(200_000))
      for step: Int64 in [1, 0, -1] {
        let reply = await store.perform(
          .add(key, by: step, within: .min ... .max, expiry: .ms(900_000)))
        #expect(reply.reason == .storeRefused)
        #expect(reply.refusalCode != nil)
      }
      await store.expect(text, under: key)
      await store.expectLife(200_000, of: key)
    }
  }

  @Test("is a plain value to everything else", arguments: ContractStores.all)
  func plain(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("counter")
      let bounds = Int64.min...Int64.max
      let minusTen = ByteBuffer(string: "-10")
      let replies = await store.perform([
        .add(key, by: -10, within: bounds, expiry: .ms(100_000)), .getMany([key]), .exists(key),
        .set(key, value: ByteBuffer(string: "7"), .never, .matches(etag: ETag.of(minusTen))),
        .add(key, by: 1, within: bounds, expiry: .ms(100_000)), .getWithMeta(key),
        .expire(key, .ms(100_000)), .take(key),
        .add(key, by: 1, within: bounds, expiry: .ms(100_000)),
      ])
      #expect(
        replies == [
          .counted(-10, applied: true), .values([minusTen]), .boolean(true), .done,
          .counted(8, applied: true), .entry(ByteBuffer(string: "8"), ttlMs: nil), .boolean(true),
          .text("8"), .counted(1, applied: true),
        ])
    }
  }

  @Test("that was read stays as it was read when it counts on", arguments: ContractStores.all)
  func snapshot(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("counter")
      let add = StoreCommand.add(key, by: 1, within: 0...99, expiry: .ms(100_000))
      let replies = await store.perform([add, .get(key), add, .get(key), add])
      #expect(replies[1] == .text("1"))
      #expect(replies[3] == .text("2"))
    }
  }

  @Test("loses no step of many at once, over however many links", arguments: ContractStores.all)
  func contended(kind: ContractStore) async throws {
    try await kind.run(links: 4) { stores in
      let key = stores[0].key("contended")
      let adds = Array(
        repeating: StoreCommand.add(key, by: 1, within: 0...900, expiry: .ms(100_000)), count: 250)
      let replies = await withTaskGroup(of: [StoreReply].self) { group in
        for store in stores { group.addTask { await store.perform(adds) } }
        return await group.reduce(into: []) { $0 += $1 }
      }
      let applied = replies.compactMap { reply -> Int64? in
        if case .counted(let sum, applied: true) = reply { sum } else { nil }
      }
      #expect(applied.sorted() == Array(1...900))
      #expect(replies.count { $0 == .counted(900, applied: false) } == 100)
    }
  }
}
