/// What a primitive needs to remember from its parameters until the store has answered.
public struct Memo: Sendable {
  /// The etag of the value that is being written, when the caller asked for it.
  public var etag: String?

  /// Nothing to remember.
  public init() {}
}
