import NIOCore
import Testing

@testable import CloakroomRedis

@Suite("The queue of commands of a link", .timeLimit(.minutes(1)))
struct CommandQueueTests {
  private static let scripts = [RedisScript(source: "s", digest: "d")]
  private static let later = NIODeadline.uptimeNanoseconds(.max)

  /// Appends a command whose only key and context are a number.
  private static func append(
    _ context: UInt64, _ resend: Resend = .write, to queue: inout CommandQueue
  ) {
    queue.append(context: context, resend: resend, deadline: later) {
      $0.writeCommand(["DO", "\(context)"])
    }
  }

  /// The commands that are handed to the socket.
  private static func sent(_ queue: inout CommandQueue) -> [String]? {
    queue.takeUnsent().map { bytes in
      String(buffer: bytes).split(separator: "*").compactMap {
        $0.split(separator: "\r\n").last.map(String.init)
      }
    }
  }

  private static func first(of queue: inout CommandQueue) throws -> InFlightCommand {
    let first = queue.popFirst()
    return try #require(first)
  }

  /// Answers the oldest command; the contexts of those that fail over it.
  private static func settleFirst(of queue: inout CommandQueue) throws -> [UInt64] {
    queue.settle(try first(of: &queue)).map(\.context)
  }

  private static func dropped(of queue: inout CommandQueue) -> [UInt64] {
    queue.dropWithdrawn().map(\.context)
  }

  @Test("nothing is sent while a refused command waits, and then it goes first, scripts before it")
  func refusal() throws {
    var queue = CommandQueue()
    for context in 1...4 { Self.append(UInt64(context), to: &queue) }
    #expect(Self.sent(&queue) == ["1", "2", "3", "4"])
    queue.refuse(try Self.first(of: &queue), needsOtherServer: false)
    #expect(try Self.settleFirst(of: &queue) == [])
    queue.refuse(try Self.first(of: &queue), needsOtherServer: false)
    Self.append(5, to: &queue)
    #expect(Self.sent(&queue) == nil)
    #expect(queue.hasRefused && !queue.isAllAnswered)
    #expect(try Self.settleFirst(of: &queue) == [])
    #expect(queue.isAllAnswered)
    #expect(queue.count == 3)

    let withdrawn = queue.restoreRefused(loading: Self.scripts)
    #expect(withdrawn.isEmpty)
    #expect(!queue.hasRefused)
    #expect(Self.sent(&queue) == ["s", "1", "3", "5"])
    var contexts: [UInt64] = []
    while let command = queue.popFirst() {
      contexts.append(command.context)
      let failed = queue.settle(command)
      #expect(failed.isEmpty)
    }
    #expect(contexts == [RedisLink.nobody, 1, 3, 5])
    #expect(queue.bytes == 0)
  }

  @Test("a withdrawn command is told when it would have been sent, and is not sent")
  func withdrawal() throws {
    var queue = CommandQueue()
    for context in 1...3 { Self.append(UInt64(context), to: &queue) }
    let isWithdrawn = queue.withdraw(ticket: 2, since: queue.sendings)
    #expect(isWithdrawn)
    #expect(Self.dropped(of: &queue) == [2])
    #expect(Self.sent(&queue) == ["1", "3"])
    let isSentWithdrawn = queue.withdraw(ticket: 3, since: 0)
    #expect(!isSentWithdrawn)
    #expect(Self.dropped(of: &queue) == [])
    // The next one with that ticket is another command.
    Self.append(2, to: &queue)
    #expect(Self.dropped(of: &queue) == [])
    #expect(Self.sent(&queue) == ["2"])
  }

  @Test("a withdrawn command is not sent over the next connection either")
  func withdrawalAndLoss() {
    var queue = CommandQueue()
    for context in 1...2 { Self.append(UInt64(context), to: &queue) }
    let isWithdrawn = queue.withdraw(ticket: 1, since: 0)
    #expect(isWithdrawn)
    let (failed, resent) = queue.sift(now: .now(), reason: "lost") { _, _ in true }
    #expect(failed.map(\.context) == [1])
    #expect(failed.map(\.failure) == [.unavailable("lost")])
    #expect(resent == 0)
    #expect(Self.sent(&queue) == ["2"])
  }

  @Test(
    "an answered command that conflicts with a refused one ends its hope", arguments: [true, false])
  func overtaken(isSame: Bool) throws {
    var queue = CommandQueue()
    Self.append(1, to: &queue)
    queue.append(context: 2, resend: .write, deadline: Self.later) {
      $0.writeCommand(["DO", isSame ? "1" : "2"])
    }
    _ = queue.takeUnsent()
    queue.refuse(try Self.first(of: &queue), needsOtherServer: true)
    #expect(try Self.settleFirst(of: &queue) == (isSame ? [1] : []))
    #expect(queue.hasRefused == !isSame)
    #expect(queue.needsOtherServer == !isSame)
    #expect((queue.bytes == 0) == isSame)
  }

  @Test("what is not sent in time is let go, and nothing was done")
  func expiry() throws {
    var queue = CommandQueue()
    let start = NIODeadline.uptimeNanoseconds(1000)
    for context in 1...5 {
      queue.append(
        context: UInt64(context), resend: .write,
        deadline: start + .nanoseconds(Int64(context))
      ) { $0.writeCommand(["DO", "\(context)"]) }
      if context == 1 { #expect(Self.sent(&queue) == ["1"]) }
    }
    #expect(queue.nextUnsentDeadline == start + .nanoseconds(2))
    let none = queue.expireUnsent(now: start + .nanoseconds(1))
    #expect(none.isEmpty)
    let isWithdrawn = queue.withdraw(ticket: 3, since: queue.sendings)
    #expect(isWithdrawn)
    let failed = queue.expireUnsent(now: start + .nanoseconds(3))
    #expect(failed.map(\.context) == [2, 3])
    #expect(
      failed.allSatisfy { $0.failure == .unavailable("Redis has not taken it in time") })
    #expect(Self.dropped(of: &queue) == [])
    #expect(Self.sent(&queue) == ["4", "5"])
    #expect(queue.nextUnsentDeadline == nil)
    let late = queue.expireUnsent(now: Self.later)
    #expect(late.isEmpty)
    for context in [1, 4, 5] {
      #expect(try Self.first(of: &queue).context == UInt64(context))
    }
  }

  @Test("much is handed out in portions of whole commands, and the rest can still be let go")
  func portions() throws {
    var queue = CommandQueue()
    let value = String(repeating: "x", count: 100_000)
    for context in 1...7 {
      queue.append(context: UInt64(context), resend: .write, deadline: Self.later) {
        $0.writeCommand(["DO", value, "\(context)"])
      }
    }
    #expect(Self.sent(&queue) == ["1", "2", "3"])
    #expect(queue.oldestSent?.context == 1)
    #expect(queue.sentBytes == queue.bytes * 3 / 7)
    let failed = queue.expireUnsent(now: Self.later)
    #expect(failed.map(\.context) == [4, 5, 6, 7])
    #expect(queue.sentBytes == queue.bytes)
    #expect(Self.sent(&queue) == nil)
    for _ in 1...3 { #expect(try Self.settleFirst(of: &queue) == []) }
    #expect(queue.bytes == 0)
    #expect(queue.oldestSent == nil)
  }
}
