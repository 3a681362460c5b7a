import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("The order of commands", .timeLimit(.minutes(1)))
struct OrderTests {
  @Test(
    "is the order of their submission, of whatever kind they are", arguments: ContractStores.all)
  func mixed(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("ordered")
      let one = ByteBuffer(string: "1")
      let two = ByteBuffer(string: "2")
      let bounds = Int64.min...Int64.max
      let replies = await store.perform([
        .set(key, value: one, .never, .absent), .get(key),
        .set(key, value: two, .never, .matches(etag: ETag.of(one))), .get(key),
        .add(key, by: 40, within: bounds, expiry: .never), .getMany([key, key]),
        .take(key), .exists(key),
        .add(key, by: -1, within: bounds, expiry: .never), .get(key),
        .remove(key), .getWithMeta(key),
      ])
      let sum = ByteBuffer(string: "42")
      #expect(
        replies == [
          .done, .value(one), .done, .value(two), .counted(42, applied: true),
          .values([sum, sum]), .value(sum), .boolean(false), .counted(-1, applied: true),
          .text("-1"), .boolean(true), .value(nil),
        ])
    }
  }

  @Test("holds for a thousand commands on their way at once", arguments: ContractStores.all)
  func pipelined(kind: ContractStore) async throws {
    try await kind.run { store in
      let keys = (0..<7).map { store.key("\($0)") }
      let commands = (0..<1000).map { number in
        StoreCommand.add(keys[number % 7], by: 1, within: 0...1000, expiry: .ms(100_000))
      }
      let replies = await store.perform(commands)
      let wanted = (0..<1000).map { StoreReply.counted(Int64($0 / 7 + 1), applied: true) }
      #expect(replies == wanted)
    }
  }

  @Test("is not upset by a large value between small ones", arguments: ContractStores.all)
  func largeBetweenSmall(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("value")
      let large = ByteBuffer(repeating: 0x78, count: 1_048_576)
      let small = ByteBuffer(string: "s")
      let replies = await store.perform([
        .set(key, value: small, .never, .none), .set(key, value: large, .never, .none), .get(key),
        .set(key, value: small, .never, .none), .get(key), .ping,
      ])
      #expect(replies == [.done, .done, .value(large), .done, .value(small), .done])
    }
  }

  @Test("has one reply for each ticket", arguments: ContractStores.all)
  func tickets(kind: ContractStore) async throws {
    try await kind.run { store in
      let key = store.key("ticket")
      for _ in 0..<50 { _ = await store.perform([.get(key), .ping, .remove(key)]) }
      let stray = try await store.strayReplies
      #expect(stray == 0)
    }
  }
}
