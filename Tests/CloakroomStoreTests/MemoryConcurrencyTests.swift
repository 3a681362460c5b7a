import CloakroomCore
import CloakroomStore
import Dispatch
import NIOCore
import Support
import Synchronization
import Testing

@Suite("The store in memory, used by many threads at once", .timeLimit(.minutes(1)))
struct MemoryConcurrencyTests {
  @Test("loses no step of a counter")
  func counters() {
    let store = MemoryStore(byteLimit: 1 << 24)
    let keys = (0..<4).map { StoreKey("counter \($0)") }
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for step in 0..<10_000 {
        _ = store.perform(
          .add(keys[(thread + step) % 4], by: 1, within: 0...Int64.max, expiry: .never))
      }
    }
    for key in keys {
      #expect(store.perform(.get(key)) == .value(ByteBuffer(string: "20000")))
    }
  }

  @Test("gives its bytes back to the last one, and never goes past its limit")
  func bytes() {
    let limit = 40 * (MemoryStore.overheadPerEntry + 64)
    let store = MemoryStore(byteLimit: limit)
    let most = Atomic<Int>(0)
    let refused = Atomic<UInt64>(0)
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for step in 0..<5000 {
        let key = "\((thread * 31 + step * 7) % 64)"
        switch step % 4 {
        case 3: _ = store.perform(.remove(StoreKey(key)))
        default:
          if store.put(key, bytes: step % 57, .ms(1000)).isOutOfMemory {
            refused.add(1, ordering: .relaxed)
          }
        }
        most.max(store.stats.bytes, ordering: .relaxed)
      }
    }
    #expect(most.load(ordering: .relaxed) <= limit)
    #expect(refused.load(ordering: .relaxed) > 0)
    #expect(store.stats.refused == refused.load(ordering: .relaxed))
    for key in 0..<64 { _ = store.perform(.take(StoreKey("\(key)"))) }
    #expect(store.stats.bytes == 0)
    #expect(store.stats.entries == 0)
  }

  @Test("gives each value to one taker, and each name to one writer")
  func once() {
    let store = MemoryStore(byteLimit: 1 << 24)
    let written = Atomic<Int>(0)
    let taken = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      for number in 0..<2000 {
        let key = StoreKey("\(number)")
        if store.perform(.set(key, value: ByteBuffer(), .never, .absent)) == .done {
          written.add(1, ordering: .relaxed)
        }
        if case .value(.some) = store.perform(.take(key)) { taken.add(1, ordering: .relaxed) }
      }
    }
    #expect(written.load(ordering: .relaxed) >= 2000)
    #expect(taken.load(ordering: .relaxed) == written.load(ordering: .relaxed))
    #expect(store.stats.entries == 0)
  }

  @Test("counts each expired entry once while it is read, written and swept")
  func expiry() {
    let clock = TestClock()
    let store = MemoryStore(byteLimit: 1 << 24, clock: clock.storeClock)
    let created = Atomic<UInt64>(0)
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      for step in 0..<4000 {
        let key = StoreKey("\((thread * 13 + step) % 97)")
        let reply = store.perform(.set(key, value: ByteBuffer(), .ms(3), .absent))
        if reply == .done { created.add(1, ordering: .relaxed) }
        if step % 5 == thread % 5 { clock.advance(by: 1) }
        if step % 50 == 0 { store.sweep(limit: 20) }
      }
    }
    clock.advance(by: 3)
    store.sweep(limit: .max)
    #expect(store.stats.entries == 0)
    #expect(store.stats.bytes == 0)
    #expect(store.stats.expired == created.load(ordering: .relaxed))
  }
}
