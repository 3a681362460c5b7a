/// A token that was just made.
public struct SignedToken: Sendable {
  /// The token, in ASCII: letters, digits, `-`, `_` and dots.
  public let text: String
  /// Its `jti`, 128 random bits.
  public let id: String
  /// Its `exp`, in milliseconds since 1970 (UTC).
  public let expiresAtMs: Int64
}
