internal import DequeModule
internal import NIOCore

/// The bytes of all commands that wait for replies, in the order in which they were submitted.
///
/// A chunk is what one tick of the loop has gathered; it is written to the socket as it is, and kept
/// (not copied) until its last reply has come, so that a command can be sent again. A chunk's
/// readable bytes are those of commands without a reply, the oldest first.
struct CommandJournal {
  /// What one tick has gathered.
  private struct Chunk {
    var buffer: ByteBuffer
    var isSent = false
  }

  /// How many emptied chunks are kept for reuse.
  private static let spares = 4
  /// The largest chunk that is kept for reuse, in bytes.
  private static let spareCapacity = 1 << 20

  private var chunks = Deque<Chunk>()
  private var spare: [ByteBuffer] = []
  /// The bytes of all commands without a reply.
  private(set) var count = 0

  /// Whether something waits for being sent.
  var hasUnsent: Bool { chunks.last.map { !$0.isSent } ?? false }

  /// Appends one command.
  ///
  /// - Returns: how many bytes it takes.
  mutating func append(_ encode: (inout ByteBuffer) -> Void) -> Int {
    if !hasUnsent { chunks.append(Chunk(buffer: spare.popLast() ?? ByteBuffer())) }
    let last = chunks.index(before: chunks.endIndex)
    let before = chunks[last].buffer.writerIndex
    encode(&chunks[last].buffer)
    let length = chunks[last].buffer.writerIndex - before
    count += length
    return length
  }

  /// Hands out what was not sent yet, and marks it as sent.
  mutating func takeUnsent() -> ByteBuffer? {
    guard hasUnsent else { return nil }
    let last = chunks.index(before: chunks.endIndex)
    chunks[last].isSent = true
    return chunks[last].buffer
  }

  /// Drops the oldest command, whose reply has come.
  mutating func removeFirst(length: Int) {
    guard !chunks.isEmpty else { return }
    chunks[chunks.startIndex].buffer.moveReaderIndex(forwardBy: length)
    count -= length
    guard
      chunks[chunks.startIndex].isSent, chunks[chunks.startIndex].buffer.readableBytes == 0
    else { return }
    recycle(chunks.removeFirst().buffer)
  }

  /// A copy of the oldest command's bytes.
  func first(length: Int) -> ByteBuffer? {
    guard let buffer = chunks.first?.buffer else { return nil }
    return buffer.getSlice(at: buffer.readerIndex, length: length)
  }

  /// Takes the oldest command out, whether or not it was sent.
  mutating func popFirst(length: Int) -> ByteBuffer {
    while let buffer = chunks.first?.buffer, buffer.readableBytes == 0 { chunks.removeFirst() }
    guard !chunks.isEmpty else { return ByteBuffer() }
    count -= length
    return chunks[chunks.startIndex].buffer.readSlice(length: length) ?? ByteBuffer()
  }

  /// Keeps an emptied chunk's memory, unless there is enough of it already.
  private mutating func recycle(_ buffer: consuming ByteBuffer) {
    guard spare.count < Self.spares, buffer.capacity <= Self.spareCapacity else { return }
    // When the socket still holds the bytes, `clear` leaves them to it and takes new memory.
    buffer.clear()
    spare.append(buffer)
  }
}
