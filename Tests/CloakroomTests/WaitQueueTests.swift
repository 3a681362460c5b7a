import CloakroomCore
import CloakroomMethods
import CloakroomStore
import NIOCore
import Testing

@testable import Cloakroom

@Suite("A queue of calls that wait for the same", .timeLimit(.minutes(1)))
struct WaitQueueTests {
  private let name = StoreKey(bytes: ByteBuffer(string: "stream"))
  private let message = ByteBuffer(string: "!")

  /// The queues, where an expectation can ask them.
  private final class Queues {
    private var queues = WaitQueues()

    func join(_ name: StoreKey, _ waiter: WaiterState, id: UInt64) -> WaitQueue? {
      queues.join(name, waiter, id: id)
    }
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
  func turns() throws {
    let queues = Queues()
    let waiters = (0..<3).map { _ in waiter() }
    let queue = try #require(queues.join(name, waiters[0], id: 1))
    #expect(queues.join(name, waiters[1], id: 2) == nil)
    queue.received(message, on: name.bytes)
    _ = wakeUps(waiters[0])
    queue.subscribed()
    #expect(queues.join(name, waiters[2], id: 3) == nil)
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

  @Test("that can't listen tells all, and makes room for one that can")
  func broken() throws {
    let queues = Queues()
    let waiters = (0..<4).map { _ in waiter() }
    let old = try #require(queues.join(name, waiters[0], id: 1))
    old.subscribed()
    #expect(queues.join(name, waiters[1], id: 2) == nil)
    _ = waiters.map(wakeUps)
    old.failed(with: RPCError(.unavailable))
    #expect(waiters.map(wakeUps) == [[.missed], [.missed], [], []])
    let new = try #require(queues.join(name, waiters[2], id: 3))
    #expect(new !== old)
    new.subscribed()
    #expect(queues.leave(1) == nil)
    #expect(queues.leave(2) == nil)
    #expect(queues.join(name, waiters[3], id: 4) == nil)
    #expect(waiters.map(wakeUps) == [[], [], [.missed], []])
    #expect(queues.leave(4) == nil)
    #expect(queues.leave(3) === new)
  }
}
