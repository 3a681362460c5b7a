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
public final class RESPReader {
  /// The largest piece handed to hiredis at once, in bytes. It moves what is left in its buffer to
  /// the front for each KiB that it has read, so a large piece would be moved over and over.
  private static let pieceSize = 8 * 1024

  /// The largest reply that is read unless told otherwise, in bytes: as much as Redis' own longest
  /// string (`proto-max-bulk-len`).
  public static let standardReplyLimit = 512 << 20

  private let replyLimit: Int
  /// How many bytes were fed since the last reply was whole, at most a piece less than there are.
  private var partial = 0
  private let reader: UnsafeMutablePointer<redisReader>
  private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
  private var reply = RESPReply()

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
    reader.pointee.privdata = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    redisReaderFree(reader)
    functions.deallocate()
  }

  /// Takes in bytes from Redis and hands over each reply that they complete.
  ///
  /// - Parameters:
  ///   - buffer: what was read from the socket.
  ///   - body: called for each reply; what it is given is reused as soon as it returns. It answers
  ///     whether to go on.
  /// - Throws: when the bytes are not RESP2, are arrays nested more than eight deep, or one reply's
  ///   are more than the limit; the connection is of no more use then.
  public func read(
    _ buffer: ByteBuffer, _ body: (borrowing RESPReply) -> Bool
  ) throws(RESPFault) {
    var offset = buffer.readerIndex
    while offset < buffer.writerIndex {
      let count = min(Self.pieceSize, buffer.writerIndex - offset)
      buffer.withVeryUnsafeBytes { bytes in
        let piece = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
        _ = redisReaderFeed(
          reader, piece.baseAddress?.assumingMemoryBound(to: CChar.self), piece.count)
      }
      offset += count
      partial += count
      while try next() {
        partial = 0
        guard body(reply) else { return }
      }
      guard partial <= replyLimit else { throw RESPFault(message: "a reply is too large") }
    }
  }

  /// Reads one reply out of what was fed; false when it isn't whole yet.
  private func next() throws(RESPFault) -> Bool {
    // A reply that was begun by the last piece goes on where it stood.
    if reader.pointee.ridx == -1 { reply.removeAll() }
    var object: UnsafeMutableRawPointer?
    guard redisReaderGetReply(reader, &object) == REDIS_OK else {
      throw RESPFault(
        message: withUnsafePointer(to: &reader.pointee.errstr) {
          $0.withMemoryRebound(to: CChar.self, capacity: 128) { String(cString: $0) }
        })
    }
    return object != nil
  }

  /// Adds a string, status or error that hiredis has read.
  fileprivate func append(_ type: CInt, _ content: UnsafeRawBufferPointer) {
    let kind: RESPReply.Kind =
      switch type {
      case REDIS_REPLY_STATUS: .status
      case REDIS_REPLY_ERROR: .error
      default: .string
      }
    reply.append(kind, content)
  }

  /// Adds anything else that hiredis has read.
  fileprivate func append(_ kind: RESPReply.Kind, integer: Int64 = 0) {
    reply.append(kind, integer: integer)
  }
}

/// The functions that hiredis calls for each node of a reply.
private enum ReplyObject {
  static var functions: redisReplyObjectFunctions {
    redisReplyObjectFunctions(
      createString: { task, content, count in
        guard let task, let owner = ReplyObject.owner(of: task) else { return nil }
        owner.append(task.pointee.type, UnsafeRawBufferPointer(start: content, count: count))
        return ReplyObject.token
      },
      createArray: { task, count in
        guard let task, let owner = ReplyObject.owner(of: task) else { return nil }
        owner.append(.array, integer: Int64(count))
        return ReplyObject.token
      },
      createInteger: { task, value in
        guard let task, let owner = ReplyObject.owner(of: task) else { return nil }
        owner.append(.integer, integer: value)
        return ReplyObject.token
      },
      createNil: { task in
        guard let task, let owner = ReplyObject.owner(of: task) else { return nil }
        owner.append(.null)
        return ReplyObject.token
      },
      freeObject: { _ in }
    )
  }

  /// hiredis takes a null object for lack of memory; any other address will do, none is followed.
  static var token: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: 1) }

  /// The reader that a task belongs to. hiredis sets a task's `privdata` from its reader's, which is
  /// the `RESPReader` that frees it, so it is alive whenever hiredis calls.
  static func owner(of task: UnsafePointer<redisReadTask>) -> RESPReader? {
    task.pointee.privdata.map { Unmanaged<RESPReader>.fromOpaque($0).takeUnretainedValue() }
  }
}
