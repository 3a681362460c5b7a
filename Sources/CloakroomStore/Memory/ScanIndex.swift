internal import NIOCore

/// The keys of one table, in an order that a scan can go on in.
///
/// A key's place depends on its hash alone, whatever else comes and goes (a dictionary's order changes
/// when it grows). With all shards there are 65,536 buckets: even a million keys are 16 a bucket, and
/// a bucket is the least that a scan looks at.
struct ScanIndex: Sendable {
  /// The number of buckets.
  static let bucketCount = 4096

  /// What was found in whole buckets.
  struct Part {
    /// The names that are there and begin with the prefix.
    var names: [StoreKey] = []
    /// How many were looked at.
    var examined = 0
    /// The bucket to go on with; nil when there is none behind.
    var next: Int?
  }

  private var buckets: [[MemoryKey]] = Array(repeating: [], count: bucketCount)
  /// One bit for each bucket that is not empty, so that empty ones cost nothing.
  private var bits: [UInt64] = Array(repeating: 0, count: bucketCount / 64)

  /// Adds a key that is not there.
  mutating func insert(_ key: MemoryKey) {
    let bucket = Self.bucket(of: key)
    buckets[bucket].append(key)
    bits[bucket / 64] |= 1 << UInt64(bucket % 64)
  }

  /// Removes a key.
  mutating func remove(_ key: MemoryKey) {
    let bucket = Self.bucket(of: key)
    guard let place = buckets[bucket].firstIndex(of: key) else { return }
    buckets[bucket].swapAt(place, buckets[bucket].count - 1)
    buckets[bucket].removeLast()
    guard buckets[bucket].isEmpty else { return }
    buckets[bucket] = []
    bits[bucket / 64] &= ~(1 << UInt64(bucket % 64))
  }

  /// Looks at the keys of whole buckets, from one of them on, until there are enough.
  func scan(
    prefix: ByteBuffer, from bucket: Int, count: Int, isThere: (MemoryKey) -> Bool
  ) -> Part {
    var part = Part()
    part.next = occupied(from: bucket)
    while let bucket = part.next, part.examined < count {
      for key in buckets[bucket] {
        part.examined += 1
        guard key.bytes.begins(with: prefix), isThere(key) else { continue }
        part.names.append(StoreKey(bytes: key.bytes))
      }
      part.next = occupied(from: bucket + 1)
    }
    return part
  }

  /// The first bucket that is not empty, from one on.
  private func occupied(from bucket: Int) -> Int? {
    guard bucket < Self.bucketCount else { return nil }
    var word = bucket / 64
    var rest = bits[word] & (.max << UInt64(bucket % 64))
    while rest == 0 {
      word += 1
      guard word < bits.count else { return nil }
      rest = bits[word]
    }
    return word * 64 + rest.trailingZeroBitCount
  }

  /// Other bits than those that pick the shard.
  private static func bucket(of key: MemoryKey) -> Int {
    Int(truncatingIfNeeded: UInt(bitPattern: key.hash) >> 16) & (bucketCount - 1)
  }
}
