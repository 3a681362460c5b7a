import CloakroomCore
import CloakroomMethods
import CloakroomStore
import NIOCore
import Testing

@testable import Cloakroom

@Suite("A queue of calls that wait for the same", .timeLimit(.minutes(1)))
struct WaitQueueTests {
  private let name = StoreKey(bytes: ByteBuffer(string: "stream"))
  private var place: WaiterQueue { WaiterQueue(name, waking: .first) }
  private let message = ByteBuffer(string: "!")

  /// The queues, where an expectation can ask them.
  private final class Queues {
    private var queues = WaitQueues()

    func join(_ place: WaiterQueue, _ waiter: WaiterState, id: UInt64) -> WaitQueue? {
      queues.join(place, waiter, id: id)
    }
    func isFirst(_ id: UInt64) -> Bool { queues.isFirst(id) }
    func leave(_ id: UInt64) -> WaitQueue? { queues.leave(id) }
  }

  private func waiter() -> WaiterState { WaiterState(onWakeUp: {}) }

  /// Takes all of a waiter's wake-ups.
  private func wakeUps(_ waiter: WaiterState) -> [WakeUp] {
    var wakeUps: [WakeUp] = []
    while let wakeUp = waiter.nextWakeUp() { wakeUps.append(wakeUp) }
    return wakeUps
  }

  @Test("wakes the first, and then the next one")
  func first() throws {
    let queues = Queues()
    let waiters = (0..<3).map { _ in waiter() }
    let queue = try #require(queues.join(place, waiters[0], id: 1))
    #expect(queues.join(place, waiters[1], id: 2) == nil)
    queue.received(message, on: name.bytes)
    _ = wakeUps(waiters[0])
    queue.subscribed()
    #expect(queues.join(place, waiters[2], id: 3) == nil)
    #expect(waiters.map(wakeUps) == [[.missed], [], []])
    queue.received(message, on: name.bytes)
    queue.interrupted(by: .lost)
    #expect(waiters.map(wakeUps) == [[.message(message), .missed], [], []])
    // One that leaves may not have acted on its last wake-up.
    #expect(queues.leave(1) == nil)
    #expect(waiters.map(wakeUps) == [[], [.missed], []])
    // One that gives up behind the first is no reason to look.
    #expect(queues.leave(3) == nil)
    queue.received(message, on: name.bytes)
    #expect(waiters.map(wakeUps) == [[], [.message(message)], []])
    #expect(queues.leave(2) === queue)
    #expect(queues.leave(2) == nil)
    #expect(queues.leave(3) == nil)
  }

  @Test("keeps its order when one leaves it from any place")
  func leaving() throws {
    let queues = Queues()
    var line: [(id: UInt64, waiter: WaiterState)] = []
    var last: WaitQueue?
    for round in 1...3000 {
      if !line.isEmpty, Int.random(in: 0..<line.count + 12) > 10 {
        let leaving = line.remove(at: Int.random(in: 0..<line.count))
        #expect((queues.leave(leaving.id) === last) == line.isEmpty)
        #expect(!queues.isFirst(line.last?.id ?? 0) || line.count <= 1)
        if line.isEmpty { last = nil }
      } else {
        line.append((UInt64(round), waiter()))
        if let queue = queues.join(place, line[line.count - 1].waiter, id: UInt64(round)) {
          #expect(last == nil)
          last = queue
          queue.subscribed()
        }
      }
      guard let first = line.first else { continue }
      for member in line { _ = wakeUps(member.waiter) }
      last?.received(message, on: name.bytes)
      #expect(line.map { wakeUps($0.waiter).count } == [1] + line.dropFirst().map { _ in 0 })
      #expect(queues.isFirst(first.id))
    }
  }

