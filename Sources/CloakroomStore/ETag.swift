public import NIOCore

/// A value's etag: the SHA-1 of its stored bytes, in hexadecimal.
///
/// Made from the content alone, so that a plain value stays a plain string in Redis, and SHA-1
/// because `redis.sha1hex` is what a Redis script can compute for itself. It tells versions of one
/// key apart and protects nothing.
public struct ETag: Sendable {
  /// The number of characters of an etag.
  public static let length = 40

  /// The SHA-1 itself. Twenty bytes and no reference, so that whatever carries it is cheap to copy.
  private let digest: InlineArray<20, UInt8>

  /// The etag of a value's bytes.
  public init(of value: ByteBuffer) {
    var digest = InlineArray<20, UInt8>(repeating: 0)
    var memory = digest.mutableSpan
    memory.withUnsafeMutableBufferPointer { digest in
      value.withUnsafeReadableBytes { bytes in
        DigestAlgorithm.sha1.digest(bytes, into: digest)
      }
    }
    self.digest = digest
  }

  /// The etag as callers see it.
  public var text: String {
    String(unsafeUninitializedCapacity: Self.length) { text in
      let digits = StaticString("0123456789abcdef")
      for index in digest.indices {
        text[index * 2] = digits.utf8Start[Int(digest[index] >> 4)]
        text[index * 2 + 1] = digits.utf8Start[Int(digest[index] & 15)]
      }
      return Self.length
    }
  }

  /// The etag of a value's bytes, as callers see it.
  public static func of(_ value: ByteBuffer) -> String { ETag(of: value).text }
}
