internal import CloakroomWire
internal import NIOCore

/// The reply to a JSON-RPC batch, gathered until its last member is answered.
final class BatchReply {
  /// The members' replies so far, the opening bracket before them.
  private(set) var text = ByteBuffer()
  private var remaining: Int

  /// - Parameter count: how many members the batch has, notifications counted.
  init(count: Int) { remaining = count }

  /// Whether all members have ended.
  var isComplete: Bool { remaining == 0 }
  /// Whether there is something to answer: a batch of notifications gets no reply at all.
  var hasReplies: Bool { text.readableBytes > 0 }

  /// Ends one member that is a notification, and has no reply.
  func endMember() {
    remaining -= 1
    if isComplete, hasReplies { text.writeStaticString("]") }
  }

  /// Ends one member with its reply.
  func endMember(_ write: (inout ByteBuffer) -> Void) {
    text.writeStaticString(hasReplies ? "," : "[")
    write(&text)
    endMember()
  }
}

/// The members of a batch that have to wait until an earlier one of them has begun.
struct BatchRest {
  /// The text of the whole batch.
  let text: ByteBuffer
  let elements: ContiguousArray<ByteRange>.SubSequence
  let batch: BatchReply
}
