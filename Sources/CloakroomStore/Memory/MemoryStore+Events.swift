internal import CloakroomCore
internal import NIOCore

extension MemoryStore {
  /// Publishes, unless the name holds a definition that the message was not made by.
  ///
  /// With the shard's lock held, so that nobody defines anything in between; the bus never asks the
  /// store for anything.
  func publish(
    _ message: ByteBuffer, under name: StoreKey, digest: String, _ life: TimeToLive
  ) -> StoreReply {
    read(name) { table, key, now in
      if let definition = table.value(of: key, at: now), definition.readableBytes > 0 {
        guard definition.readableBytesView.prefix(ETag.length).elementsEqual(digest.utf8) else {
          return .definition(definition)
        }
        _ = table.expire(key, .after(life), at: now)
      }
      return .number(Int64(bus.publish(name, message)))
    }
  }
}
