import NIOCore
import Testing

@testable import Cloakroom

@Suite("The reply to a batch", .timeLimit(.minutes(1)))
struct BatchReplyTests {
  @Test("has the replies of its members in the order in which they end")
  func order() {
    let reply = BatchReply(count: 3)
    reply.endMember { $0.writeString("1") }
    reply.endMember()
    #expect(!reply.isComplete)
    reply.endMember { $0.writeString("22") }
    #expect(reply.isComplete && reply.gatheredBytes == 3)
    #expect(String(buffer: reply.takeText()) == "[1,22]")
  }

  @Test("is none when all members are notifications")
  func notifications() {
    let reply = BatchReply(count: 2)
    reply.endMember()
    reply.endMember()
    #expect(reply.isComplete && !reply.hasReplies)
  }

  @Test("holds no memory for a long result that did not stay in it", arguments: [false, true])
  func cut(isLong: Bool) {
    let reply = BatchReply(count: 1)
    reply.endMember { buffer in
      buffer.writeRepeatingByte(0x78, count: isLong ? 1 << 20 : 1 << 10)
      reply.cut(buffer.writerIndex)
      buffer.clear()
      buffer.writeString("[1")
    }
    let text = reply.takeText()
    #expect(String(buffer: text) == "[1]")
    #expect(text.capacity <= 1 << 11)
  }
}
