internal import CloakroomObservability
internal import NIOCore

/// Why a subscription has ended that its client did not end.
enum SubscriptionEnd: String {
  /// The policy no longer lets the connection listen there.
  case policy
  /// The store no longer lets the sidecar listen there.
  case refused
}

/// The notifications that subscribers get, as JSON-RPC 2.0 text.
extension ByteBuffer {
  /// Writes an event: the envelope with the subscription's name put before its first member.
  ///
  /// - Parameters:
  ///   - envelope: a JSON object with at least one member.
  ///   - subscription: a name that needs no escapes.
  mutating func writeEvent(_ envelope: ByteBuffer, of subscription: String) {
    let head: StaticString =
      "{\"jsonrpc\":\"2.0\",\"method\":\"events.message\",\"params\":{\"subscription\":\""
    write(
      atMost: head.utf8CodeUnitCount + subscription.utf8.count + envelope.readableBytes + 4
    ) { cursor in
      cursor.write(head)
      cursor.write(string: subscription)
      cursor.write("\",")
      // Without the brace that opens it.
      envelope.withUnsafeReadableBytes {
        cursor.write(UnsafeRawBufferPointer(rebasing: $0.dropFirst()))
      }
      cursor.write("}")
    }
  }

  /// Writes that events are missing.
  mutating func writeGap(_ reason: GapReason, dropped: UInt64?, of subscription: String) {
    writeStaticString(
      "{\"jsonrpc\":\"2.0\",\"method\":\"events.gap\",\"params\":{\"subscription\":\"")
    writeString(subscription)
    writeStaticString("\",\"reason\":\"")
    writeString(reason.name)
    writeStaticString("\"")
    if let dropped {
      writeStaticString(",\"dropped\":")
      writeDecimal(dropped)
    }
    writeStaticString("}}")
  }

  /// Writes that a subscription has ended without having been asked to.
  mutating func writeEnd(_ end: SubscriptionEnd, of subscription: String) {
    writeString(
      "{\"jsonrpc\":\"2.0\",\"method\":\"events.ended\",\"params\":{\"subscription\":\"\(subscription)\""
        + ",\"reason\":\"\(end.rawValue)\"}}")
  }
}
