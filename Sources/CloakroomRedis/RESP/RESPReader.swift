internal import CHiredis
public import NIOCore

/// Bytes from Redis that are not RESP2, or are too many.
public struct RESPFault: Error, Sendable {
  /// What is wrong with them; nothing of what they hold.
  public let message: String
}

/// Takes Redis' replies apart; owns a hiredis `redisReader`.
///
/// hiredis calls reply-object functions of our own, which put the nodes into one reused
/// `RESPReply`: a string is copied once, out of the reader's buffer, and nothing is allocated.
/// After bytes are taken in, one reply after the other is asked for, until there is none.
public final class RESPReader {
  /// The largest piece handed to hiredis at once, in bytes. It moves what is left in its buffer to
  /// the front for each KiB that it has read, so a large piece of short replies would be moved over
  /// and over.
  private static let pieceSize = 4 * 1024
  /// The same in the midst of a reply that a whole piece has not completed: there is nothing to move,
  /// and hiredis looks at what it has anew with each piece.
  private static let longPieceSize = 16 * 1024

  /// The largest reply that is read unless told otherwise, in bytes: as much as Redis' own longest
  /// string (`proto-max-bulk-len`).
  public static let standardReplyLimit = 512 << 20

  private let replyLimit: Int
  /// How many bytes were fed since the last reply was whole, at most a piece less than there are.
  private var partial = 0
  private let reader: UnsafeMutablePointer<redisReader>
  private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
  /// What was read from the socket last, and how much of it was fed.
  private var input = ByteBuffer()
  private var fed = 0
  /// The reply that `next` has read; the next one takes its place.
  public let reply = RESPReply()

  /// Makes a reader; nil only when there is no memory for one.
  ///
  /// - Parameter replyLimit: about how many bytes one reply may have; whatever Redis claims or sends,
  ///   no more memory is taken.
  public init?(replyLimit: Int = RESPReader.standardReplyLimit) {
    self.replyLimit = replyLimit
    functions = .allocate(capacity: 1)
    functions.initialize(to: ReplyObject.functions)
    guard let reader = redisReaderCreateWithFunctions(functions) else {
      functions.deallocate()
      return nil
    }
    self.reader = reader
    // Its buffer is kept when it is empty: giving it back and taking it anew costs more.
    reader.pointee.maxbuf = 0
    reader.pointee.privdata = Unmanaged.passUnretained(reply).toOpaque()
  }

  deinit {
    redisReaderFree(reader)
    functions.deallocate()
  }

  /// Takes in bytes from Redis. The replies that an earlier buffer still had are lost: they are to be
  /// read before the next one is taken in.
  public func take(_ buffer: consuming ByteBuffer) {
    fed = buffer.readerIndex
    input = buffer
  }

  /// Reads the next reply into `reply`.
  ///
  /// - Returns: false when what was taken in completes no more of them.
  /// - Throws: when the bytes are not RESP2, are arrays nested more than eight deep, or one reply's
  ///   are more than the limit; the connection is of no more use then.
  public func next() throws(RESPFault) -> Bool {
    while true {
      if try readReply() {
        partial = 0
        return true
      }
      guard partial <= replyLimit else { throw RESPFault(message: "a reply is too large") }
      guard feedPiece() else { return false }
    }
  }

  /// Hands the next piece of what was taken in to hiredis; false when there is none.
  private func feedPiece() -> Bool {
    let size = partial == 0 ? Self.pieceSize : Self.longPieceSize
    let count = min(size, input.writerIndex - fed)
    guard count > 0 else {
      // Let go, so that the channel can read into the same memory again.
      input = ByteBuffer()
      fed = 0
      return false
    }
    input.withVeryUnsafeBytes { bytes in
      let piece = UnsafeRawBufferPointer(rebasing: bytes[fed..<fed + count])
      _ = redisReaderFeed(
        reader, piece.baseAddress?.assumingMemoryBound(to: CChar.self), piece.count)
    }
    fed += count
    partial += count
    return true
  }

  /// Reads one reply out of what was fed; false when it isn't whole yet.
  private func readReply() throws(RESPFault) -> Bool {
    // A reply that was begun by the last piece goes on where it stood.
    if reader.pointee.ridx == -1 {
      // Nothing is left to begin one with; a fault is told again.
      if reader.pointee.pos == reader.pointee.len, reader.pointee.err == 0 { return false }
      reply.removeAll()
    }
    var object: UnsafeMutableRawPointer?
    guard redisReaderGetReply(reader, &object) == REDIS_OK else { throw fault }
    return object != nil
  }

  /// What hiredis has to say against the bytes.
  private var fault: RESPFault {
    RESPFault(
      message: withUnsafePointer(to: &reader.pointee.errstr) {
        $0.withMemoryRebound(to: CChar.self, capacity: 128) { String(cString: $0) }
      })
  }
}

/// The functions that hiredis calls for each node of a reply.
private enum ReplyObject {
  static var functions: redisReplyObjectFunctions {
    redisReplyObjectFunctions(
      createString: { task, content, count in
        guard let task else { return nil }
        let kind: RESPReply.Kind =
          switch task.pointee.type {
          case REDIS_REPLY_STATUS: .status
          case REDIS_REPLY_ERROR: .error
          default: .string
          }
        let bytes = UnsafeRawBufferPointer(start: content, count: count)
        return ReplyObject.add(to: task) { $0.append(kind, bytes) }
      },
      createArray: { task, count in
        ReplyObject.add(to: task) { $0.append(.array, integer: Int64(count)) }
      },
      createInteger: { task, value in
        ReplyObject.add(to: task) { $0.append(.integer, integer: value) }
      },
      createNil: { task in ReplyObject.add(to: task) { $0.append(.null) } },
      freeObject: { _ in }
    )
  }

  /// Adds a node to the reply that a task is a part of. hiredis sets a task's `privdata` from its
  /// reader's, which is the reply of the `RESPReader` that frees it, so it is alive whenever hiredis
  /// calls, and need not be counted.
  ///
  /// - Returns: what hiredis keeps of the node. It takes null for lack of memory; any other address
  ///   will do, none is followed.
  @inline(__always)
  static func add(
    to task: UnsafePointer<redisReadTask>?, _ body: (RESPReply) -> Void
  ) -> UnsafeMutableRawPointer? {
    guard let reply = task?.pointee.privdata else { return nil }
    Unmanaged<RESPReply>.fromOpaque(reply)._withUnsafeGuaranteedRef(body)
    return UnsafeMutableRawPointer(bitPattern: 1)
  }
}
