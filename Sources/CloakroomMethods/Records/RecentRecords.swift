internal import CloakroomStore
internal import NIOCore

/// The records that a loop has written last, as it has written them.
///
/// Most changes of a record follow another one through the same sidecar: a checkout and its commit, a begin and
/// its complete, patch after patch. What is decided on what is here is committed without a read.
/// It is a guess, and needs to be no better: a commit is done only over the version that it was decided on, and
/// is answered with what is there instead. So nothing has to be told when another sidecar writes, and what is
/// found is never told to anybody as it is.
///
/// They are copied into a ring, where the oldest make room. To keep the buffers themselves made each later
/// allocation slower by more than a read takes.
struct RecentRecords {
  private struct Slot {
    var hash = 0
    /// Where it begins in all that was ever written.
    var start = 0
    /// 0 is none.
    var count = 0
  }

  /// A power of two; each name has one slot, and shares it with others.
  private static let slotCount = 16_384
  /// How large a record may be to be kept, so that there is room for many.
  private static let largest = 32 * 1024

  private let byteCount: Int
  private var slots: [Slot] = []
  private var ring: [UInt8] = []
  /// How much was written so far, and what was left free at the ring's end.
  private var written = 0

  /// One that keeps nothing yet, and takes no memory before it does.
  ///
  /// - Parameter byteCount: how much room there is for records; 0 keeps none.
  init(byteCount: Int) { self.byteCount = byteCount }

  /// Takes out what was written under a name; mostly a commit takes its place.
  ///
  /// - Parameter hash: the name's. Another name's record does no harm: it has another version.
  mutating func take(_ hash: Int) -> ByteBuffer? {
    guard !slots.isEmpty else { return nil }
    let slot = slots[Self.place(hash)]
    guard slot.hash == hash, slot.count > 0 else { return nil }
    slots[Self.place(hash)] = Slot()
    guard written - slot.start <= byteCount else { return nil }
    let start = slot.start % byteCount
    return ByteBuffer(bytes: ring[start..<start + slot.count])
  }

  /// Keeps what was written.
  mutating func keep(_ record: ByteBuffer, _ hash: Int) {
    let count = record.readableBytes
    guard count > 0, count <= min(Self.largest, byteCount) else { return }
    if slots.isEmpty {
      slots = Array(repeating: Slot(), count: Self.slotCount)
      ring = Array(repeating: 0, count: byteCount)
    }
    let rest = byteCount - written % byteCount
    if rest < count { written += rest }
    let start = written % byteCount
    ring.withUnsafeMutableBytes { ring in
      record.withUnsafeReadableBytes {
        UnsafeMutableRawBufferPointer(rebasing: ring[start..<start + count]).copyMemory(from: $0)
      }
    }
    slots[Self.place(hash)] = Slot(hash: hash, start: written, count: count)
    written += count
  }

  private static func place(_ hash: Int) -> Int { hash & (slotCount - 1) }
}
