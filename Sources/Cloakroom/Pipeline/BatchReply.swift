internal import CloakroomWire
internal import NIOCore

/// A JSON-RPC batch whose members are started one after the other.
struct BatchMembers {
  /// The whole batch.
  let text: ByteBuffer
  /// Where the members' replies are gathered.
  let reply: BatchReply
  private let members: ContiguousArray<ByteRange>
  private var started = 0

  /// - Parameters:
  ///   - members: where the members lie in the text.
  ///   - headRoom: how many bytes are to be put before the reply.
  init(of text: ByteBuffer, _ members: ContiguousArray<ByteRange>, headRoom: Int) {
    self.text = text
    self.members = members
    reply = BatchReply(count: members.count, headRoom: headRoom)
  }

  /// Whether all members have been started.
  var isOver: Bool { started >= members.count }

  /// Where the next member lies; nil when there is none.
  mutating func next() -> Range<Int>? {
    guard !isOver else { return nil }
    defer { started += 1 }
    return members[started].offsets
  }

  /// Has the member that was taken last be the next again.
  mutating func stepBack() { started = max(started - 1, 0) }
}

/// The reply to a JSON-RPC batch, gathered until its last member is answered.
final class BatchReply {
  /// The members' replies so far, the opening bracket before them.
  private var text: ByteBuffer
  private var remaining: Int
  /// How many bytes its members' replies have together.
  private(set) var gatheredBytes = 0

  /// How many bytes of its memory may be of no use.
  private static let wasteLimit = 1 << 16
  /// How long the longest result was that did not stay.
  private var cutBytes = 0

  /// - Parameters:
  ///   - count: how many members the batch has, notifications counted.
  ///   - headRoom: for how many bytes there is to be room before the reply.
  init(count: Int, headRoom: Int = 0) {
    remaining = count
    text = ByteBuffer(headRoom: headRoom)
  }

  /// How long the reply is so far.
  var byteCount: Int { text.readableBytes }
  /// Whether all members have ended.
  var isComplete: Bool { remaining == 0 }
  /// Whether there is something to answer: a batch of notifications gets no reply at all.
  var hasReplies: Bool { text.readableBytes > 0 }

  /// Takes the reply, once it is complete: not with much more memory than it needs, as it may be held until a slow
  /// client has read it.
  func takeText() -> ByteBuffer {
    var taken = ByteBuffer()
    swap(&taken, &text)
    guard cutBytes > Self.wasteLimit else { return taken }
    // The line break that follows has room too.
    var copy = ByteBuffer(headRoom: taken.readerIndex)
    copy.reserveCapacity(minimumWritableBytes: taken.readableBytes + 1)
    copy.writeImmutableBuffer(taken)
    return copy
  }

  /// A member's result was written, and did not stay.
  ///
  /// - Parameter bytes: how long it was.
  func cut(_ bytes: Int) { cutBytes = max(cutBytes, bytes) }

  /// Ends one member that is a notification, and has no reply.
  func endMember() {
    remaining -= 1
    if isComplete, hasReplies { text.writeStaticString("]") }
  }

  /// Ends one member with its reply.
  func endMember(_ write: (inout ByteBuffer) -> Void) {
    text.writeStaticString(hasReplies ? "," : "[")
    let before = text.writerIndex
    write(&text)
    gatheredBytes += text.writerIndex - before
    endMember()
  }
}
