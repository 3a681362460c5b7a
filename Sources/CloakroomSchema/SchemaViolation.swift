/// One thing in which a value is not as its schema wants it.
public struct SchemaViolation: Sendable, Equatable {
  /// Where in the value, as JSON Pointer (RFC 6901); empty for the whole value. It holds names of
  /// members, which are part of the value, and is thus for the caller and for no log.
  public let instanceLocation: String
  /// The keyword, as JSON Pointer into the schema that holds it, behind any reference.
  public let keywordLocation: String
  /// What is wrong, for people. Never a piece of the value.
  public let message: String
}
