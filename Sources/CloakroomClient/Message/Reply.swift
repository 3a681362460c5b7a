public import CloakroomWire

/// What the sidecar answered.
public enum Reply: Sendable {
  /// The result, byte for byte as it came.
  case result(JSONNode)
  /// The error.
  case error(ReplyError)

  /// Reads one line.
  ///
  /// - Returns: nil for a notification, which answers nothing.
  /// - Throws: `notAReply`.
  init?(_ line: [UInt8]) throws(ClientFault) {
    let reply: JSONNode
    do throws(JSONFault) {
      reply = try JSONNode(line)
    } catch {
      throw .notAReply("it is not valid JSON")
    }
    guard reply.kind == .object else { throw .notAReply("it is not a JSON object") }
    if reply["id"] == nil, reply["method"] != nil { return nil }
    guard reply["jsonrpc"]?.string == "2.0" else { throw .notAReply("it is not JSON-RPC 2.0") }
    if let error = reply["error"], error.kind == .object {
      self = .error(ReplyError(error))
    } else if let result = reply["result"] {
      guard reply["id"]?.written == "1" else { throw .notAReply("it answers another call") }
      self = .result(result)
    } else {
      throw .notAReply("it has neither result nor error")
    }
  }
}
