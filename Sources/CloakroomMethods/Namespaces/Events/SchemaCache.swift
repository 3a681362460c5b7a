internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore
internal import Synchronization

/// The compiled schemas of the channels that were published to lately.
///
/// Each event loop has its own, of schemas that all loops share, and other threads compile for it. It is never asked whether a schema is still the current one: the store says so when an event is
/// published.
final class SchemaCache: Sendable {
  /// How many schemas are kept.
  static let countLimit = 256
  /// How many bytes they may take together, compiled.
  static let sizeLimit = 16 << 20

  private struct Contents {
    var schemas: [StoreKey: ChannelSchema] = [:]
    var size = 0
  }

  private let contents = Mutex(Contents())

  /// The schema that a channel had when it was last published to; nil when it had none, or is not
  /// known.
  func schema(of channel: StoreKey) -> ChannelSchema? {
    contents.withLock { $0.schemas[channel] }
  }

  /// Compiles the schema that the store has for a channel, and keeps it.
  ///
  /// - Throws: STORE_REFUSED when it is none.
  func compile(_ definition: ByteBuffer, for channel: StoreKey) throws(RPCError) -> ChannelSchema {
    let schema = try ChannelSchema(stored: definition)
    contents.withLock { contents in
      contents.size += schema.size - (contents.schemas[channel]?.size ?? 0)
      contents.schemas[channel] = schema
      while contents.schemas.count > Self.countLimit || contents.size > Self.sizeLimit {
        // Any one: a dictionary's order is as good as chance.
        guard let other = contents.schemas.keys.first(where: { $0 != channel }) else { break }
        contents.size -= contents.schemas.removeValue(forKey: other)?.size ?? 0
      }
    }
    return schema
  }

  /// How many schemas it has, and how much memory they take.
  var standing: (count: Int, size: Int) { contents.withLock { ($0.schemas.count, $0.size) } }

  /// Forgets a channel's schema.
  func forget(_ channel: StoreKey) {
    contents.withLock { contents in
      contents.size -= contents.schemas.removeValue(forKey: channel)?.size ?? 0
    }
  }
}
