internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// Results of `pending.*`.
extension ByteBuffer {
  /// Writes an operation's members behind an opening brace, and leaves the object open.
  mutating func write(
    _ operation: PendingOperation, of target: PendingTarget
  ) throws(RPCError) {
    writeStaticString("{\"id\":\"")
    writeString(target.id)
    writeStaticString("\",\"operationType\":")
    writeJSONString(operation.type)
    try writeStored(operation.data, after: ",\"data\":")
    writeMoment(operation.createdAtMs, after: ",\"createdAt\":")
    writeMoment(operation.expiresAtMs, after: ",\"expiresAt\":")
    writeStaticString(",\"etag\":\"")
    writeString(ETag.of(operation.data))
    writeStaticString("\",\"backend\":\"")
    writeStaticString(target.backend)
    writeStaticString("\",\"oneTime\":")
    writeJSON(operation.isOneTime)
  }

  /// Writes how an operation stands.
  mutating func write(_ state: PendingOperation.State, after head: StaticString) {
    writeStaticString(head)
    switch state {
    case .open: writeStaticString("\"open\"")
    case .leased: writeStaticString("\"checked_out\"")
    case .dead: writeStaticString("\"dead\"")
    }
  }

  /// Writes a moment as a JSON string.
  mutating func writeMoment(_ milliseconds: Int64, after head: StaticString) {
    write(atMost: head.utf8CodeUnitCount + 26) {
      $0.write(head)
      $0.write("\"")
      $0.write(Timestamp(milliseconds: milliseconds))
      $0.write("\"")
    }
  }

  /// Writes what the last release has said of why, or null.
  mutating func writeLastError(_ error: ByteBuffer?) {
    writeStaticString(",\"error\":")
    if let error { writeImmutableBuffer(error) } else { writeStaticString("null") }
  }

  /// Writes a number, or null for 0.
  mutating func writeBound(_ number: Int, after head: StaticString) {
    writeStaticString(head)
    if number > 0 { writeDecimal(Int64(number)) } else { writeStaticString("null") }
  }
}
