internal import DequeModule
internal import NIOCore

/// The bytes of all commands that wait for replies, in the order in which they were submitted.
///
/// A chunk is what one tick of the loop has gathered, or a portion of it where that is much; it is written
/// to the socket as it is, and kept (not copied) until its last reply has arrived, so that a command can be
/// sent again.
struct CommandJournal {
  /// A chunk of so many bytes takes no more commands: what the socket has no room for is not handed to
  /// it, and can still be let go.
  private static let portion = 256 * 1024
  /// How many emptied chunks are kept for reuse.
  private static let spares = 4
  /// The largest chunk that is kept for reuse, in bytes.
  private static let spareCapacity = 1 << 20

  /// The chunks that were sent and have commands without a reply, the oldest first.
  private var sent = Deque<ByteBuffer>()
  /// How many bytes of the oldest of them, its last ones, are commands without a reply.
  private var oldest = 0
  /// The chunks that are full and were not sent yet, the oldest first.
  private var full = Deque<ByteBuffer>()
  /// How many bytes they have.
  private var fullCount = 0
  /// The chunk that this tick gathers. On its own, so that a command is written straight into it.
  private var open = ByteBuffer()
  private var spare: [ByteBuffer] = []
  /// The bytes of all commands without a reply.
  private(set) var count = 0

  /// Whether something waits for being sent.
  var hasUnsent: Bool { open.readableBytes > 0 || !full.isEmpty }

  /// The bytes of the commands that were sent and have no reply.
  var sentCount: Int { count - fullCount - open.readableBytes }

  /// Appends one command.
  ///
  /// - Returns: how many bytes it takes.
  @inline(__always)
  mutating func append(_ encode: (inout ByteBuffer) -> Void) -> Int {
    if open.readableBytes >= Self.portion { closeChunk() }
    let before = open.writerIndex
    encode(&open)
    let length = open.writerIndex - before
    count += length
    return length
  }

  private mutating func closeChunk() {
    fullCount += open.readableBytes
    full.append(open)
    open = spare.popLast() ?? ByteBuffer()
  }

  /// Hands out the oldest chunk that was not sent yet, and marks it as sent.
  mutating func takeUnsent() -> ByteBuffer? {
    guard hasUnsent else { return nil }
    let chunk = takeChunk()
    if sent.isEmpty { oldest = chunk.readableBytes }
    sent.append(chunk)
    return chunk
  }

  private mutating func takeChunk() -> ByteBuffer {
    guard let chunk = full.popFirst() else {
      let chunk = open
      open = spare.popLast() ?? ByteBuffer()
      return chunk
    }
    fullCount -= chunk.readableBytes
    return chunk
  }

  /// Takes out what was not sent yet, to be appended anew in another order.
  mutating func takeBackUnsent() -> ByteBuffer {
    var bytes = takeChunk()
    while hasUnsent { bytes.writeImmutableBuffer(takeChunk()) }
    count -= bytes.readableBytes
    return bytes
  }

  /// Drops the oldest command of those that were not sent yet.
  mutating func removeFirstUnsent(length: Int) {
    guard var chunk = full.popFirst() else {
      guard length <= open.readableBytes else { return }
      open.moveReaderIndex(forwardBy: length)
      count -= length
      return
    }
    let taken = min(length, chunk.readableBytes)
    chunk.moveReaderIndex(forwardBy: taken)
    count -= taken
    fullCount -= taken
    if chunk.readableBytes > 0 { full.prepend(chunk) } else { recycle(chunk) }
  }

  /// Drops the oldest command, whose reply has arrived.
  mutating func removeFirst(length: Int) {
    guard length < oldest else { return removeLastOfChunk(length: length) }
    oldest -= length
    count -= length
  }

  /// Drops the oldest command when its chunk has no other, or when it was not even sent.
  private mutating func removeLastOfChunk(length: Int) {
    if let chunk = sent.popFirst() {
      count -= oldest
      oldest = sent.first?.readableBytes ?? 0
      recycle(chunk)
    } else {
      removeFirstUnsent(length: length)
    }
  }

  /// A copy of the oldest command's bytes.
  func first(length: Int) -> ByteBuffer? {
    guard let chunk = sent.first else {
      let chunk = full.first ?? open
      return chunk.getSlice(at: chunk.readerIndex, length: length)
    }
    return chunk.getSlice(at: chunk.writerIndex - oldest, length: length)
  }

  /// Takes the oldest command out, whether or not it was sent.
  mutating func popFirst(length: Int) -> ByteBuffer {
    let bytes = first(length: length) ?? ByteBuffer()
    removeFirst(length: length)
    return bytes
  }

  /// Keeps an emptied chunk's memory, unless there is enough of it already.
  private mutating func recycle(_ buffer: consuming ByteBuffer) {
    guard spare.count < Self.spares, buffer.capacity <= Self.spareCapacity else { return }
    // When the socket still holds the bytes, `clear` leaves them to it and takes new memory.
    buffer.clear()
    spare.append(buffer)
  }
}
