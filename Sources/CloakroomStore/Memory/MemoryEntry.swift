internal import NIOCore

/// One stored value.
struct MemoryEntry: MemoryCharged {
  /// What an entry is taken to cost beside the memory of its key and value, in bytes: its share of
  /// the table and of the queue of deadlines, and both buffers' own objects.
  static let overhead = 384

  /// The value, in memory of its own; never a slice of a larger buffer.
  var value: ByteBuffer

  /// What it is charged for beside its key, in bytes: the memory its buffer has, not only what it uses.
  var cost: Int { Self.overhead + value.capacity }
}
