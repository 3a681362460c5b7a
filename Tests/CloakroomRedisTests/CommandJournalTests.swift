import NIOCore
import Testing

@testable import CloakroomRedis

@Suite("The journal of commands", .timeLimit(.minutes(1)))
struct CommandJournalTests {
  /// What is done with a journal.
  enum Step: CaseIterable { case short, long, send, reply }

  /// A journal as plain as can be: commands, and whether they were sent.
  struct Model {
    var commands: [(text: String, isSent: Bool)] = []
    var made = 0

    var bytes: Int { commands.reduce(0) { $0 + $1.text.utf8.count } }
    var unsent: String { commands.filter { !$0.isSent }.map(\.text).joined() }

    mutating func make(_ length: Int) -> String {
      made += 1
      let text = "\(made):" + String(repeating: "x", count: length)
      commands.append((text, false))
      return text
    }

    mutating func send() {
      for index in commands.indices { commands[index].isSent = true }
    }
  }

  /// An expectation that costs nothing when it is met: there are a hundred thousand of them.
  static func same<Value: Equatable>(_ actual: Value, _ expected: Value) {
    if actual != expected { Issue.record("\(actual) is not \(expected)") }
  }

  /// Does the same to a journal and to its model, and compares them after each step.
  static func follow(_ steps: [Step], _ journal: inout CommandJournal, _ model: inout Model) {
    for step in steps {
      switch step {
      case .short, .long:
        let text = model.make(step == .short ? 1 : 3000)
        let length = journal.append { $0.writeString(text) }
        same(length, text.utf8.count)
      case .send:
        let unsent = model.unsent
        same(journal.takeUnsent().map { String(buffer: $0) }, unsent.isEmpty ? nil : unsent)
        model.send()
      case .reply:
        guard let first = model.commands.first, first.isSent else { continue }
        let length = first.text.utf8.count
        same(journal.first(length: length).map { String(buffer: $0) }, first.text)
        journal.removeFirst(length: length)
        model.commands.removeFirst()
      }
      same(journal.count, model.bytes)
      same(journal.hasUnsent, !model.unsent.isEmpty)
    }
  }

  /// Takes everything out, as after a loss.
  static func drain(_ journal: inout CommandJournal, _ model: Model) {
    for (text, _) in model.commands {
      same(String(buffer: journal.popFirst(length: text.utf8.count)), text)
    }
    same(journal.count, 0)
  }

  @Test("keeps commands in order through every course of six steps")
  func everyCourse() {
    let kinds = Step.allCases
    let courses = (0..<6).reduce(1) { count, _ in count * kinds.count }
    for course in 0..<courses {
      var rest = course
      var steps: [Step] = []
      for _ in 0..<6 {
        steps.append(kinds[rest % kinds.count])
        rest /= kinds.count
      }
      var journal = CommandJournal()
      var model = Model()
      Self.follow(steps, &journal, &model)
      Self.drain(&journal, model)
    }
  }

  @Test("never writes again into memory that the socket still holds")
  func reuse() {
    var journal = CommandJournal()
    var model = Model()
    var inSocket: [(sent: ByteBuffer, text: String)] = []
    for round in 0..<200 {
      for _ in 0...(round % 5) {
        let text = model.make(round * 37 % 5000)
        _ = journal.append { $0.writeString(text) }
      }
      let unsent = model.unsent
      if let sent = journal.takeUnsent() { inSocket.append((sent, unsent)) }
      model.send()
      // A command or two now and then wait for their reply through the next round.
      let replies = max(model.commands.count - round % 3, 0)
      Self.follow([Step](repeating: .reply, count: replies), &journal, &model)
    }
    #expect(inSocket.count == 200)
    for (sent, text) in inSocket { #expect(String(buffer: sent) == text) }
    Self.drain(&journal, model)
  }

  @Test("drops a command that was not even sent, and then sends the rest")
  func unsent() {
    var journal = CommandJournal()
    for text in ["ab", "cde", "f"] { _ = journal.append { $0.writeString(text) } }
    journal.removeFirst(length: 2)
    #expect(journal.count == 4)
    #expect(journal.first(length: 3).map { String(buffer: $0) } == "cde")
    #expect(journal.takeUnsent().map { String(buffer: $0) } == "cdef")
    #expect(journal.first(length: 3).map { String(buffer: $0) } == "cde")
    journal.removeFirst(length: 3)
    #expect(journal.count == 1)
    _ = journal.append { $0.writeString("gh") }
    #expect(String(buffer: journal.popFirst(length: 1)) == "f")
    #expect(String(buffer: journal.popFirst(length: 2)) == "gh")
    #expect(journal.count == 0)
    #expect(journal.takeUnsent() == nil)
  }

  @Test("hands out nothing twice, and nothing when it is empty")
  func empty() {
    var journal = CommandJournal()
    #expect(journal.takeUnsent() == nil)
    #expect(journal.first(length: 1) == nil)
    journal.removeFirst(length: 1)
    #expect(journal.popFirst(length: 1).readableBytes == 0)
    #expect(journal.append { $0.writeString("ab") } == 2)
    #expect(journal.first(length: 3) == nil)
    #expect(journal.takeUnsent().map { String(buffer: $0) } == "ab")
    #expect(journal.takeUnsent() == nil)
    #expect(journal.popFirst(length: 2).readableBytes == 2)
    #expect(journal.count == 0)
    #expect(!journal.hasUnsent)
    #expect(journal.first(length: 1) == nil)
  }

  @Test("hands out much in portions, gives it back in one, and drops what was not sent")
  func portions() {
    var journal = CommandJournal()
    let texts = (0..<9).map { "\($0):" + String(repeating: "x", count: 100_000) }
    for text in texts { _ = journal.append { $0.writeString(text) } }
    Self.same(journal.takeUnsent().map { String(buffer: $0) }, texts[0..<3].joined())
    Self.same(journal.sentCount, 3 * texts[0].utf8.count)
    journal.removeFirstUnsent(length: texts[3].utf8.count)
    Self.same(journal.count, 8 * texts[0].utf8.count)
    Self.same(journal.takeUnsent().map { String(buffer: $0) }, texts[4..<6].joined())
    for text in texts[0..<3] + texts[4..<6] {
      Self.same(String(buffer: journal.popFirst(length: text.utf8.count)), text)
    }
    Self.same(String(buffer: journal.popFirst(length: texts[6].utf8.count)), texts[6])
    Self.same(String(buffer: journal.takeBackUnsent()), texts[7...].joined())
    Self.same(journal.count, 0)
    #expect(!journal.hasUnsent)
  }
}
