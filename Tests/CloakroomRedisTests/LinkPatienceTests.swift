import NIOCore
import Testing

@testable import CloakroomRedis

@Suite("The patience of a link", .timeLimit(.minutes(1)))
struct LinkPatienceTests {
  typealias Sight = LinkPatience.Sight

  /// What happens to a link, and when, in milliseconds.
  enum Event {
    /// Bytes are handed to the socket.
    case sent(at: Int64, Int, isOwedMore: Bool = false)
    /// Bytes are read.
    case read(at: Int64)
    /// It is looked at, so many milliseconds late, and so is decided.
    case look(at: Int64, late: Int64 = 0, Sight?, isDead: Bool)
  }

  /// A course of events under a name.
  struct Course: CustomTestStringConvertible {
    let testDescription: String
    let events: [Event]

    init(_ name: String, _ events: Event...) {
      testDescription = name
      self.events = events
    }
  }

  static func time(_ ms: Int64) -> NIODeadline { .uptimeNanoseconds(1 << 40) + .milliseconds(ms) }

  /// What is to be seen of a link whose oldest command was submitted at a time.
  static func sight(
    _ owed: Int = 100, oldest: Int = 100, since: Int64 = 0, untaken: Int = 0, unread: Bool = false
  ) -> Sight {
    Sight(
      owed: owed, oldest: oldest, deadline: time(since + 1000), untaken: untaken, hasUnread: unread)
  }

  static let courses = [
    Course(
      "a server that answers nothing is given up when a command's time is over",
      .sent(at: 0, 100), .look(at: 250, sight(), isDead: false),
      .look(at: 999, sight(), isDead: false), .look(at: 1000, sight(), isDead: false),
      .look(at: 1250, sight(), isDead: true)),
    Course(
      "and at once where it takes nothing either",
      .sent(at: 0, 100), .look(at: 999, sight(untaken: 100), isDead: false),
      .look(at: 1000, sight(untaken: 100), isDead: true)),
    Course(
      "what its socket takes of later commands is no sign of life",
      .sent(at: 0, 100), .look(at: 250, sight(), isDead: false),
      .sent(at: 500, 1000, isOwedMore: true), .look(at: 900, sight(1100), isDead: false),
      .sent(at: 1000, 1000, isOwedMore: true), .look(at: 1250, sight(2100), isDead: true)),
    Course(
      "what it takes of the oldest is",
      .sent(at: 0, 5000), .look(at: 900, sight(5000, oldest: 5000, untaken: 4000), isDead: false),
      .look(at: 1800, sight(5000, oldest: 5000, untaken: 3000), isDead: false),
      .look(at: 2700, sight(5000, oldest: 5000, untaken: 3000), isDead: false),
      .look(at: 2800, sight(5000, oldest: 5000, untaken: 3000), isDead: true)),
    Course(
      "bytes that are read are, whichever command they answer",
      .sent(at: 0, 100), .read(at: 900), .look(at: 1899, sight(), isDead: false), .read(at: 1899),
      .look(at: 2898, sight(), isDead: false), .look(at: 2899 + 250, sight(), isDead: true)),
    Course(
      "but a reply that is ten times as late is too late",
      .sent(at: 0, 100), .read(at: 9999), .look(at: 9999, sight(), isDead: false),
      .look(at: 10_000, sight(), isDead: true)),
    Course(
      "bytes that wait unread are read first",
      .sent(at: 0, 100), .look(at: 5000, sight(unread: true), isDead: false),
      .look(at: 5999, sight(), isDead: false), .look(at: 6250, sight(), isDead: true)),
    Course(
      "what the loop was busy with counts for nothing",
      .sent(at: 0, 100), .look(at: 250, sight(), isDead: false),
      .look(at: 5000, late: 4500, sight(), isDead: false),
      .look(at: 5700, sight(), isDead: false), .look(at: 5750, sight(), isDead: true)),
    Course(
      "a link that owes nothing waits for ever, and is as patient then",
      .sent(at: 0, 100), .read(at: 5), .look(at: 90_000, nil, isDead: false),
      .sent(at: 90_000, 50), .look(at: 90_900, sight(50, oldest: 50, since: 90_000), isDead: false)),
  ]

  @Test("holds through", arguments: courses)
  func course(_ course: Course) {
    var patience = LinkPatience(.seconds(1))
    patience.began(now: Self.time(-60_000))
    for (place, event) in course.events.enumerated() {
      switch event {
      case .sent(let ms, let count, let isOwedMore):
        patience.sent(count, isOwedMore: isOwedMore, now: Self.time(ms))
      case .read(let ms):
        patience.read(now: Self.time(ms))
      case .look(let ms, let late, let sight, let isDead):
        let verdict = patience.judge(sight, now: Self.time(ms), plannedAt: Self.time(ms - late))
        #expect((verdict == .dead) == isDead, "at \(ms) ms, event \(place)")
        if case .patient(let next) = verdict {
          #expect(next > Self.time(ms) && next <= Self.time(ms + 250))
        }
      }
    }
  }
}
