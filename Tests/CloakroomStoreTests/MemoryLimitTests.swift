import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("The byte limit of the store in memory", .timeLimit(.minutes(1)))
struct MemoryLimitTests {
  /// What an entry with a key and a value of 8 bytes each is charged for.
  static let entry = MemoryStore.overheadPerEntry + 16

  @Test("counts keys, values and the overhead of each entry, and gives all of it back")
  func accounts() {
    let store = MemoryStore(byteLimit: 1 << 20)
    #expect(store.put("eight by", bytes: 8, .never) == .done)
    #expect(store.stats.bytes == Self.entry)
    #expect(store.put("eight by", bytes: 1024, .never) == .done)
    #expect(store.stats.bytes == MemoryStore.overheadPerEntry + 8 + 1024)
    #expect(store.put("eight by", bytes: 0, .never) == .done)
    #expect(store.stats.bytes == MemoryStore.overheadPerEntry + 8)
    #expect(store.perform(.remove(StoreKey("eight by"))) == .boolean(true))
    #expect(store.stats.bytes == 0)
  }

  /// Ways for an entry of 100 milliseconds to go.
  static let ends: [(String, @Sendable (MemoryStore, TestClock) -> Void)] = [
    ("removed", { store, _ in _ = store.perform(.remove(StoreKey("key"))) }),
    ("taken", { store, _ in _ = store.perform(.take(StoreKey("key"))) }),
    (
      "met after its time",
      { store, clock in
        clock.advance(by: 100)
        _ = store.perform(.get(StoreKey("key")))
      }
    ),
    (
      "swept",
      { store, clock in
        clock.advance(by: 100)
        store.sweep(limit: 10)
      }
    ),
    (
      "written anew and removed",
      { store, clock in
        clock.advance(by: 100)
        _ = store.put("key", bytes: 300, .never)
        _ = store.perform(.remove(StoreKey("key")))
      }
    ),
  ]

