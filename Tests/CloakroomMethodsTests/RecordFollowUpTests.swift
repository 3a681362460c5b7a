import CloakroomCore
import CloakroomStore
import NIOCore
import Testing

@testable import CloakroomMethods

@Suite("What follows from a record", .timeLimit(.minutes(1)))
struct RecordFollowUpTests {
  /// A record that is a number, after whose changes a message is published for each step that it made.
  private struct Number: RecordKind {
    enum Event { case add(Int64), look }
    typealias Outcome = Int64

    static let kind: StaticString = "number"
    static let namespace = Namespace.cache
    var value: Int64
    let data = ByteBuffer()
    let keptUntilMs: Int64 = 1_000_000
    let nextLookMs: Int64? = 5000

    init(value: Int64) { self.value = value }
    init(_ header: RecordHeader, data: ByteBuffer) throws(RPCError) {
      value = header.number("value") ?? 0
    }

    func write(to header: inout RecordHeaderWriter) { header.write("value", value) }

    static func decide(_ record: Self?, _ event: Event, at now: Int64) -> Transition<Self> {
      switch event {
      case .look: Transition(outcome: record?.value ?? 0)
      case .add(let more):
        more == 0
          ? Transition(outcome: record?.value ?? 0)
          : Transition(
            change: Number(value: (record?.value ?? 0) + more),
            outcome: (record?.value ?? 0) + more)
      }
    }

    static func isReading(_ event: Event) -> Bool { if case .look = event { true } else { false } }
    static func look(at name: StoreKey, _ configuration: Configuration) -> Event { .look }

    static func followUps(
      of record: Self, since earlier: Self?, named name: StoreKey, isLook: Bool
    ) -> [RecordFollowUp] {
      let first = isLook ? 0 : earlier?.value ?? 0
      return (first..<record.value).map { number in
        RecordFollowUp(.publish(name, ByteBuffer(string: "\(number)"))) { reply in
          reply == .number(7) ? .publish(name, ByteBuffer(string: "again \(number)")) : nil
        }
      }
    }
  }

  /// A store that answers what a test says.
  private final class Host: RecordHost {
    private final class Link: StoreLink {
      let downReason: String? = nil
      let isReadOnly = false
      let counters = StoreLinkCounters()
      let timeMs: Int64 = 1000
      let sendings: UInt64 = 0
      func start(sink: any StoreSink) {}
      func close() {}
      func submit(_ command: consuming StoreCommand, ticket: StoreTicket) {}
      func withdraw(_ ticket: StoreTicket, since sendings: UInt64) -> Bool { true }
    }

    let store: any StoreLink = Link()
    private(set) lazy var runner = RecordRunner(on: self, recordBytes: 1000)
    /// The record as it was committed last.
    var record: ByteBuffer?
    /// What was published and has no answer yet.
    var published: [(text: String, completion: ((StoreReply) -> Void)?)] = []
    var answers: [String] = []

    func perform(
      _ command: StoreCommand, _ completion: ((StoreReply) -> Void)?,
      submitting: (StoreTicket) -> Void
    ) {
      submitting(StoreTicket(index: 0))
      switch command {
      case .read: completion?(.record(record, atMs: 1000))
      case .commit(_, let commit):
        record = commit.replacement ?? record
        completion?(.done)
      case .publish(_, let message): published.append((String(buffer: message), completion))
      default: Issue.record("\(command)")
      }
    }

    func later(_ time: Duration, _ body: @escaping () -> Void) { body() }
    func noticed(
      _ notice: RecordNotice, of name: StoreKey, in namespace: Namespace,
      about subject: RecordSubject?
    ) {}

    var texts: [String] { published.map(\.text) }

    func answer(_ reply: StoreReply) {
      guard !published.isEmpty else { return }
      published.removeFirst().completion?(reply)
    }

    @discardableResult
    func add(_ more: Int64, _ undone: Bool = false) -> RecordWait {
      let call = RecordCall(Number.self, name, .add(more)) { value, result in
        result.writeString("\(value)")
        return nil
      }
      return runner.run(call) { self.note($0) }
    }

    func look() {
      let configuration = Configuration(socket: .init(path: "/none"))
      runner.run(Number.lookCall(at: name, configuration)) { self.note($0) }
    }

    private func note(_ answer: RecordAnswer) {
      switch answer.result {
      case .success(let result): answers.append(String(buffer: result))
      case .failure(let error): answers.append(error.reason.name)
      }
    }

    private let name = StoreKey(bytes: ByteBuffer(string: "n"))
  }

  @Test("is done behind the commit and before the answer")
  func order() {
    let host = Host()
    host.add(2)
    #expect(host.record != nil)
    #expect(host.texts == ["0", "1"])
    host.answer(.number(1))
    #expect(host.answers == [])
    host.answer(.number(1))
    #expect(host.answers == ["2"])
    #expect(host.published.isEmpty)
  }

  @Test("is done for each of several calls that are committed together")
  func group() {
    let host = Host()
    host.add(1)
    host.add(2)
    host.add(0)
    host.add(1)
    host.answer(.number(1))
    #expect(host.answers == ["1"])
    #expect(host.texts == ["1", "2", "3"])
    for _ in 0..<3 { host.answer(.number(1)) }
    #expect(host.answers == ["1", "3", "3", "4"])
  }

  @Test("is not done where nothing was changed")
  func unchanged() {
    let host = Host()
    host.add(0)
    #expect(host.answers == ["0"])
    #expect(host.published.isEmpty)
  }

  @Test("never fails the call")
  func failure() {
    let host = Host()
    host.add(2)
    host.answer(.failure(RPCError(.unavailable)))
    host.answer(.failure(RPCError(.storeRefused)))
    #expect(host.answers == ["2"])
  }

  @Test("may go on by what it was answered, once")
  func next() {
    let host = Host()
    host.add(1)
    host.answer(.number(7))
    #expect(host.texts == ["again 0"])
    #expect(host.answers == [])
    host.answer(.number(7))
    #expect(host.answers == ["1"])
    #expect(host.published.isEmpty)
  }

  @Test("is done over by a look, which fails where it can't be done")
  func look() {
    let host = Host()
    host.add(2)
    host.answer(.failure(RPCError(.unavailable)))
    host.answer(.failure(RPCError(.unavailable)))
    host.look()
    #expect(host.texts == ["0", "1"])
    host.answer(.number(1))
    host.answer(.failure(RPCError(.unavailable)))
    host.look()
    host.answer(.number(1))
    host.answer(.number(1))
    // A look's result is when to look again.
    #expect(host.answers == ["2", "UNAVAILABLE", "5000"])
  }

  @Test("can't be given up: the call is done")
  func giveUp() {
    let host = Host()
    let wait = host.add(1)
    let next = host.add(1)
    #expect(!host.runner.canEnd(wait))
    #expect(host.runner.canEnd(next))
    host.runner.giveUp(wait, RPCError(.deadlineExceeded))
    host.runner.giveUp(next, RPCError(.deadlineExceeded))
    #expect(host.answers == ["DEADLINE_EXCEEDED"])
    host.answer(.number(1))
    #expect(host.answers == ["DEADLINE_EXCEEDED", "1"])
    #expect(host.published.isEmpty)
  }
}
