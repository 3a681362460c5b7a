import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomStore

@Suite("A group of consumers in memory", .timeLimit(.minutes(1)))
struct MemoryStreamGroupTests {
  /// A message in hand, as plainly as can be.
  private struct Held {
    let id: StreamID
    var consumer: String
    var at: Int64
    var deliveries: Int64
  }

  @Test("tells what is in hand, and for how long, as if it looked through all of it")
  func same() {
    for _ in 0..<20 { Self.course() }
  }

  private static func course() {
    var group = MemoryStreamGroup(after: .zero)
    var plain: [Held] = []
    var charged = 0
    var now: Int64 = 1000
    let consumers = ["a", "B", "é", "ab", ""]
    for number in 1...300 {
      now += Int64.random(in: 0...20)
      let consumer = ByteString(consumers.randomElement() ?? "a")
      switch Int.random(in: 0..<4) {
      case 0, 1:
        let id = StreamID(milliseconds: UInt64(number), sequence: 0)
        charged += group.addedCost(for: consumer)
        group.deliver(id, to: consumer, at: now)
        plain.append(Held(id: id, consumer: consumer.text, at: now, deliveries: 1))
      case 2:
        guard let place = plain.indices.randomElement() else { continue }
        charged -= group.acknowledge(plain[place].id) ?? 0
        #expect(group.acknowledge(plain[place].id) == nil)
        plain.remove(at: place)
        group.compact()
      default:
        guard let place = plain.indices.randomElement(),
          let index = group.place(of: plain[place].id)
        else { continue }
        charged += group.addedCost(ofPassing: index, to: consumer)
        group.claim(index, by: consumer, at: now)
        plain[place].consumer = consumer.text
        plain[place].at = now
        plain[place].deliveries += 1
      }
      let idle = Int64.random(in: 0...400)
      let wanted = plain.filter { now - $0.at >= idle }
        .sorted { ($0.at, $0.id) < ($1.at, $1.id) }
      let count = Int.random(in: 1...50)
      #expect(
        group.idle(for: idle, at: now, count: count).map(\.id) == wanted.prefix(count).map(\.id))
      let summary = group.summary(at: now)
      #expect(summary.count == Int64(plain.count))
      #expect(summary.oldest?.id == plain.first?.id)
      #expect(summary.oldest?.idleMs == plain.first.map { now - $0.at })
      #expect(summary.oldest?.deliveries == plain.first?.deliveries)
      let shares = Dictionary(grouping: plain, by: { ByteString($0.consumer) })
        .map { (name: $0.key.text, count: $0.value.count) }
        .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      #expect(summary.consumers.map(\.consumer) == shares.map(\.name))
      #expect(summary.consumers.map(\.count) == shares.map { Int64($0.count) })
    }
    for held in plain { charged -= group.acknowledge(held.id) ?? 0 }
    #expect(charged == 0)
  }

  @Test("finds nothing that is idle without looking at what is not", arguments: [100, 10_000])
  func untouched(count: Int) {
    var group = MemoryStreamGroup(after: .zero)
    for number in 1...count {
      group.deliver(
        StreamID(milliseconds: UInt64(number), sequence: 0), to: "c", at: Int64(number))
    }
    let now = Int64(count) + 10
    #expect(group.idle(for: now, at: now, count: count).isEmpty)
    let last = StreamID(milliseconds: UInt64(count), sequence: 0)
    #expect(group.idle(for: 10, at: now, count: 3).map(\.id.milliseconds) == [1, 2, 3])
    #expect(group.acknowledge(last) != nil)
  }
}
