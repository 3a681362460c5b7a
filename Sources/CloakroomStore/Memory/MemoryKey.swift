internal import NIOCore

/// A key with its hash, which is made once and picks both the shard and the place within it.
struct MemoryKey: Sendable, Hashable {
  /// The key's bytes.
  let bytes: ByteBuffer
  /// The bytes' hash, seeded anew in each process: callers can't choose keys that collide.
  let hash: Int

  /// Looks at a key where it lies; what is made so must not outlive the call.
  init(borrowing key: StoreKey) {
    bytes = key.bytes
    hash = key.bytes.hashValue
  }

  private init(bytes: ByteBuffer, hash: Int) {
    self.bytes = bytes
    self.hash = hash
  }

  /// The same key in memory of its own, fit to be kept.
  func detached() -> MemoryKey { MemoryKey(bytes: bytes.detached(), hash: hash) }

  func hash(into hasher: inout Hasher) { hasher.combine(hash) }

  static func == (left: Self, right: Self) -> Bool {
    left.hash == right.hash && left.bytes == right.bytes
  }
}

extension ByteBuffer {
  /// Whether the readable bytes begin with others.
  func begins(with prefix: ByteBuffer) -> Bool {
    withUnsafeReadableBytes { bytes in
      prefix.withUnsafeReadableBytes { bytes.starts(with: $0) }
    }
  }

  /// The readable bytes in memory of their own, so that nothing larger is kept alive by them.
  ///
  /// NIO rounds an allocation up to a power of two; `capacity` tells how much it really is.
  func detached() -> ByteBuffer {
    var copy = ByteBufferAllocator().buffer(capacity: readableBytes)
    copy.writeImmutableBuffer(self)
    return copy
  }
}
