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

  private func store(_ byteLimit: Int = 1 << 24) -> MemoryStore {
    MemoryStore(byteLimit: byteLimit, clock: clock.storeClock)
  }

  private static let key = StoreKey("stream")

  private static func append(
    bytes: Int, to key: StoreKey = key, limit: Int64? = nil, life: Expiry = .never
  ) -> AppendMessage {
    AppendMessage(
      key, message: ByteBuffer(repeating: 0x61, count: bytes),
      limit: limit.map { StreamLimit(count: $0, isApproximate: true) }, life: .set(life))
  }

  private static func ensure(_ group: String = "g", on key: StoreKey = key) -> EnsureGroup {
    EnsureGroup(key, group: group, from: .after(.zero), life: .longest)
  }

  private static func read(by reader: StreamReader = reader) -> ReadMessages {
    ReadMessages(key, reader, portion)
  }

  private static func reclaim(
    by reader: StreamReader = reader, _ portion: StreamPortion = portion, most: Int64? = nil,
    on key: StoreKey = key
  ) -> ReclaimMessages {
    ReclaimMessages(key, reader, portion, minIdleMs: 0, maxDeliveries: most)
  }

  @Test("are charged for messages, groups and unacknowledged ones, and give all of it back")
  func accounts() {
    let store = store()
    var bytes = [0]
    let steps: [any StoreStep] = [
      Self.append(bytes: 1000, life: .ms(100)), Self.ensure(), Self.read(),
    ]
    for step in steps {
      #expect(store.perform(.step(step)).isFine)
      bytes.append(store.stats.bytes)
    }
    #expect(bytes[1] >= 1000)
    #expect(bytes == bytes.sorted() && Set(bytes).count == 4)
    // What changes hands costs what the longer name is longer.
    let other = StreamReader(group: "g", consumer: "consumer")
    let reclaim = Self.reclaim(by: other)
    #expect(store.perform(.step(reclaim)).isFine)
    #expect(store.stats.bytes == bytes[3] + 7)
    let ids = store.ids(in: Self.read()) + store.ids(in: reclaim)
    #expect(store.perform(.step(AcknowledgeMessages(Self.key, group: "g", ids))).isFine)
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
    let steps: [any StoreStep] = [
      Self.append(bytes: 10, life: .ms(100)), Self.append(bytes: 20, life: .ms(100)), Self.ensure(),
      Self.read(), Self.reclaim(StreamPortion(count: 1, bytes: 1)), Self.reclaim(most: 2),
    ]
    for step in steps { #expect(store.perform(.step(step)).isFine) }
    #expect(store.stats.entries == 2)
    #expect(store.step(CountMessages(Self.key.deadLetters)) == .success(1))
    clock.advance(by: 99)
    #expect(store.sweep(limit: 10) == 0)
    clock.advance(by: 1)
    // One is met after its time, the other one swept.
    #expect(store.step(CountMessages(Self.key)) == .success(0))
    #expect(store.sweep(limit: 10) == 1)
    #expect(store.stats.bytes == 0)
    #expect(store.stats.expired == 2)
  }

  @Test("refuse what goes past the limit of bytes, and change nothing")
  func refuses() {
    let store = store(4096)
    #expect(store.perform(.step(Self.append(bytes: 1024))).isFine)
    #expect(store.perform(.step(Self.ensure())).isFine)
    let before = store.stats.bytes
    #expect(store.perform(.step(Self.append(bytes: 2048))).isOutOfMemory)
    #expect(store.perform(.step(Self.append(bytes: 2048, to: StoreKey("other")))).isOutOfMemory)
    let long = String(repeating: "g", count: 4096)
    #expect(store.perform(.step(Self.ensure(long))).isOutOfMemory)
    #expect(store.perform(.step(Self.ensure(long, on: StoreKey("other")))).isOutOfMemory)
    let greedy = StreamReader(group: "g", consumer: String(repeating: "c", count: 4096))
    #expect(store.perform(.step(Self.read(by: greedy))).isOutOfMemory)
    #expect(store.stats.bytes == before)
    #expect(store.stats.entries == 1)
    // What was refused was not handed over.
    #expect(store.ids(in: Self.read()).count == 1)
    #expect(store.perform(.step(Self.reclaim(by: greedy))).isOutOfMemory)
    #expect(store.ids(in: Self.reclaim()).count == 1)
  }

  @Test("hand over as many messages as there is room to remember")
  func partialReads() {
    let store = store(8192)
    let consumer = StreamReader(group: "g", consumer: String(repeating: "c", count: 256))
    #expect(store.perform(.step(Self.ensure())).isFine)
    var appended = 0
    while appended < 24 {
      #expect(store.perform(.step(Self.append(bytes: 16))).isFine)
      appended += 1
    }
    let first = store.ids(in: Self.read(by: consumer))
    #expect((1..<24).contains(first.count))
    #expect(store.perform(.step(AcknowledgeMessages(Self.key, group: "g", first))).isFine)
    let second = store.ids(in: Self.read(by: consumer))
    #expect(!second.isEmpty && (first.last ?? .zero) < (second.first ?? .zero))
  }

  @Test("make room for a message by those that go for it")
  func trimming() {
    let store = store(4096)
    for _ in 0..<50 {
      #expect(store.perform(.step(Self.append(bytes: 2048, limit: 1))).isFine)
    }
    #expect(store.step(CountMessages(Self.key)) == .success(1))
  }

  @Test("make room of what has expired before they refuse")
  func makesRoom() {
    let store = store(4096)
    #expect(
      store.perform(.step(Self.append(bytes: 2048, to: StoreKey("old"), life: .ms(10)))).isFine)
    #expect(store.perform(.step(Self.append(bytes: 2048))).isOutOfMemory)
    clock.advance(by: 10)
    #expect(store.perform(.step(Self.append(bytes: 2048))).isFine)
    #expect(store.stats.entries == 1)
  }

  @Test("keep one deadline for each, however often it changes")
  func deadlines() {
    let store = store()
    for number in 0..<10_000 {
      let life = Expiry.ms(Int64(number % 500) + 1)
      #expect(store.perform(.step(Self.append(bytes: 8, limit: 5, life: life))).isFine)
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
      let key = StoreKey(bytes: slice)
      let steps: [any StoreStep] = [
        AppendMessage(key, message: slice, limit: nil, life: .set(.never)), Self.ensure(on: key),
        ReadMessages(key, Self.reader, Self.portion), Self.reclaim(most: 1, on: key),
      ]
      #expect(store.perform(.step(steps[step])).isFine)
    }
    #expect(store.stats.entries == 2)
    let isAlone: Void? = frame.modifyIfUniquelyOwned { $0.clear() }
    #expect(isAlone != nil)
  }
}

extension MemoryStore {
  /// The ids of the messages that a step hands over.
  fileprivate func ids(in read: ReadMessages) -> [StreamID] {
    (try? step(read).get().map(\.id)) ?? []
  }

  /// The ids of the messages that a step hands over.
  fileprivate func ids(in reclaim: ReclaimMessages) -> [StreamID] {
    (try? step(reclaim).get().messages.map(\.id)) ?? []
  }
}

extension StoreReply {
  /// Whether the step was done.
  fileprivate var isFine: Bool {
    if case .failure = self { false } else { true }
  }
}
