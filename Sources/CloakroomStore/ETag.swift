internal import COpenSSL
public import NIOCore

/// A value's etag: the SHA-1 of its stored bytes, in hexadecimal.
///
/// Made from the content alone, so that a plain value stays a plain string in Redis, and SHA-1
/// because `redis.sha1hex` is what a Redis script can compute for itself. It tells versions of one
/// key apart and protects nothing.
public enum ETag {
  /// The number of characters of an etag.
  public static let length = 40

  /// The etag of a value's bytes.
  public static func of(_ value: ByteBuffer) -> String {
    var digest = [UInt8](repeating: 0, count: 20)
    value.withUnsafeReadableBytes { bytes in
      // One-shot digest of a fixed algorithm into a buffer of its size; it can't fail but for memory.
      _ = EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha1(), nil)
    }
    return String(unsafeUninitializedCapacity: length) { text in
      let digits = StaticString("0123456789abcdef")
      for (index, byte) in digest.enumerated() {
        text[index * 2] = digits.utf8Start[Int(byte >> 4)]
        text[index * 2 + 1] = digits.utf8Start[Int(byte & 15)]
      }
      return length
    }
  }
}
