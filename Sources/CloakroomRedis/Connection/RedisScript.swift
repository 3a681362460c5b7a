/// A Lua script that Redis keeps by its SHA-1 and runs as one step (EVALSHA).
public struct RedisScript: Sendable, Hashable {
  /// The script's text.
  public let source: String
  /// The SHA-1 of the text in hexadecimal, as SCRIPT LOAD answers it.
  public let digest: String

  /// A script with its digest.
  public init(source: String, digest: String) {
    self.source = source
    self.digest = digest
  }
}
