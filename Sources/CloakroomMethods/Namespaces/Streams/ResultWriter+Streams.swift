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

  /// Writes one message. What another program added without a message is null with its fields; what is
  /// neither JSON nor text is null with an error: it must not keep those beside it from being read, and
  /// can be acknowledged.
  private mutating func writeJSON(_ message: StreamMessage) {
    writeStaticString("{\"id\":\"")
    writeString(message.id.text)
    writeStaticString("\",\"message\":")
    let start = writerIndex
    do throws(RPCError) {
      if let bytes = message.message {
        try writeStored(bytes)
      } else {
        writeStaticString("null,\"fields\":")
        try writeJSON(message.fields)
      }
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

  /// Writes the fields of another program's entry: each name once, with what it was given last.
  private mutating func writeJSON(_ fields: [StreamMessage.Field]) throws(RPCError) {
    var last: [ByteBuffer: Int] = [:]
    for (place, field) in fields.enumerated() { last[field.name] = place }
    writeStaticString("{")
    var isFirst = true
    for (place, field) in fields.enumerated() where last[field.name] == place {
      guard let name = String(validating: field.name.readableBytesView, as: UTF8.self),
        let value = String(validating: field.value.readableBytesView, as: UTF8.self)
      else {
        throw RPCError(
          .storeRefused, "the entry has no message, and a field that is not UTF-8",
          details: [.text("code", "NOTJSON")])
      }
      if !isFirst { writeStaticString(",") }
      isFirst = false
      writeJSONString(name)
      writeStaticString(":")
      writeJSONString(value)
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
