import CloakroomStore
import NIOCore
import Testing

@testable import Cloakroom

@Suite("Which values were long of late", .timeLimit(.minutes(1)))
struct LongValuesTests {
  private static func key(_ text: String) -> StoreKey { StoreKey(bytes: ByteBuffer(string: text)) }

  private static func length(_ key: StoreKey, in values: LongValues) -> Int {
    values.length(of: values.name(of: key))
  }

  @Test(
    "a long one is known by the power of two that it is not longer than",
    arguments: [
      (0, 0), (4096, 0), (4097, 8192), (8192, 8192), (8193, 16384), (1_000_000, 1 << 20),
      (Int(UInt32.max), 1 << 31), (Int.max, 1 << 31),
    ])
  func lengths(bytes: Int, known: Int) {
    let values = LongValues()
    #expect(!values.isUsed)
    values.saw(Self.key("cloakroom:default:kv:a"), bytes: bytes)
    #expect(Self.length(Self.key("cloakroom:default:kv:a"), in: values) == known)
    #expect(Self.length(Self.key("cloakroom:default:kv:b"), in: values) == 0)
    #expect(values.isUsed == (known > 0))
  }

  @Test("one that is short, or no longer there, is forgotten", arguments: [0, 1, 4096])
  func forgetting(bytes: Int) {
    let values = LongValues()
    let key = Self.key("a")
    values.saw(key, bytes: 1_000_000)
    values.saw(key, bytes: bytes)
    #expect(Self.length(key, in: values) == 0)
  }

  @Test(
    "what is known by what a command writes, and to what it reads",
    arguments: [
      StoreCommand.get(key("a")), .getWithMeta(key("a")), .take(key("a")),
      .idempotent(
        IdempotencyRecord(
          name: key("i"), fingerprint: Fingerprint(of: ByteBuffer(string: "f")),
          life: .longest), .take(key("a"))),
    ])
  func commands(reading: StoreCommand) {
    let values = LongValues()
    let long = ByteBuffer(repeating: 1, count: 100_000)
    values.saw(.set(Self.key("a"), value: long, .never, .none))
    #expect(values.length(of: values.value(of: reading)) == 131_072)
    #expect(!values.value(of: .remove(Self.key("a"))).isSome)
  }

  @Test("names of any length are told from each other")
  func names() {
    let keys = (0..<64).map { Self.key(String(repeating: "n", count: $0)) }
    for (number, key) in keys.enumerated() {
      let values = LongValues()
      values.saw(key, bytes: 5000)
      #expect(keys.map { Self.length($0, in: values) > 0 } == keys.indices.map { $0 == number })
    }
  }

  @Test("short ones are taken for long ones next to never, however many there are")
  func others() {
    let values = LongValues()
    for number in 0..<100_000 { values.saw(Self.key("long:\(number)"), bytes: 1_000_000) }
    let wrong = (0..<100_000).count { Self.length(Self.key("short:\($0)"), in: values) > 0 }
    #expect(wrong < 20)
    let known = (99_000..<100_000).count { Self.length(Self.key("long:\($0)"), in: values) > 0 }
    #expect(known > 800, "of the last thousand, some of which share a place")
  }
}
