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

  @Test("nothing is sent while a refused command waits, and then it goes first, scripts before it")
  func refusal() throws {
    var queue = CommandQueue()
    for context in 1...4 { Self.append(UInt64(context), to: &queue) }
    #expect(Self.sent(&queue) == ["1", "2", "3", "4"])
    queue.refuse(try #require(queue.popFirst()), needsOtherServer: false)
    #expect(queue.settle(try #require(queue.popFirst())).isEmpty)
    queue.refuse(try #require(queue.popFirst()), needsOtherServer: false)
    Self.append(5, to: &queue)
    #expect(Self.sent(&queue) == nil)
    #expect(queue.hasRefused && !queue.isAllAnswered)
    #expect(queue.settle(try #require(queue.popFirst())).isEmpty)
    #expect(queue.isAllAnswered)
    #expect(queue.count == 3)

    #expect(queue.restoreRefused(loading: Self.scripts).isEmpty)
    #expect(!queue.hasRefused)
    #expect(Self.sent(&queue) == ["s", "1", "3", "5"])
    var contexts: [UInt64] = []
    while let command = queue.popFirst() {
      contexts.append(command.context)
      #expect(queue.settle(command).isEmpty)
    }
    #expect(contexts == [RedisLink.nobody, 1, 3, 5])
    #expect(queue.bytes == 0)
  }

  @Test("a withdrawn command is told when it would have been sent, and is not sent")
  func withdrawal() throws {
    var queue = CommandQueue()
    for context in 1...3 { Self.append(UInt64(context), to: &queue) }
    #expect(queue.withdraw(ticket: 2, since: queue.sendings))
    #expect(queue.dropWithdrawn().map(\.context) == [2])
    #expect(Self.sent(&queue) == ["1", "3"])
    #expect(!queue.withdraw(ticket: 3, since: 0))
    #expect(queue.dropWithdrawn().isEmpty)
    // The next one with that ticket is another command.
    Self.append(2, to: &queue)
    #expect(queue.dropWithdrawn().isEmpty)
    #expect(Self.sent(&queue) == ["2"])
  }

  @Test("a withdrawn command is not sent over the next connection either")
  func withdrawalAndLoss() {
    var queue = CommandQueue()
    for context in 1...2 { Self.append(UInt64(context), to: &queue) }
    #expect(queue.withdraw(ticket: 1, since: 0))
    let (failed, resent) = queue.sift(now: .now(), reason: "lost") { _, _ in true }
    #expect(failed.map(\.context) == [1])
    #expect(failed.map(\.failure) == [.unavailable("lost")])
    #expect(resent == 0)
    #expect(Self.sent(&queue) == ["2"])
  }

  @Test("an answered command that conflicts with a refused one ends its hope", arguments: [true, false])
  func overtaken(isSame: Bool) throws {
    var queue = CommandQueue()
    Self.append(1, to: &queue)
    queue.append(context: 2, resend: .write, deadline: Self.later) {
      $0.writeCommand(["DO", isSame ? "1" : "2"])
    }
    _ = queue.takeUnsent()
    queue.refuse(try #require(queue.popFirst()), needsOtherServer: true)
    let failed = queue.settle(try #require(queue.popFirst()))
    #expect(failed.map(\.context) == (isSame ? [1] : []))
    #expect(queue.hasRefused == !isSame)
    #expect(queue.needsOtherServer == !isSame)
    #expect((queue.bytes == 0) == isSame)
  }
}
