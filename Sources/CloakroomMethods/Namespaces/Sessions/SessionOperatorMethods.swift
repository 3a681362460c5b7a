internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// What an operator does about sessions whose attempts are used up.
enum SessionOperatorMethods {
  static let all = [dead, reopen]

  static let dead = Method(
    "session.dead",
    "Lists sessions whose attempts to be saved are used up, of the caller's own service and scope, the latest first, each with what the last release has said.",
    [
      .listCursor, .listCount,
      Parameter(
        "withData", #"{"type":"boolean","default":false}"#,
        "Also answer their data, as session.get shows them. Default: false."),
    ],
    result:
      #"{"type":"object","properties":{"sessions":{"type":"array","items":{"type":"object","properties":{"ref":{"type":"string"},"flow":{"type":["string","null"]},"version":{"type":["integer","null"]},"principal":{"type":["string","null"]},"createdAt":{"type":"string","format":"date-time"},"lastActivity":{"type":"string","format":"date-time"},"attempts":{"type":"integer"},"maxAttempts":{"type":["integer","null"]},"error":true,"data":true},"required":["ref","flow","version","principal","createdAt","lastActivity","attempts","maxAttempts","error"]}},"cursor":{"type":["string","null"]}},"required":["sessions","cursor"]}"#,
    effect: .read,
    example: (
      "{}",
      #"{"sessions":[{"ref":"…","flow":null,"version":null,"principal":null,"createdAt":"20…","lastActivity":"20…","attempts":10,"maxAttempts":10,"error":"the database is read-only"}],"cursor":null}"#
    ),
    .procedure { arguments throws(RPCError) in
      let start = try arguments.indexCursor(0)
      let count = try arguments.listCount(1)
      let withData = try arguments.flag(2, "withData")
      let environment = try SessionEnvironment(&arguments)
      return .run { context throws(RPCError) in
        var result = ByteBuffer(string: "{\"sessions\":[")
        var isFirst = true
        let index = SessionIndex(name: try environment.names.dead)
        let end = try await index.walk(from: start, count, context) {
          ref async throws(RPCError) in
          let call = SessionCall(id: nil, ref: ref, visitor: nil, environment: environment)
          let record = try await call.take(.show, context).record
          guard record.state == .dead else { return false }
          if !isFirst { result.writeStaticString(",") }
          isFirst = false
          try result.write(record, ref, withData)
          return true
        }
        result.writeCursor(end)
        return result
      }
    })

  static let reopen = Method(
    "session.reopen",
    "Opens a session again whose attempts to be saved are used up: with all its attempts and its whole life.",
    [
      Parameter(
        "ref", #"{"type":"string","pattern":"^[0-9a-f]{64}$"}"#, required: true,
        "Which one, as session.dead and session.create tell it.")
    ],
    result:
      #"{"type":"object","properties":{"reopened":{"const":true},"expiresAt":{"type":"string","format":"date-time"}},"required":["reopened","expiresAt"]}"#,
    reasons: SessionMethods.reasonsOfSessions + [.conflict],
    effect: .step,
    example: (
      #"{"ref":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}"#,
      #"{"reopened":true,"expiresAt":"20…"}"#
    ),
    .procedure { arguments throws(RPCError) in
      try arguments.sessionCall(ref: 0).opening(.reopen) { scene, result throws(RPCError) in
        result.writeMoment(
          scene.record.expiresAtMs, after: "{\"reopened\":true,\"expiresAt\":")
        result.writeStaticString("}")
      }
    })
}

extension ByteBuffer {
  /// Writes what an operator is told of a session.
  fileprivate mutating func write(
    _ record: SessionRecord, _ ref: String, _ withData: Bool
  ) throws(RPCError) {
    writeStaticString("{\"ref\":\"")
    writeString(ref)
    writeStaticString("\"")
    writeFlow(record)
    writeOptional(record.principal, after: ",\"principal\":")
    writeMoment(record.createdAtMs, after: ",\"createdAt\":")
    writeMoment(record.activeAtMs, after: ",\"lastActivity\":")
    writeStaticString(",\"attempts\":")
    writeDecimal(record.lease.attempts)
    writeBound(Int(clamping: record.lease.mostAttempts), after: ",\"maxAttempts\":")
    writeLastError(record.lease.lastError)
    if withData { try writeStored(record.content.visible, after: ",\"data\":") }
    writeStaticString("}")
  }
}