  @Test("has nothing left of an entry, however it went", arguments: ends)
  func endings(name: String, end: @Sendable (MemoryStore, TestClock) -> Void) {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 20, clock: clock.storeClock)
    for bytes in [0, 1, 7, 8, 100, 70_000] {
      #expect(store.put("key", bytes: bytes, .ms(100)) == .done)
      #expect(store.stats.bytes >= MemoryStore.overheadPerEntry + 3 + bytes)
      end(store, clock)
      #expect(store.stats.bytes == 0)
      #expect(store.stats.entries == 0)
    }
  }

  @Test("refuses what goes past it, to the byte, and changes nothing")
  func refuses() {
    let store = MemoryStore(byteLimit: 3 * Self.entry)
    for key in ["key    1", "key    2", "key    3"] { #expect(store.put(key, .never) == .done) }
    #expect(store.stats.bytes == 3 * Self.entry)
    #expect(store.put("key    4", bytes: 0, .never).isOutOfMemory)
    #expect(store.put("key    1", bytes: 9, .never).isOutOfMemory)
    #expect(store.stats.refused == 2)
    #expect(store.stats.entries == 3)
    #expect(store.stats.bytes == 3 * Self.entry)
    let value = ByteBuffer(repeating: 0x61, count: 8)
    #expect(store.perform(.get(StoreKey("key    1"))) == .value(value))
    #expect(!store.has("key    4"))
    #expect(store.put("key    1", bytes: 4, .never) == .done)
    #expect(store.put("key    2", bytes: 8, .never) == .done)
    #expect(store.perform(.remove(StoreKey("key    3"))) == .boolean(true))
    #expect(store.put("key    4", .never) == .done)
    #expect(store.stats.refused == 2)
  }

  @Test("holds for a counter's first value and for its growth alike")
  func counters() {
    let add = StoreCommand.add(StoreKey("counter."), by: 1, within: 0...99, expiry: .never)
    let small = MemoryStore(byteLimit: MemoryStore.overheadPerEntry)
    #expect(small.perform(add).isOutOfMemory)
    #expect(!small.has("counter."))
    let tight = MemoryStore(byteLimit: Self.entry)
    let written = tight.perform(
      .set(StoreKey("counter."), value: ByteBuffer(string: "7"), .never, .none))
    #expect(written == .done)
    #expect(tight.perform(add).isOutOfMemory)
    #expect(tight.perform(.get(StoreKey("counter."))) == .value(ByteBuffer(string: "7")))
  }

  @Test("is the same for a counter, however often and far it counts")
  func counting() {
    let store = MemoryStore(byteLimit: 1 << 20)
    let key = StoreKey("counter")
    var bytes: Set<Int> = []
    for step: Int64 in [1, 8, 1, 89, 900, 9_007_199_254_740_992, -9_007_199_254_741_991, -1] {
      let reply = store.perform(.add(key, by: step, within: .min ... .max, expiry: .never))
      guard case .counted(_, applied: true) = reply else {
        Issue.record("\(reply)")
        return
      }
      bytes.insert(store.stats.bytes)
    }
    #expect(bytes.count == 1)
    #expect(store.perform(.remove(key)) == .boolean(true))
    #expect(store.stats.bytes == 0)
  }

  @Test("makes room of what has expired in any shard before it refuses")
  func makesRoom() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 100 * Self.entry, clock: clock.storeClock)
    for number in 0..<100 {
      #expect(store.put("\(10_000_000 + number)", .ms(number < 60 ? 100 : 200)) == .done)
    }
    #expect(store.put("too much", .never).isOutOfMemory)
    clock.advance(by: 100)
    for number in 0..<60 { #expect(store.put("\(20_000_000 + number)", .never) == .done) }
    #expect(store.put("too much", .never).isOutOfMemory)
    #expect(store.stats.expired == 60)
    #expect(store.stats.entries == 100)
    for number in 60..<100 { #expect(store.has("\(10_000_000 + number)")) }
  }

  @Test("refuses everything when it is zero or less", arguments: [0, -1, Int.min])
  func nothing(limit: Int) {
    let store = MemoryStore(byteLimit: limit)
    #expect(store.put("key", bytes: 0, .never).isOutOfMemory)
    #expect(store.stats.bytes == 0)
    #expect(store.perform(.ping) == .done)
  }

  @Test("holds on to nothing of the buffer that keys and values were cut out of")
  func slices() {
    let store = MemoryStore(byteLimit: 1 << 30)
    var frame = ByteBuffer(repeating: 0x61, count: 1 << 20)
    let commands: [(StoreKey, ByteBuffer) -> StoreCommand] = [
      { .set($0, value: $1, .ms(100), .none) }, { key, _ in .expire(key, .ms(50)) },
      { .set($0, value: $1, .never, .present) }, { key, _ in .getMany([key, key]) },
      { key, _ in .remove(key) }, { key, _ in .add(key, by: 1, within: 0...1, expiry: .ms(100)) },
      { .set($0, value: $1, .keep(otherwise: .longest), .present) },
    ]
    for command in commands {
      let slice = frame.getSlice(at: 8, length: 8) ?? ByteBuffer()
      let reply = store.perform(command(StoreKey(bytes: slice), slice))
      #expect(reply != .boolean(false))
    }
    #expect(store.stats.entries == 1)
    let isAlone: Void? = frame.modifyIfUniquelyOwned { $0.clear() }
    #expect(isAlone != nil)
  }

  @Test("lets readers share the stored bytes")
  func sharing() {
    let store = MemoryStore(byteLimit: 1 << 20)
    _ = store.put("key", bytes: 100, .never)
    guard case .value(let first?) = store.perform(.get(StoreKey("key"))),
      case .values(let others) = store.perform(.getMany([StoreKey("key")])),
      let second = others.first ?? nil
    else {
      Issue.record("the value is not there")
      return
    }
    let places = [first, second].map { buffer in
      buffer.withUnsafeReadableBytes { $0.baseAddress.map(UInt.init(bitPattern:)) }
    }
    #expect(places[0] == places[1])
  }
}
