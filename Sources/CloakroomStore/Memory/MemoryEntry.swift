internal import NIOCore

/// One stored value.
struct MemoryEntry: Sendable {
  /// What an entry is taken to cost beside the memory of its key and value, in bytes: its share of
  /// the table and of the queue of deadlines, and both buffers' own objects.
  static let overhead = 384

  /// The value, in memory of its own; never a slice of a larger buffer.
  var value: ByteBuffer
  /// When its life ends.
  var deadline: Deadline
  /// The deadline under which the entry stands in the queue; `never` when it doesn't.
  var queued: Deadline = .never

  /// What an entry is charged for, in bytes: the memory its buffers have, not only what they use.
  static func cost(key: ByteBuffer, value: ByteBuffer) -> Int {
    overhead + key.capacity + value.capacity
  }
}
