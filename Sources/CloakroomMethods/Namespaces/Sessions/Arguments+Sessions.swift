internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// The parameters of `session.*`.
extension Arguments {
  /// How long a principal is at most, in bytes.
  static let longestPrincipal = 1024

  /// The session of the id in the first parameter, for the visitor that the metadata in another describe.
  mutating func sessionCall(
    metadata slot: Int, _ action: SessionNote.Action = .update, step: String? = nil
  ) throws(RPCError) -> SessionCall {
    let text = try string(0, "sessionId", longest: 256)
    let visitor = try metadata(slot)
    let id = SessionID(text)
    note(SessionNote(id?.ref, action, step: step))
    return try sessionCall(id?.text, ref: id?.ref, visitor)
  }

  /// A session by its ref, for any caller.
  ///
  /// - Throws: INVALID_PARAMS for what is no ref.
  mutating func sessionCall(
    ref slot: Int, _ action: SessionNote.Action = .update
  ) throws(RPCError) -> SessionCall {
    let ref = try string(slot, "ref", longest: 64)
    guard PendingToken.isID(ref) else { throw RPCError(.invalidParams, "ref is 64 of 0-9 a-f") }
    note(SessionNote(ref, action))
    return try sessionCall(nil, ref: ref, nil)
  }

  /// Says for the access log which session the call is about.
  private mutating func note(_ session: SessionNote) {
    if notes.isKept { notes.session = session }
  }

  private mutating func sessionCall(
    _ id: String?, ref: String?, _ visitor: SessionMetadata?
  ) throws(RPCError) -> SessionCall {
    return SessionCall(
      id: id, ref: ref, visitor: visitor, environment: try SessionEnvironment(&self))
  }

  /// What a call says of the browser that it is made for. An empty text says nothing.
  ///
  /// - Throws: INVALID_PARAMS for what is no object of the three members, each a string.
  mutating func metadata(_ slot: Int) throws(RPCError) -> SessionMetadata {
    var metadata = SessionMetadata.none
    guard has(slot) else { return metadata }
    let given = try member(slot, "metadata")
    guard given.kind == .object, let parts = parts(of: given, atMost: 3) else {
      throw RPCError(
        .invalidParams, "metadata is an object of userAgent, ipAddress and deviceInfo")
    }
    for part in parts {
      if isNamed(part, "userAgent") {
        metadata.userAgent = try text(part, "metadata.userAgent")
      } else if isNamed(part, "ipAddress") {
        metadata.ipAddress = try text(part, "metadata.ipAddress")
      } else if isNamed(part, "deviceInfo") {
        metadata.deviceInfo = try text(part, "metadata.deviceInfo")
      } else {
        throw RPCError(
          .invalidParams, "metadata has userAgent, ipAddress and deviceInfo, and nothing else")
      }
    }
    return metadata
  }

  private mutating func text(
    _ part: JSONMember, _ name: StaticString
  ) throws(RPCError) -> String? {
    if part.kind == .null { return nil }
    let text = try string(part, name, longest: SessionMetadata.longest)
    return text.isEmpty ? nil : text
  }

  /// Whose a session is; nil when the call doesn't say.
  mutating func principal(_ slot: Int) throws(RPCError) -> String? {
    guard has(slot), kind(slot) != .null else { return nil }
    let principal = try string(slot, "principal", longest: Self.longestPrincipal)
    guard !principal.isEmpty else { throw RPCError(.invalidParams, "principal may not be empty") }
    return principal
  }

  /// The name of a step.
  mutating func stepName(_ slot: Int) throws(RPCError) -> String {
    let step = try string(slot, "step", longest: PlainName.longest)
    guard !step.isEmpty else { throw RPCError(.invalidParams, "step may not be empty") }
    return step
  }

  /// A merge patch; nil when there is none.
  mutating func patch(_ slot: Int) throws(RPCError) -> ByteBuffer? {
    has(slot) ? try clearValue(slot, "patch") : nil
  }
}

extension Parameter {
  static let sessionID = Parameter(
    "sessionId", #"{"type":"string","minLength":1}"#, required: true,
    "The session's id, as session.create has answered it.")
  static let sessionRef = Parameter(
    "ref", #"{"type":"string","pattern":"^[0-9a-f]{64}$"}"#,
    "In place of sessionId: which one, as session.list tells it.")
  static let metadata = Parameter(
    "metadata",
    #"{"type":"object","properties":{"userAgent":{"type":["string","null"]},"ipAddress":{"type":["string","null"]},"deviceInfo":{"type":["string","null"]}},"additionalProperties":false}"#,
    "What the application knows of the browser that the call is for, each of at most 1,024 bytes: a session that its flow binds is held against it."
  )
  static let sessionStep = Parameter(
    "step", #"{"type":"string","minLength":1,"maxLength":64}"#, required: true,
    "The step's id.")
  static let principal = Parameter(
    "principal", #"{"type":"string","minLength":1,"maxLength":1024}"#, required: true,
    "Whose sessions, in the application's own words.")
}
