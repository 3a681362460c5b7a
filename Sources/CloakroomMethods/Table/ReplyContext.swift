public import CloakroomStore

/// What a primitive needs to remember from its parameters until the store has answered. No reference
/// is in it, as each call has one.
public struct ReplyContext: Sendable {
  /// The etag of the value that is being written, when the caller asked for it.
  public var etag: ETag?

  /// Nothing to remember.
  public init() {}
}