  @Test("of a hundred thousand is left one by one, and let go of at once")
  func many() throws {
    let queues = Queues()
    let queue = try #require(queues.join(place, waiter(), id: 0))
    queue.subscribed()
    for id in 1..<100_000 { _ = queues.join(place, waiter(), id: UInt64(id)) }
    // The last ones first, for which a search from the front would take longest.
    for id in (50_000..<100_000).reversed() { #expect(queues.leave(UInt64(id)) == nil) }
    #expect(queues.isFirst(0) && !queues.isFirst(49_999))
  }

  @Test("that can't listen tells all, and makes room for one that can")
  func broken() throws {
    let queues = Queues()
    let waiters = (0..<4).map { _ in waiter() }
    let old = try #require(queues.join(place, waiters[0], id: 1))
    old.subscribed()
    #expect(queues.join(place, waiters[1], id: 2) == nil)
    _ = waiters.map(wakeUps)
    old.failed(with: RPCError(.unavailable))
    #expect(waiters.map(wakeUps) == [[.missed], [.missed], [], []])
    let new = try #require(queues.join(place, waiters[2], id: 3))
    #expect(new !== old)
    new.subscribed()
    #expect(queues.leave(1) == nil)
    #expect(queues.leave(2) == nil)
    #expect(queues.join(place, waiters[3], id: 4) == nil)
    #expect(waiters.map(wakeUps) == [[], [], [.missed], []])
    #expect(queues.leave(4) == nil)
    #expect(queues.leave(3) === new)
  }

  @Test("that is told by names wakes the one named, and all where messages may be missing")
  func named() throws {
    let queues = Queues()
    let waiters = (0..<3).map { _ in waiter() }
    func place(_ name: String) -> WaiterQueue {
      WaiterQueue(self.name, waking: .named(ByteBuffer(string: name)))
    }
    let queue = try #require(queues.join(place("a"), waiters[0], id: 1))
    queue.subscribed()
    #expect(queues.join(place("b"), waiters[1], id: 2) == nil)
    #expect(queues.join(place("c"), waiters[2], id: 3) == nil)
    let message = ByteBuffer(string: "b")
    queue.received(message, on: name.bytes)
    queue.received(ByteBuffer(string: "nobody"), on: name.bytes)
    #expect(waiters.map(wakeUps) == [[], [.message(message)], []])
    queue.interrupted(by: .lost)
    #expect(waiters.map(wakeUps) == [[.missed], [.missed], [.missed]])
    // The store has the order: who is the first now was not told so by it.
    #expect(queues.leave(1) == nil && queues.leave(2) == nil)
    queue.received(message, on: name.bytes)
    #expect(waiters.map(wakeUps) == [[], [], []])
    #expect(queues.leave(3) === queue)
  }

  @Test("of thousands is told in turns, each what it is told in its order")
  func turns() throws {
    let turns = Turns()
    let place = WaiterQueue(name, waking: .all)
    let queue = WaitQueue(place) { turns.bodies.append($0) }
    // Longer than a turn has, all together.
    let waiters = (0..<200).map { _ in
      WaiterState {
        let end = NIODeadline.now() + .microseconds(50)
        while NIODeadline.now() < end {}
      }
    }
    let places = waiters.map { queue.join($0, place.reach) }
    queue.subscribed()
    queue.received(message, on: name.bytes)
    #expect(turns.bodies.count == 1)
    queue.interrupted(by: .lost)
    // One that has left is told nothing more.
    queue.leave(places[199])
    var count = 0
    while let body = turns.bodies.popLast() {
      body()
      count += 1
    }
    #expect(count > 5, "20 ms in turns of one")
    #expect(waiters.dropLast().allSatisfy { wakeUps($0) == [.message(message), .missed] })
    #expect(wakeUps(waiters[199]).isEmpty)
  }

  /// What is to be done in other turns of the loop.
  private final class Turns {
    var bodies: [() -> Void] = []
  }

  @Test("that is woken as a whole tells all in their order, and has the first alone look untold")
  func all() throws {
    let queues = Queues()
    let place = WaiterQueue(name, waking: .all)
    var woken: [Int] = []
    let waiters = (0..<4).map { number in WaiterState { woken.append(number) } }
    let queue = try #require(queues.join(place, waiters[0], id: 1))
    #expect(queues.join(place, waiters[1], id: 2) == nil)
    queue.subscribed()
    for number in 2..<4 {
      #expect(queues.join(place, waiters[number], id: UInt64(number) + 1) == nil)
    }
    // Each looks once it has joined, without being told to.
    #expect(woken.isEmpty)
    #expect((1...4).map { queues.isFirst($0) } == [true, false, false, false])
    queue.received(message, on: name.bytes)
    queue.interrupted(by: .lost)
    #expect(woken == [0, 1, 2, 3, 0, 1, 2, 3])
    _ = waiters.map(wakeUps)
    #expect(queues.leave(3) == nil)
    #expect(queues.leave(1) == nil)
    #expect(waiters.map(wakeUps) == [[], [.missed], [], []])
    #expect(queues.isFirst(2) && !queues.isFirst(4))
    // Of one that is told nothing any more, each looks for itself.
    queue.failed(with: RPCError(.unavailable))
    #expect(queues.isFirst(2) && queues.isFirst(4))
    let next = try #require(queues.join(place, waiters[0], id: 5))
    #expect(queues.isFirst(5) && queues.isFirst(4))
    #expect(queues.leave(2) == nil && queues.leave(4) == nil)
    #expect(queues.leave(5) === next)
    #expect(queues.isFirst(6))
  }
}
