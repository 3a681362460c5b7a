import CloakroomObservability
import NIOCore
import Testing

@testable import Cloakroom

@Suite("What waits for a subscriber", .timeLimit(.minutes(1)))
struct EventBacklogTests {
  /// What happens to a backlog.
  enum Step {
    case event(String)
    case gap(GapReason)
    case take
  }

  typealias Item = EventBacklog.Item

  static func text(_ text: String) -> Item { .event(ByteBuffer(string: text)) }

  /// Steps on a backlog for three events of ten bytes together, and all that is taken, in the end all
  /// that is left.
  static let courses: [([Step], [Item])] = [
    ([], []),
    ([.event("a"), .event("b")], [text("a"), text("b")]),
    ([.event("a"), .take, .event("b")], [text("a"), text("b")]),
    // Too many.
    (
      [.event("a"), .event("b"), .event("c"), .event("d"), .event("e")],
      [text("a"), text("b"), text("c"), .gap(.overflow, dropped: 2)]
    ),
    // Room alone does not end the gap: all that waits is taken first.
    (
      [.event("a"), .event("b"), .event("c"), .event("d"), .take, .event("e")],
      [text("a"), text("b"), text("c"), .gap(.overflow, dropped: 2)]
    ),
    (
      [
        .event("a"), .event("b"), .event("c"), .event("d"), .take, .take, .take, .event("e"), .take,
        .event("f"),
      ], [text("a"), text("b"), text("c"), .gap(.overflow, dropped: 2), text("f")]
    ),
    // Too long.
    (
      [.event("123456"), .event("12345"), .event("1")],
      [text("123456"), .gap(.overflow, dropped: 2)]
    ),
    ([.event("12345678901")], [.gap(.overflow, dropped: 1)]),
    // An outage keeps its place, and is told once.
    (
      [.event("a"), .gap(.reconnected), .gap(.reconnected), .event("b")],
      [text("a"), .gap(.reconnected, dropped: nil), text("b")]
    ),
    (
      [.gap(.reconnected), .gap(.overflow)],
      [.gap(.reconnected, dropped: nil), .gap(.overflow, dropped: nil)]
    ),
    (
      [.event("1234567890"), .event("b"), .gap(.reconnected), .event("c")],
      [text("1234567890"), .gap(.overflow, dropped: 2), .gap(.reconnected, dropped: nil)]
    ),
  ]

  @Test("is bounded, and what is missing is told in its place", arguments: courses)
  func course(steps: [Step], items: [Item]) {
    var backlog = EventBacklog(
      countLimit: 3, byteLimit: 10,
      account: SubscriberAccount(waitingLimit: 1 << 20, patternLimit: 0))
    var taken: [Item] = []
    for step in steps {
      switch step {
      case .event(let text): _ = backlog.add(ByteBuffer(string: text))
      case .gap(let reason): backlog.addGap(reason)
      case .take: if let item = backlog.next() { taken.append(item) }
      }
    }
    while let item = backlog.next() { taken.append(item) }
    #expect(taken == items)
    #expect(backlog.isEmpty)
  }

  /// A backlog, where an expectation can change it.
  private final class Box {
    private var backlog: EventBacklog

    init(_ backlog: EventBacklog) { self.backlog = backlog }
    func add(_ event: ByteBuffer) -> Bool { backlog.add(event) }
    func next() -> Item? { backlog.next() }
  }

  @Test("is bounded with what waits for all others of the connection")
  func shared() {
    let event = ByteBuffer(repeating: 0x78, count: 100)
    let cost = 100 + SubscriberAccount.eventOverhead
    let account = SubscriberAccount(waitingLimit: 3 * cost, patternLimit: 0)
    let backlogs = (0..<3).map { _ in
      Box(EventBacklog(countLimit: 1000, byteLimit: 1 << 20, account: account))
    }
    #expect((0..<3).map { backlogs[$0 % 2].add(event) } == [true, true, true])
    #expect(!backlogs[2].add(event) && !backlogs[0].add(event))
    #expect(account.waitingBytes == 3 * cost)
    // What one gives back another may take; one that has dropped some says so first.
    #expect(backlogs[1].next() == .event(event))
    #expect(!backlogs[2].add(event))
    #expect(backlogs[2].next() == .gap(.overflow, dropped: 2))
    #expect(backlogs[2].add(event))
    for backlog in backlogs { while backlog.next() != nil {} }
    #expect(account.waitingBytes == 0)
  }
}
