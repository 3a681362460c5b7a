internal import CloakroomRedis
internal import NIOCore

extension RedisStoreLink {
  /// Looks for names of pending operations: one SCAN, as `ScanNames` does.
  func scan(
    _ prefix: ByteBuffer, from position: UInt64, count: Int, ticket: StoreTicket,
    answering decoder: RedisReplyDecoder
  ) {
    let glob = ScanNames.glob(for: prefix)
    send(ticket, decoder, .read, payload: glob.readableBytes + 64, arguments: 6) {
      $0.write(parts: 6)
      $0.write("SCAN")
      $0.write(string: String(position))
      $0.write("MATCH")
      $0.write(glob)
      $0.write("COUNT")
      $0.write(Int64(count))
    }
  }
}
