package import CloakroomCore
package import CloakroomRedis
package import NIOCore

/// Reads how a record begins: its header, as long as that is no longer than usual. → nothing where there is none
///
/// For those who look through many records, of which each may have megabytes. A record in its earlier form is
/// STORE_REFUSED, code `WRONGTYPE`.
package struct ReadRecordHead: StoreStep {
  /// How many bytes are read.
  package static let length = 2048

  package let name: StoreKey

  package init(_ name: StoreKey) { self.name = name }

  package func perform(in store: MemoryStore) throws(RPCError) -> ByteBuffer {
    guard case .record(let record?, _) = store.perform(.read(name)) else { return ByteBuffer() }
    let length = min(Self.length, record.readableBytes)
    return record.getSlice(at: record.readerIndex, length: length) ?? ByteBuffer()
  }

  package static let redis = RedisForm.command("GETRANGE", .read)
  package var keys: [StoreKey] { [name] }
  package var arguments: [RedisArgument] { [.number(0), .number(Self.length - 1)] }

  package static func read(_ reply: borrowing RESPReply) -> ByteBuffer? {
    var reader = RESPReplyReader(reply)
    return reader.slice()
  }

  package static func byteCount(of reply: ByteBuffer) -> Int { reply.readableBytes }
}
