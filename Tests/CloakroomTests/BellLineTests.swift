import CloakroomCore
import CloakroomMethods
import CloakroomStore
import NIOCore
import Testing

@testable import Cloakroom

@Suite("A line of calls that wait for the same", .timeLimit(.minutes(1)))
struct BellLineTests {
  private let name = StoreKey(bytes: ByteBuffer(string: "stream"))
  private let message = ByteBuffer(string: "!")

  /// The lines where an expectation can ask them.
  private final class Lines {
    private var lines = BellLines()

    func join(_ name: StoreKey, _ bell: BellState, id: UInt32) -> BellLine? {
      lines.join(name, bell, id: id)
    }
    func leave(_ id: UInt32) -> BellLine? { lines.leave(id) }
    func has(_ id: UInt32) -> Bool { lines.has(id) }
  }

  private func bell() -> BellState { BellState(rang: {}) }

  /// All rings that a bell has heard.
  private func rings(_ bell: BellState) -> [Ring] {
    var rings: [Ring] = []
    while let ring = bell.nextRing() { rings.append(ring) }
    return rings
  }

  @Test("rings for the first, and then for the next one")
  func turns() throws {
    let lines = Lines()
    let bells = (0..<3).map { _ in bell() }
    let line = try #require(lines.join(name, bells[0], id: 1))
    #expect(lines.join(name, bells[1], id: 2) == nil)
    line.received(message, on: name.bytes)
    _ = rings(bells[0])
    line.subscribed()
    #expect(lines.join(name, bells[2], id: 3) == nil)
    #expect(bells.map(rings) == [[.missed], [], []])
    line.received(message, on: name.bytes)
    line.interrupted(by: .lost)
    #expect(bells.map(rings) == [[.message(message), .missed], [], []])
    // Whoever leaves may not have looked after what it had heard last.
    #expect(lines.leave(1) == nil)
    #expect(bells.map(rings) == [[], [.missed], []])
    // One that gives up behind the first is no reason to look.
    #expect(lines.leave(3) == nil)
    line.received(message, on: name.bytes)
    #expect(bells.map(rings) == [[], [.message(message)], []])
    #expect(lines.leave(2) === line)
    #expect(lines.leave(2) == nil)
    #expect(![1, 2, 3].contains(where: lines.has))
  }

  @Test("that can't listen tells all, and makes room for one that can")
  func broken() throws {
    let lines = Lines()
    let bells = (0..<4).map { _ in bell() }
    let old = try #require(lines.join(name, bells[0], id: 1))
    old.subscribed()
    #expect(lines.join(name, bells[1], id: 2) == nil)
    _ = bells.map(rings)
    old.failed(with: RPCError(.unavailable))
    #expect(bells.map(rings) == [[.missed], [.missed], [], []])
    let new = try #require(lines.join(name, bells[2], id: 3))
    #expect(new !== old)
    new.subscribed()
    #expect(lines.leave(1) == nil)
    #expect(lines.leave(2) == nil)
    #expect(lines.join(name, bells[3], id: 4) == nil)
    #expect(bells.map(rings) == [[], [], [.missed], []])
    #expect(lines.leave(4) == nil)
    #expect(lines.leave(3) === new)
  }
}
