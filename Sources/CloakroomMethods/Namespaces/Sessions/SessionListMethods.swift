internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// The sessions of one principal: where somebody is logged in, and "log out everywhere".
enum SessionListMethods {
  static let all = [list, deleteAll]

  static let list = Method(
    "session.list",
    "Lists a principal's sessions, the newest first. A page may have fewer than were asked for before the last.",
    [.principal, .listCursor, .listCount],
    result:
      #"{"type":"object","properties":{"sessions":{"type":"array","items":{"type":"object","properties":{"ref":{"type":"string"},"flow":{"type":["string","null"]},"version":{"type":["integer","null"]},"state":{"enum":["open","checked_out","dead"]},"currentStep":{"type":["string","null"]},"createdAt":{"type":"string","format":"date-time"},"lastActivity":{"type":"string","format":"date-time"},"expiresAt":{"type":"string","format":"date-time"}},"required":["ref","flow","version","state","currentStep","createdAt","lastActivity","expiresAt"]}},"cursor":{"type":["string","null"]}},"required":["sessions","cursor"]}"#,
    effect: .read,
    example: (
      #"{"principal":"user_123"}"#,
      #"{"sessions":[{"ref":"…","flow":null,"version":null,"state":"open","currentStep":"details","createdAt":"20…","lastActivity":"20…","expiresAt":"20…"}],"cursor":null}"#
    ),
    .procedure { arguments throws(RPCError) in
      guard let principal = try arguments.principal(0) else { throw .noPrincipal }
      let start = try arguments.indexCursor(1)
      let count = try arguments.listCount(2)
      let environment = try SessionEnvironment(&arguments)
      return .run { context throws(RPCError) in
        var result = ByteBuffer(string: "{\"sessions\":[")
        var isFirst = true
        let index = try environment.sessions(of: principal)
        let end = try await index.walk(from: start, count, context) {
          ref async throws(RPCError) in
          let call = SessionCall(
            id: nil, ref: ref, visitor: nil, environment: environment)
          let record = try await call.take(.show, context).record
          guard record.principal.map({ ByteString($0) }) == ByteString(principal) else {
            return false
          }
          if !isFirst { result.writeStaticString(",") }
          isFirst = false
          result.write(record, ref)
          return true
        }
        result.writeCursor(end)
        return result
      }
    })

  static let deleteAll = Method(
    "session.deleteAll",
    "Ends all of a principal's sessions but one: \"log out everywhere\". One that is checked out is being saved just now; it stays, and is counted apart.",
    [
      .principal,
      Parameter(
        "except", #"{"type":["string","null"]}"#,
        "The id of the session that stays. Default: none."),
    ],
    result:
      #"{"type":"object","properties":{"deleted":{"type":"integer"},"checkedOut":{"type":"integer"}},"required":["deleted","checkedOut"]}"#,
    effect: .step,
    example: (
      #"{"principal":"user_123","except":"7b2f5a0e-9d3c-4e51-8a64-0f1c2d3e4f50"}"#,
      #"{"deleted":2,"checkedOut":0}"#
    ),
    .procedure { arguments throws(RPCError) in
      guard let principal = try arguments.principal(0) else { throw .noPrincipal }
      var except: String?
      if let kind = arguments.kind(1), kind != .null {
        // One that can't be anybody's stays as well as one that is over.
        except = SessionID(try arguments.string(1, "except", longest: 256))?.ref
      }
      let environment = try SessionEnvironment(&arguments)
      let kept = except
      return .run { context throws(RPCError) in
        try await context.keepingAnswer { () async throws(RPCError) in
          try await end(principal, but: kept, environment, context)
        }
      }
    })

  private static func end(
    _ principal: String, but except: String?, _ environment: SessionEnvironment,
    _ context: CallContext
  ) async throws(RPCError) -> ByteBuffer {
    var (deleted, checkedOut): (Int64, Int64) = (0, 0)
    var place: IndexedName?
    let index = try environment.sessions(of: principal)
    do throws(RPCError) {
      repeat {
        place = try await index.walk(from: place, SessionIndex.mostEntries, context) {
          ref async throws(RPCError) in
          guard ref != except else { return true }
          let call = SessionCall(id: nil, ref: ref, visitor: nil, environment: environment)
          do throws(RPCError) {
            try await call.take(.delete, context)
            deleted += 1
          } catch {
            guard error.reason == .checkedOut else { throw error }
            checkedOut += 1
            return true
          }
          // It is over, and its entry goes.
          return false
        }
      } while place != nil
    } catch {
      guard deleted > 0 else { throw error }
      throw .halfDone(error, "some are ended, and some are not", [.integer("deleted", deleted)])
    }
    var result = ByteBuffer(string: "{\"deleted\":")
    result.writeDecimal(deleted)
    result.writeStaticString(",\"checkedOut\":")
    result.writeDecimal(checkedOut)
    result.writeStaticString("}")
    return result
  }
}

extension RPCError {
  fileprivate static let noPrincipal = RPCError(.invalidParams, "principal is a string")
}

extension ByteBuffer {
  /// Writes what a list tells of a session.
  fileprivate mutating func write(_ record: SessionRecord, _ ref: String) {
    writeStaticString("{\"ref\":\"")
    writeString(ref)
    writeStaticString("\"")
    writeFlow(record)
    writeState(record, after: ",\"state\":")
    writeOptional(record.step, after: ",\"currentStep\":")
    writeMoment(record.createdAtMs, after: ",\"createdAt\":")
    writeMoment(record.activeAtMs, after: ",\"lastActivity\":")
    writeMoment(record.expiresAtMs, after: ",\"expiresAt\":")
    writeStaticString("}")
  }
}
