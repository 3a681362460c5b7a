package import CloakroomCore
package import CloakroomRedis
package import NIOCore

/// Looks at about `count` of the store's names, and finds those that begin with `prefix`.
///
/// A name that is there from the first scan to the last is found at least once.
package struct ScanNames: StoreStep {
  /// What was found.
  package struct Reply: Sendable, Equatable {
    /// Names, in no order.
    package let names: [StoreKey]
    /// Where to go on; 0 when all have been looked at.
    package let next: UInt64

    package init(names: [StoreKey], next: UInt64) {
      self.names = names
      self.next = next
    }
  }

  package let prefix: ByteBuffer
  /// What a scan before has answered with, or 0 to begin.
  package let position: UInt64
  package let count: Int
  /// Whether only records are looked for, which can always be listed.
  package let ofRecords: Bool

  package var weight: Int { max(1, count / 16) }

  package init(prefix: ByteBuffer, from position: UInt64, count: Int, ofRecords: Bool = false) {
    self.ofRecords = ofRecords
    self.prefix = prefix
    self.position = position
    self.count = count
  }

  /// A position is a bucket's number, counted over the store's tables: what is in it stays in it, so
  /// that a name that is there all the while is met when its bucket is.
  package func perform(in store: MemoryStore) throws(RPCError) -> Reply {
    guard store.isScannable || ofRecords else {
      throw RPCError(.storeRefused, "the store keeps no index for scans")
    }
    let perTable = ScanIndex.bucketCount
    let tables = ofRecords ? store.recordTables : store.tables
    let (start, end) = (tables.lowerBound * perTable, tables.upperBound * perTable)
    guard let position = Int(exactly: position), position < end else {
      throw RPCError(.invalidParams, "the cursor is none of this store's")
    }
    var place = max(position, start)
    var found: [StoreKey] = []
    var examined = 0
    while place < end, examined < count {
      let table = place / perTable
      let part = store.scan(table, prefix, from: place % perTable, count: count - examined)
      found += part.names
      examined += part.examined
      place = table * perTable + (part.next ?? perTable)
    }
    return Reply(names: found, next: place < end ? UInt64(place) : 0)
  }

  /// One SCAN, which looks at about as many names as it is told. Redis gets nothing of a caller's
  /// pattern but what is fixed, so that matching costs it no more than comparing.
  package static let redis = RedisForm.command("SCAN", .read)
  package var keys: [StoreKey] { [] }

  package var arguments: [RedisArgument] {
    [
      .text(String(position)), "MATCH", .bytes(Self.glob(for: prefix)), "COUNT", .number(count),
    ]
  }

  package static func read(_ reply: borrowing RESPReply) -> Reply? {
    var reader = RESPReplyReader(reply)
    guard reader.array() == 2, let next = reader.text().flatMap({ UInt64($0) }),
      let count = reader.array()
    else { return nil }
    var names: [StoreKey] = []
    names.reserveCapacity(count)
    for _ in 0..<count {
      guard let name = reader.slice() else { return nil }
      names.append(StoreKey(bytes: name))
    }
    return Reply(names: names, next: next)
  }

  package static func byteCount(of reply: Reply) -> Int {
    reply.names.reduce(0) { $0 + 16 + $1.bytes.capacity }
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
