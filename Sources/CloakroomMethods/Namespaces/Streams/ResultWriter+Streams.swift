internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

extension ByteBuffer {
  /// Writes an array of messages.
  mutating func writeJSON(_ messages: [StreamMessage]) {
    writeStaticString("[")
    for (index, message) in messages.enumerated() {
      if index > 0 { writeStaticString(",") }
      writeJSON(message)
    }
    writeStaticString("]")
  }

  /// Writes one message. One that another program wrote, and that is not JSON, is null with an error: it
  /// must not keep those beside it from being read, and can be acknowledged.
  private mutating func writeJSON(_ message: StreamMessage) {
    writeStaticString("{\"id\":\"")
    writeString(message.id.text)
    writeStaticString("\",\"message\":")
    let start = writerIndex
    do throws(RPCError) {
      guard let bytes = message.message else {
        throw RPCError(
          .storeRefused, "the entry has no message", details: [.text("code", "NOTJSON")])
      }
      try writeStored(bytes)
    } catch {
      moveWriterIndex(to: start)
      writeStaticString("null,\"error\":")
      writeJSON(error)
    }
    writeStaticString(",\"deliveries\":")
    writeDecimal(message.deliveries)
    if let origin = message.origin {
      writeStaticString(",\"from\":{\"id\":\"")
      writeString(origin.id.text)
      writeStaticString("\",\"group\":")
      writeJSONString(origin.group)
      writeStaticString(",\"deliveries\":")
      writeDecimal(origin.deliveries)
      writeStaticString("}")
    }
    writeStaticString("}")
  }

  /// Writes which messages a group has not acknowledged.
  mutating func writeJSON(_ unacknowledged: UnacknowledgedMessages) {
    writeStaticString("{\"count\":")
    writeDecimal(unacknowledged.count)
    writeStaticString(",\"consumers\":[")
    for (index, share) in unacknowledged.consumers.enumerated() {
      writeStaticString(index == 0 ? "{\"consumer\":" : ",{\"consumer\":")
      writeJSONString(share.consumer)
      writeStaticString(",\"count\":")
      writeDecimal(share.count)
      writeStaticString("}")
    }
    writeStaticString("],\"oldest\":")
    if let oldest = unacknowledged.oldest {
      writeStaticString("{\"id\":\"")
      writeString(oldest.id.text)
      writeStaticString("\",\"idleMs\":")
      writeDecimal(oldest.idleMs)
      writeStaticString(",\"consumer\":")
      writeJSONString(oldest.consumer)
      writeStaticString(",\"deliveries\":")
      writeDecimal(oldest.deliveries)
      writeStaticString("}}")
    } else {
      writeStaticString("null}")
    }
  }
}
