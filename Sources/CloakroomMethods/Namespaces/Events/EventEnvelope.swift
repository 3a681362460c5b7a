internal import CloakroomCore
internal import CloakroomWire
internal import NIOCore

/// What is published when an event happens: the event in an envelope that says what of, when, where
/// and by whom.
///
/// It is made once, by the sidecar of the publisher; what every subscriber reads are its bytes.
enum EventEnvelope {
  /// Writes an envelope.
  ///
  /// - Parameters:
  ///   - channel: the channel's name, not quoted yet.
  ///   - data: the event's JSON, in one line.
  ///   - scope: whose event it is, outermost first; left out when empty.
  ///   - actor: who made it happen; left out when nil.
  ///   - milliseconds: when, since 1970 (UTC).
  static func make(
    channel: ByteBufferView, data: ByteBuffer, scope: [ScopeStep], actor: String?,
    milliseconds: Int64
  ) -> ByteBuffer {
    var envelope = ByteBufferAllocator().buffer(
      capacity: data.readableBytes + channel.count + 96 + scope.count * 64)
    envelope.writeStaticString("{\"type\":")
    envelope.writeJSONString(channel)
    envelope.writeStaticString(",\"data\":")
    envelope.writeImmutableBuffer(data)
    envelope.writeStaticString(",\"timestamp\":\"")
    envelope.writeBytes(Timestamp(milliseconds: milliseconds).text)
    envelope.writeStaticString("\"")
    if !scope.isEmpty { write(scope, to: &envelope) }
    if let actor {
      envelope.writeStaticString(",\"actor\":")
      envelope.writeJSONString(actor)
    }
    envelope.writeStaticString("}")
    return envelope
  }

  private static func write(_ scope: [ScopeStep], to envelope: inout ByteBuffer) {
    for (index, step) in scope.enumerated() {
      envelope.writeStaticString(index == 0 ? ",\"scope\":[{\"key\":" : ",{\"key\":")
      envelope.writeJSONString(step.key)
      envelope.writeStaticString(",\"id\":")
      envelope.writeJSONString(step.id)
      envelope.writeStaticString("}")
    }
    envelope.writeStaticString("]")
  }
}

extension ByteBuffer {
  fileprivate mutating func writeJSONString(_ bytes: ByteBufferView) {
    writeJSONString(ByteBuffer(bytes).readableBytesSpan)
  }
}
