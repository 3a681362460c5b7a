/// How a connection's texts are told apart.
public enum Framing: Sendable, Hashable {
  /// One JSON text a line: LF ends it, a CR before the LF is dropped.
  case lines
  /// `Content-Length:` headers, a blank line, and that many bytes, as the Language Server
  /// Protocol's base protocol has it.
  case headers
}
