internal import NIOCore

/// A part of the index of deadlines: which records to look at when, as something happens to them by
/// itself.
///
/// An entry is a reminder, and the record decides. One that is missing, or late, does no harm but that what
/// has happened is seen later, when the record is used. A reminder is given by the commit that makes it
/// necessary (`RecordCommit.remindAtMs`), before the record is written.
///
/// Which part a name is in depends on its bytes alone, and the parts have nothing to do with each other, so
/// that each can live on another server. In Redis a part is a sorted set of names, each with the time in ms
/// at which to look at its record, and one of those that somebody is looking at, each with the time until
/// when. A reminder that is given meanwhile adds to the first (`ZADD LT`), and so is not lost. Both have one
/// hash tag; the records are on other shards.
public struct DeadlinePart: Sendable, Hashable {
  /// How many parts there are beside the one of an earlier version.
  static let count = 8

  /// Its number; nil for the one index that sidecars up to version 0.1 have written, which is emptied.
  let number: Int?
  /// The name of the set of names that are due at a time.
  let due: StoreKey
  /// The name of the set of names that are somebody's.
  let held: StoreKey

  /// All parts of the store of a prefix.
  public static func all(prefix: String) -> [DeadlinePart] {
    (0..<count).map { DeadlinePart(number: $0, prefix: prefix, name: "{\($0)}") }
      + [DeadlinePart(number: nil, prefix: prefix, name: "pending")]
  }

  /// No caller can spell these names: no service has a `$` in its name, and what callers name has more
  /// parts.
  private init(number: Int?, prefix: String, name: String) {
    self.number = number
    due = StoreKey(bytes: ByteBuffer(string: "\(prefix):$deadlines:\(name)"))
    held = StoreKey(bytes: ByteBuffer(string: "\(prefix):$deadlines:\(name):held"))
  }

  /// The number of the part that a name is in (FNV-1a, 64 bits).
  static func number(of name: StoreKey) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    name.bytes.withUnsafeReadableBytes { bytes in
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0100_0000_01b3 }
    }
    return Int(hash % UInt64(count))
  }
}
