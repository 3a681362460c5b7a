public import NIOCore

/// What can be listened to on the bus.
public enum Topic: Sendable, Hashable {
  /// One name; a message is published on a name.
  case name(StoreKey)
  /// All names that a Redis glob matches (PSUBSCRIBE). Its maker escapes all but the wildcards
  /// that are meant as such.
  case pattern(ByteBuffer)
}
