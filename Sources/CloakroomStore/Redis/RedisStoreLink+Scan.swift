internal import CloakroomRedis
internal import NIOCore

extension RedisStoreLink {
  /// Hands a scan to Redis: one SCAN, which looks at about as many names as it is told.
  ///
  /// Redis gets nothing of a caller's pattern but what is fixed, so that matching costs it no more
  /// than comparing.
  ///
  /// - Parameter shape: what its reply is made into.
  func scan(
    _ prefix: ByteBuffer, from position: UInt64, count: Int, ticket: StoreTicket,
    answering shape: RedisReplyShape = .scanned
  ) {
    let glob = Self.glob(for: prefix)
    send(ticket, shape, .read, payload: glob.readableBytes + 64, arguments: 6) {
      $0.write(parts: 6)
      $0.write("SCAN")
      $0.write(string: String(position))
      $0.write("MATCH")
      $0.write(glob)
      $0.write("COUNT")
      $0.write(Int64(count))
    }
  }

  /// What Redis' MATCH takes for all names that begin with a prefix: each byte that has a meaning in
  /// a glob of Redis (`stringmatchlen`) behind a backslash.
  static func glob(for prefix: ByteBuffer) -> ByteBuffer {
    var glob = ByteBuffer()
    for byte in prefix.readableBytesView {
      switch byte {
      case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["), UInt8(ascii: "]"),
        UInt8(ascii: "\\"):
        glob.writeInteger(UInt8(ascii: "\\"))
      default: break
      }
      glob.writeInteger(byte)
    }
    glob.writeInteger(UInt8(ascii: "*"))
    return glob
  }
}
