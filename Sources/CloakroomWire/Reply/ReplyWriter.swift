public import CloakroomCore
public import NIOCore

/// Replies are written as JSON-RPC 2.0 text, straight into the outgoing buffer.
extension ByteBuffer {
  /// Writes a reply up to its result: what follows is the result's JSON and `writeReplyEnd`.
  ///
  /// - Parameter id: the request's id.
  public mutating func writeResultHead(id: borrowing RequestID) {
    writeHead(id: id) { $0.write(",\"result\":") }
  }

  @inline(__always)
  private mutating func writeHead(
    id: borrowing RequestID, _ name: (inout ByteCursor) -> Void
  ) {
    write(atMost: id.count + 64) {
      $0.write("{\"jsonrpc\":\"2.0\",\"id\":")
      id.write(to: &$0)
      name(&$0)
    }
  }

  /// Ends a reply.
  public mutating func writeReplyEnd() { write(atMost: 1) { $0.write("}") } }

  /// Writes a whole reply that says how the call failed.
  ///
  /// - Parameter id: the request's id.
  public mutating func writeErrorReply(id: borrowing RequestID, _ error: RPCError) {
    writeHead(id: id) { $0.write(",\"error\":") }
    writeJSON(error)
    writeReplyEnd()
  }

  /// Writes an error object (JSON-RPC 2.0, section 5.1), the reason and what to do in its `data`.
  public mutating func writeJSON(_ error: RPCError) {
    writeStaticString("{\"code\":")
    writeDecimal(error.reason.code)
    writeStaticString(",\"message\":")
    writeJSONString(error.message)
    writeStaticString(",\"data\":{\"reason\":\"")
    writeString(error.reason.name)
    writeStaticString("\",\"retryable\":")
    writeStaticString(error.reason.isRetryable ? "true" : "false")
    if let retryAfterMs = error.retryAfterMs {
      writeStaticString(",\"retryAfterMs\":")
      writeDecimal(retryAfterMs)
    }
    if !error.details.isEmpty {
      writeStaticString(",\"details\":")
      writeDetails(error.details)
    }
    writeStaticString("}}")
  }

  private mutating func writeDetails(_ details: [RPCError.Detail]) {
    writeStaticString("{")
    for (index, detail) in details.enumerated() {
      if index > 0 { writeStaticString(",") }
      writeJSONString(detail.name)
      writeStaticString(":")
      switch detail.value {
      case .text(let text): writeJSONString(text)
      case .integer(let number): writeDecimal(number)
      case .list(let entries):
        writeStaticString("[")
        for (index, entry) in entries.enumerated() {
          if index > 0 { writeStaticString(",") }
          writeDetails(entry)
        }
        writeStaticString("]")
      }
    }
    writeStaticString("}")
  }
}
