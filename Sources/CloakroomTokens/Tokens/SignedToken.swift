public import NIOCore

/// A token that was just made.
public struct SignedToken: Sendable {
  /// The token, in ASCII: letters, digits, `-`, `_` and dots.
  public let bytes: ByteBuffer
  /// Its `jti`, 128 random bits.
  public let id: String
  /// Its `exp`, in milliseconds since 1970 (UTC).
  public let expiresAtMs: Int64

  /// The token as a string.
  public var text: String { String(buffer: bytes) }
}
