import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Testing

@Suite("The streams of the store in memory", .timeLimit(.minutes(1)))
struct MemoryStreamTests {
  private static let portion = StreamPortion(count: 1000, bytes: 1 << 30)
  private static let reader = StreamReader(group: "g", consumer: "c")

  private let clock = TestClock()
  private let key = StoreKey("stream")

  private func store(_ byteLimit: Int = 1 << 24) -> MemoryStore {
    MemoryStore(byteLimit: byteLimit, clock: clock.storeClock)
  }

  private static func append(bytes: Int, limit: Int64? = nil, life: Expiry = .never) -> StreamStep {
    .append(
      message: ByteBuffer(repeating: 0x61, count: bytes),
      limit: limit.map { StreamLimit(count: $0, isApproximate: true) }, life: .set(life))
  }

  private static func ensure(_ group: String = "g") -> StreamStep {
    .ensure(group: group, from: .after(.zero), life: .longest)
  }

  @Test("are charged for messages, groups and unacknowledged ones, and give all of it back")
  func accounts() {
    let store = store()
    var bytes = [0]
    for step in [
      Self.append(bytes: 1000, life: .ms(100)), Self.ensure(), .read(Self.reader, Self.portion),
    ] {
      #expect(store.perform(.stream(key, step)).isFine)
      bytes.append(store.stats.bytes)
    }
    #expect(bytes[1] >= 1000)
    #expect(bytes == bytes.sorted() && Set(bytes).count == 4)
    // What changes hands costs what the longer name is longer.
    let other = StreamReader(group: "g", consumer: "consumer")
    let reclaim = StreamStep.reclaim(other, Self.portion, minIdleMs: 0, maxDeliveries: nil)
    #expect(store.perform(.stream(key, reclaim)).isFine)
    #expect(store.stats.bytes == bytes[3] + 7)
    let ids = store.ids(in: .read(Self.reader, Self.portion), reclaim, of: key)
    #expect(store.perform(.stream(key, .acknowledge(group: "g", ids))).isFine)
    #expect(store.stats.bytes == bytes[2])
    clock.advance(by: 100)
    #expect(store.sweep(limit: 10) == 1)
    #expect(store.stats.bytes == 0)
    #expect(store.stats.entries == 0)
    #expect(store.stats.expired == 1)
  }

