public import NIOCore

/// What a connection's bytes come apart into.
public enum Frame: Sendable, Hashable {
  /// One text, not looked into yet. Mostly a slice of the buffer that was read: dropping it soon
  /// lets that buffer be used again.
  case text(ByteBuffer)
  /// A text was longer than the limit in bytes. It is thrown away, and the connection goes on.
  case tooLarge(limit: Int)
  /// The headers can't be understood, so nobody knows where the next text begins: the connection
  /// is of no more use. The reason is fixed text, without anything of what was sent.
  case malformed(String)
}
