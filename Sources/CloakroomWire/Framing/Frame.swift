public import NIOCore

/// What a connection's bytes come apart into.
public enum Frame: Sendable, Hashable {
  /// One text, not looked into yet. Mostly a slice of the buffer that was read: dropping it soon
  /// lets that buffer be used again.
  case text(ByteBuffer)
  /// A text was longer than the limit in bytes. It is thrown away but for its beginning, the same
  /// however it was read, and the connection goes on.
  case tooLarge(limit: Int, beginning: ByteBuffer)
  /// The headers can't be understood, so nobody knows where the next text begins: the connection
  /// is of no more use. The reason is fixed text, without anything of what was sent.
  case malformed(String)
}

/// How a connection's texts are told apart.
public enum Framing: Sendable, Hashable {
  /// One JSON text a line: LF ends it, a CR before the LF is dropped.
  case lines
  /// `Content-Length:` headers, a blank line, and that many bytes, as the Language Server
  /// Protocol's base protocol has it.
  case headers
  /// Requests and responses of HTTP/1.1.
  case http
}