  @Test("have nothing left of dead letters, nor of unacknowledged messages, when they expire")
  func deadLetters() {
    let store = store()
    let steps: [StreamStep] = [
      Self.append(bytes: 10, life: .ms(100)), Self.append(bytes: 20, life: .ms(100)), Self.ensure(),
      .read(Self.reader, Self.portion),
      .reclaim(
        Self.reader, StreamPortion(count: 1, bytes: 1), minIdleMs: 0, maxDeliveries: nil),
      .reclaim(Self.reader, Self.portion, minIdleMs: 0, maxDeliveries: 2),
    ]
    for step in steps { #expect(store.perform(.stream(key, step)).isFine) }
    #expect(store.stats.entries == 2)
    #expect(store.perform(.stream(key.deadLetters, .length)) == .stream(.count(1)))
    clock.advance(by: 99)
    #expect(store.sweep(limit: 10) == 0)
    clock.advance(by: 1)
    // One is met after its time, the other one swept.
    #expect(store.perform(.stream(key, .length)) == .stream(.count(0)))
    #expect(store.sweep(limit: 10) == 1)
    #expect(store.stats.bytes == 0)
    #expect(store.stats.expired == 2)
  }

  @Test("refuse what goes past the limit of bytes, and change nothing")
  func refuses() {
    let store = store(4096)
    #expect(store.perform(.stream(key, Self.append(bytes: 1024))).isFine)
    #expect(store.perform(.stream(key, Self.ensure())).isFine)
    let before = store.stats.bytes
    #expect(store.perform(.stream(key, Self.append(bytes: 2048))).isOutOfMemory)
    #expect(store.perform(.stream(StoreKey("other"), Self.append(bytes: 2048))).isOutOfMemory)
    let long = Self.ensure(String(repeating: "g", count: 4096))
    #expect(store.perform(.stream(key, long)).isOutOfMemory)
    #expect(store.perform(.stream(StoreKey("other"), long)).isOutOfMemory)
    let greedy = StreamReader(group: "g", consumer: String(repeating: "c", count: 4096))
    #expect(store.perform(.stream(key, .read(greedy, Self.portion))).isOutOfMemory)
    #expect(store.stats.bytes == before)
    #expect(store.stats.entries == 1)
    // What was refused was not handed over.
    #expect(store.ids(in: .read(Self.reader, Self.portion), of: key).count == 1)
    let claim = StreamStep.reclaim(greedy, Self.portion, minIdleMs: 0, maxDeliveries: nil)
    #expect(store.perform(.stream(key, claim)).isOutOfMemory)
    #expect(store.ids(in: claim.with(Self.reader), of: key).count == 1)
  }

  @Test("hand over as many messages as there is room to remember")
  func partialReads() {
    let store = store(8192)
    let consumer = StreamReader(group: "g", consumer: String(repeating: "c", count: 256))
    #expect(store.perform(.stream(key, Self.ensure())).isFine)
    var appended = 0
    while appended < 24 {
      #expect(store.perform(.stream(key, Self.append(bytes: 16))).isFine)
      appended += 1
    }
    let first = store.ids(in: .read(consumer, Self.portion), of: key)
    #expect((1..<24).contains(first.count))
    #expect(store.perform(.stream(key, .acknowledge(group: "g", first))).isFine)
    let second = store.ids(in: .read(consumer, Self.portion), of: key)
    #expect(!second.isEmpty && (first.last ?? .zero) < (second.first ?? .zero))
  }

  @Test("make room for a message by those that go for it")
  func trimming() {
    let store = store(4096)
    for _ in 0..<50 {
      #expect(store.perform(.stream(key, Self.append(bytes: 2048, limit: 1))).isFine)
    }
    #expect(store.perform(.stream(key, .length)) == .stream(.count(1)))
  }

  @Test("make room of what has expired before they refuse")
  func makesRoom() {
    let store = store(4096)
    #expect(store.perform(.stream(StoreKey("old"), Self.append(bytes: 2048, life: .ms(10)))).isFine)
    #expect(store.perform(.stream(key, Self.append(bytes: 2048))).isOutOfMemory)
    clock.advance(by: 10)
    #expect(store.perform(.stream(key, Self.append(bytes: 2048))).isFine)
    #expect(store.stats.entries == 1)
  }

  @Test("keep one deadline for each, however often it changes")
  func deadlines() {
    let store = store()
    for number in 0..<10_000 {
      let life = Expiry.ms(Int64(number % 500) + 1)
      #expect(store.perform(.stream(key, Self.append(bytes: 8, limit: 5, life: life))).isFine)
    }
    #expect(store.stats.entries == 1)
    #expect(store.stats.deadlines < 100)
    clock.advance(by: 500)
    #expect(store.sweep(limit: 1000) == 1)
    #expect(store.stats.bytes == 0)
  }

  @Test("hold on to nothing of the buffer that messages were cut out of")
  func slices() {
    let store = store()
    var frame = ByteBuffer(repeating: 0x61, count: 1 << 20)
    for step in 0..<4 {
      let slice = frame.getSlice(at: 8, length: 8) ?? ByteBuffer()
      let steps: [StreamStep] = [
        .append(message: slice, limit: nil, life: .set(.never)), Self.ensure(),
        .read(Self.reader, Self.portion),
        .reclaim(Self.reader, Self.portion, minIdleMs: 0, maxDeliveries: 1),
      ]
      #expect(store.perform(.stream(StoreKey(bytes: slice), steps[step])).isFine)
    }
    #expect(store.stats.entries == 2)
    let isAlone: Void? = frame.modifyIfUniquelyOwned { $0.clear() }
    #expect(isAlone != nil)
  }
}

extension MemoryStore {
  /// The ids of the messages that steps hand over.
  fileprivate func ids(in steps: StreamStep..., of key: StoreKey) -> [StreamID] {
    steps.flatMap { step -> [StreamID] in
      switch perform(.stream(key, step)) {
      case .stream(.messages(let messages)), .stream(.reclaimed(let messages, _)):
        messages.map(\.id)
      default: []
      }
    }
  }
}

extension StoreReply {
  /// Whether the step was done.
  fileprivate var isFine: Bool {
    if case .failure = self { false } else { true }
  }
}

extension StreamStep {
  /// The same for another reader.
  fileprivate func with(_ reader: StreamReader) -> StreamStep {
    guard case .reclaim(_, let portion, let idle, let most) = self else { return self }
    return .reclaim(reader, portion, minIdleMs: idle, maxDeliveries: most)
  }
}
