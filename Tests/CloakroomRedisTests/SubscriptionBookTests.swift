import NIOCore
import Testing

@testable import CloakroomRedis

@Suite("The book of subscriptions", .timeLimit(.minutes(1)))
struct SubscriptionBookTests {
  /// What is done to a book.
  enum Step: Sendable {
    case subscribe(RedisTopic)
    case unsubscribe(RedisTopic)
    case ping
    case lost
    /// Redis sends something.
    case hear(String)
  }

  static let (a, b) = (
    RedisTopic.name(ByteBuffer(string: "a")), RedisTopic.name(ByteBuffer(string: "b"))
  )
  static let glob = RedisTopic.pattern(ByteBuffer(string: "a*"))

  static func answer(_ kind: String, _ topic: String) -> Step {
    .hear("*3\r\n$\(kind.count)\r\n\(kind)\r\n$\(topic.count)\r\n\(topic)\r\n:1\r\n")
  }

  static let messageA = Step.hear("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n")
  static let messageGlob = Step.hear(
    "*4\r\n$8\r\npmessage\r\n$2\r\na*\r\n$2\r\nab\r\n$2\r\nhi\r\n")

  /// Does all steps, each command sent as soon as it is wanted.
  static func follow(_ steps: [Step]) throws -> ([SubscriptionBook.Event], SubscriptionBook) {
    var book = SubscriptionBook()
    var events: [SubscriptionBook.Event] = []
    let reader = try #require(RESPReader())
    let deadline = NIODeadline.uptimeNanoseconds(1)
    for step in steps {
      switch step {
      case .subscribe(let topic):
        book.want(topic)
        book.sentSubscribe(topic, deadline: deadline)
      case .unsubscribe(let topic):
        book.letGo(topic, isConnected: true)
        book.sentUnsubscribe(topic, deadline: deadline)
      case .ping: book.sentPing(deadline: deadline)
      case .lost: book.lost()
      case .hear(let text):
        reader.take(ByteBuffer(string: text))
        while try reader.next() { events.append(book.receive(reader.reply)) }
      }
    }
    return (events, book)
  }

  static func said(_ text: String, _ name: String, _ topic: RedisTopic) -> SubscriptionBook.Event {
    .message(ByteBuffer(string: text), on: ByteBuffer(string: name), through: topic)
  }

  /// Steps, what they lead to, and what is wanted in the end.
  static let courses: [([Step], [SubscriptionBook.Event], Set<RedisTopic>)] = [
    ([], [], []),
    ([.subscribe(a), answer("subscribe", "a")], [.confirmed(a)], [a]),
    ([.subscribe(glob), answer("psubscribe", "a*")], [.confirmed(glob)], [glob]),
    (
      [.subscribe(a), .subscribe(b), answer("subscribe", "a"), answer("subscribe", "b")],
      [.confirmed(a), .confirmed(b)], [a, b]
    ),
    (
      [.subscribe(a), answer("subscribe", "a"), messageA], [.confirmed(a), said("hi", "a", a)], [a]
    ),
    (
      [.subscribe(glob), answer("psubscribe", "a*"), messageGlob],
      [.confirmed(glob), said("hi", "ab", glob)], [glob]
    ),
    // Let go before it was confirmed, and taken up again: it is the last answer that counts.
    (
      [.subscribe(a), .unsubscribe(a), answer("subscribe", "a"), answer("unsubscribe", "a")],
      [.none, .none], []
    ),
    (
      [
        .subscribe(a), .unsubscribe(a), .subscribe(a), answer("subscribe", "a"),
        answer("unsubscribe", "a"), answer("subscribe", "a"),
      ], [.none, .none, .confirmed(a)], [a]
    ),
    // PING is answered in two ways, depending on whether anything is subscribed to.
    ([.ping, .hear("+PONG\r\n")], [.none], []),
    ([.ping, .hear("*2\r\n$4\r\npong\r\n$0\r\n\r\n")], [.none], []),
    ([.ping, .hear("-NOPERM no ping\r\n")], [.none], []),
    // A refusal is of the oldest command.
    (
      [
        .subscribe(a), .subscribe(b), .hear("-NOPERM no access to channels\r\n"),
        answer("subscribe", "b"),
      ], [.refused(a, code: "NOPERM"), .confirmed(b)], [b]
    ),
    (
      [.subscribe(a), .unsubscribe(a), .hear("-NOPERM x\r\n"), answer("unsubscribe", "a")],
      [.none, .none], []
    ),
    // A lost connection owes nothing, and what was being let go is gone.
    ([.subscribe(a), .subscribe(b), .unsubscribe(b), .lost], [], [a]),
    ([.subscribe(a), .lost, .subscribe(a), answer("subscribe", "a")], [.confirmed(a)], [a]),
  ]

  @Test("tells from the answers what is heard", arguments: courses)
  func transitions(steps: [Step], events: [SubscriptionBook.Event], wanted: Set<RedisTopic>) throws
  {
    let end = try Self.follow(steps)
    #expect(end.0 == events)
    #expect(Set(end.1.wanted) == wanted)
  }

  /// Steps of which the last is something that Redis must not send.
  static let faults: [[Step]] = [
    [.hear("+PONG\r\n")], [.hear("-ERR what\r\n")], [.hear(":1\r\n")], [.hear("$1\r\nx\r\n")],
    [.hear("*-1\r\n")], [.hear("*0\r\n")], [answer("subscribe", "a")], [answer("unsubscribe", "a")],
    [.subscribe(a), answer("subscribe", "b")], [.subscribe(a), answer("psubscribe", "a")],
    [.subscribe(a), answer("unsubscribe", "a")], [.subscribe(a), .hear("+PONG\r\n")],
    [.ping, answer("subscribe", "a")], [answer("smessage", "a")],
    [.hear("*2\r\n$7\r\nmessage\r\n$1\r\na\r\n")],
    [.subscribe(a), .unsubscribe(a), answer("subscribe", "a"), .hear("-ERR no\r\n")],
  ]

  @Test("takes nothing that it was not promised", arguments: faults.indices)
  func fault(index: Int) throws {
    guard case .fault = try Self.follow(Self.faults[index]).0.last else {
      Issue.record("it was taken")
      return
    }
  }
}
