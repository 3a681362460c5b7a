internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// `session.*`: one person's way through a wizard, kept until it is handed over to the application's own
/// database.
enum SessionMethods {
  static let all =
    [create, get, update, touch, delete, rotate] + SessionStepMethods.all + SessionListMethods.all
    + SessionHandoverMethods.all + SessionOperatorMethods.all

  static let create = Method(
    "session.create",
    "Begins a session: one person's way through a flow, or without a flow data that have a life and steps of any names. The id that this answers is all that is needed to use the session. Limited for each service (SESSION_RATE_LIMIT a minute) and for each metadata.ipAddress (SESSION_MAX_ATTEMPTS a minute, IPv6 by /64).",
    [
      Parameter(
        "flow", #"{"type":"string","minLength":1,"maxLength":64}"#,
        "The flow that it goes through, of this scope or one around it. Default: none."),
      Parameter("data", "true", "What it begins with, any JSON; a draft. Default: {}."),
      .metadata,
      Parameter(
        "principal", #"{"type":["string","null"],"minLength":1,"maxLength":1024}"#,
        "Whose it is, in the application's own words: what session.list and session.deleteAll find it by. Default: nobody's."
      ),
      Parameter(
        "ttl", #"{"type":["integer","string"]}"#,
        "How long it lives at most: seconds, or a string with a unit. Default: the flow's absoluteTtl, or SESSION_TTL."
      ),
    ],
    result:
      #"{"type":"object","properties":{"sessionId":{"type":"string"},"ref":{"type":"string"},"flow":{"type":["string","null"]},"version":{"type":["integer","null"]},"currentStep":{"type":["string","null"]},"etag":{"type":"string"},"expiresAt":{"type":"string","format":"date-time"}},"required":["sessionId","ref","flow","version","currentStep","etag","expiresAt"]}"#,
    reasons: [
      .notFound, .conflict, .validationFailed, .ttlInvalid,
    ],
    effect: .step,
    example: (
      #"{"data":{"projectName":"Harbour"},"metadata":{"userAgent":"Mozilla/5.0","ipAddress":"203.0.113.7"},"principal":"user_123"}"#,
      #"{"sessionId":"…","ref":"…","flow":null,"version":null,"currentStep":null,"etag":"…","expiresAt":"20…"}"#
    ),
    .procedure { arguments throws(RPCError) in try SessionCreation(&arguments).opening })

  static let get = Method(
    "session.get",
    "Reads a session: what was typed, where somebody is and how each step stands. It moves no end. Members that the flow calls sensitive are never in it.",
    [
      .sessionID,
      Parameter(
        "withMetadata", #"{"type":"boolean","default":false}"#,
        "Also answer the metadata that it was made with. Default: false."),
      .metadata,
    ],
    result:
      #"{"type":"object","properties":{"sessionId":{"type":"string"},"ref":{"type":"string"},"flow":{"type":["string","null"]},"version":{"type":["integer","null"]},"state":{"enum":["open","checked_out","dead"]},"data":true,"currentStep":{"type":["string","null"]},"completedSteps":{"type":"array","items":{"type":"string"}},"validationStatus":{"type":"object","additionalProperties":{"type":"boolean"}},"canSubmit":{"type":"boolean"},"steps":{"type":"array","items":{"type":"object","properties":{"id":{"type":"string"},"title":{"type":"string"},"status":{"enum":["open","complete","invalid","not_applicable"]}},"required":["id","status"]}},"principal":{"type":["string","null"]},"metadata":{"type":"object","properties":{"userAgent":{"type":["string","null"]},"ipAddress":{"type":["string","null"]},"deviceInfo":{"type":["string","null"]}},"required":["userAgent","ipAddress","deviceInfo"]},"createdAt":{"type":"string","format":"date-time"},"lastActivity":{"type":"string","format":"date-time"},"expiresAt":{"type":"string","format":"date-time"},"etag":{"type":"string"},"warnings":{"type":"array","items":{"type":"object","properties":{"bind":{"enum":["userAgent","ipAddress"]}},"required":["bind"]}}},"required":["sessionId","ref","flow","version","state","data","currentStep","completedSteps","validationStatus","canSubmit","steps","principal","createdAt","lastActivity","expiresAt","etag"]}"#,
    reasons: reasonsOfSessions,
    effect: .read,
    example: (
      exampleOfSession,
      #"{"sessionId":"…","ref":"…","flow":null,"version":null,"state":"open","data":{"projectName":"Harbour"},"currentStep":"details","completedSteps":["details"],"validationStatus":{"details":true},"canSubmit":true,"steps":[{"id":"details","status":"complete"}],"principal":"user_123","createdAt":"20…","lastActivity":"20…","expiresAt":"20…","etag":"…"}"#
    ),
    .procedure { arguments throws(RPCError) in
      let withMetadata = try arguments.flag(1, "withMetadata")
      let call = try arguments.sessionCall(metadata: 2, .read)
      return try call.reading(.read(whole: false)) { scene, result throws(RPCError) in
        let record = scene.record
        result.writeStaticString("{\"sessionId\":\"")
        result.writeString(call.id ?? "")
        result.writeStaticString("\",\"ref\":\"")
        result.writeString(call.ref ?? "")
        result.writeStaticString("\"")
        result.writeFlow(record)
        result.writeState(record, after: ",\"state\":")
        try result.writeStored(record.content.visible, after: ",\"data\":", before: ",")
        result.writeProgress(scene)
        result.writeSteps(scene)
        result.writeOptional(record.principal, after: ",\"principal\":")
        if withMetadata { result.write(record.metadata) }
        result.writeMoment(record.createdAtMs, after: ",\"createdAt\":")
        result.writeMoment(record.activeAtMs, after: ",\"lastActivity\":")
        result.writeEnd(record)
        result.writeWarnings(scene)
      }
    })

  static let update = Method(
    "session.update",
    "Saves a draft: merges a patch into the session's data without losing what others change meanwhile, or replaces them. Never refused for what a schema says; but a completed step whose data no longer fit becomes invalid, one whose dependsOn has changed is open again, and so are those that require it. It neither makes a session live again that is over, nor changes how long one lives but for its idle end.",
    [
      .sessionID, .patch, .newData,
      Parameter(
        "ifMatch", #"{"type":"string"}"#,
        "Change only data that have this etag; else CONFLICT. Without it, a patch is merged into whatever there is."
      ),
      .onlyIf(
        "A JSON Schema that the present data must fit, as far as session.get shows them; else CONFLICT with the violations."
      ),
      Parameter(
        "touch", #"{"type":"boolean","default":true}"#,
        "Whether it counts as use, and moves the idle end. Default: true."),
      .metadata,
    ],
    result: progressSchema,
    reasons: reasonsOfSessions + [.checkedOut, .conflict, .validationFailed],
    effect: .step,
    example: (
      #"{"sessionId":"7b2f5a0e-9d3c-4e51-8a64-0f1c2d3e4f50","patch":{"budget":25000}}"#,
      exampleOfProgress
    ),
    .procedure { arguments throws(RPCError) in
      guard arguments.has(1) != arguments.has(2) else {
        throw RPCError(.invalidParams, "either patch or data is given")
      }
      let change = SessionChange(
        content: arguments.has(1)
          ? .patch(try arguments.clearValue(1, "patch"))
          : .replacement(try arguments.clearValue(2, "data")),
        etag: arguments.has(3) ? try arguments.string(3, "ifMatch", longest: ETag.length) : nil,
        condition: try arguments.condition(4),
        touches: try arguments.flag(5, "touch", otherwise: true),
        longest: arguments.settings.frameBytes)
      return try arguments.sessionCall(metadata: 6).opening(.update(change)) {
        scene, result throws(RPCError) in result.writeStanding(scene)
      }
    })

  static let touch = Method(
    "session.touch", "Moves a session's idle end, never past the absolute one.",
    [.sessionID, .metadata],
    result:
      #"{"type":"object","properties":{"lastActivity":{"type":"string","format":"date-time"},"expiresAt":{"type":"string","format":"date-time"},"warnings":{"type":"array","items":{"type":"object","properties":{"bind":{"enum":["userAgent","ipAddress"]}},"required":["bind"]}}},"required":["lastActivity","expiresAt"]}"#,
    reasons: reasonsOfSessions + [.checkedOut, .conflict],
    effect: .set,
    example: (exampleOfSession, #"{"lastActivity":"20…","expiresAt":"20…"}"#),
    .procedure { arguments throws(RPCError) in
      try arguments.sessionCall(metadata: 1).opening(.touch) { scene, result throws(RPCError) in
        result.writeMoment(scene.record.activeAtMs, after: "{\"lastActivity\":")
        result.writeMoment(scene.record.expiresAtMs, after: ",\"expiresAt\":")
        result.writeWarnings(scene)
      }
    })

  static let delete = Method(
    "session.delete",
    "Ends a session, and forgets its data; false with the reason when it is over. By its id, or by its ref.",
    [
      Parameter(
        "sessionId", #"{"type":"string","minLength":1}"#,
        "The session's id, as session.create has answered it; or else ref."),
      .sessionRef, .metadata,
    ],
    result:
      #"{"type":"object","properties":{"deleted":{"type":"boolean"},"reason":{"type":"string"}},"required":["deleted"]}"#,
    reasons: [.checkedOut],
    effect: .step,
    example: (exampleOfSession, #"{"deleted":true}"#),
    .procedure { arguments throws(RPCError) in
      guard arguments.has(0) != arguments.has(1) else {
        throw RPCError(.invalidParams, "either sessionId or ref is given")
      }
      let call =
        arguments.has(1)
        ? try arguments.sessionCall(ref: 1, .delete)
        : try arguments.sessionCall(metadata: 2, .delete)
      return try call.opening(
        .delete, .init(excuse: { $0.hasNoSession ? ByteBuffer(notDeleted: $0) : nil })
      ) { _, result throws(RPCError) in
        result.writeStaticString(#"{"deleted":true}"#)
      }
    })

  static let rotate = Method(
    "session.rotate",
    "Gives a session another id, and ends the old one: after a login, so that an id from before it opens nothing any more. Data, steps and ends stay as they are.",
    [
      .sessionID,
      Parameter(
        "principal", #"{"type":"string","minLength":1,"maxLength":1024}"#,
        "Whose it is from now on. Default: as before."),
      .metadata,
    ],
    result:
      #"{"type":"object","properties":{"sessionId":{"type":"string"},"ref":{"type":"string"},"etag":{"type":"string"},"expiresAt":{"type":"string","format":"date-time"},"warnings":{"type":"array","items":{"type":"object","properties":{"bind":{"enum":["userAgent","ipAddress"]}},"required":["bind"]}}},"required":["sessionId","ref","etag","expiresAt"]}"#,
    reasons: reasonsOfSessions + [.checkedOut, .conflict],
    effect: .step,
    example: (
      #"{"sessionId":"7b2f5a0e-9d3c-4e51-8a64-0f1c2d3e4f50","principal":"user_123"}"#,
      #"{"sessionId":"…","ref":"…","etag":"…","expiresAt":"20…"}"#
    ),
    .procedure { arguments throws(RPCError) in try SessionRotation(&arguments).opening })

  // MARK: Parts

  /// Why there may be no session for an id.
  static let reasonsOfSessions: [Reason] = [.notFound, .expired, .consumed, .deleted]

  /// An example of parameters.
  static let exampleOfSession: StaticString =
    #"{"sessionId":"7b2f5a0e-9d3c-4e51-8a64-0f1c2d3e4f50"}"#

  /// The result of what changes data, or goes from one step to another.
  static let progressSchema: StaticString =
    #"{"type":"object","properties":{"currentStep":{"type":["string","null"]},"completedSteps":{"type":"array","items":{"type":"string"}},"validationStatus":{"type":"object","additionalProperties":{"type":"boolean"}},"canSubmit":{"type":"boolean"},"etag":{"type":"string"},"expiresAt":{"type":"string","format":"date-time"},"warnings":{"type":"array","items":{"type":"object","properties":{"bind":{"enum":["userAgent","ipAddress"]}},"required":["bind"]}}},"required":["currentStep","completedSteps","validationStatus","canSubmit","etag","expiresAt"]}"#

  /// An example of such a result.
  static let exampleOfProgress: StaticString =
    #"{"currentStep":"details","completedSteps":["details"],"validationStatus":{"details":true},"canSubmit":true,"etag":"…","expiresAt":"20…"}"#
}

extension RPCError {
  /// Whether there is no session any more.
  var hasNoSession: Bool {
    switch reason {
    case .notFound, .expired, .consumed, .deleted: true
    default: false
    }
  }
}

extension ByteBuffer {
  /// A result that says that nothing was deleted, and why.
  fileprivate init(notDeleted error: RPCError) {
    self.init()
    writeStaticString("{\"deleted\":false,\"reason\":\"")
    writeString(error.reason.name)
    writeStaticString("\"}")
  }

  /// Writes how a session stands, all of the object.
  mutating func writeStanding(_ scene: SessionScene) {
    writeStaticString("{")
    writeProgress(scene)
    writeEnd(scene.record)
    writeWarnings(scene)
  }

  fileprivate mutating func write(_ metadata: SessionMetadata) {
    writeOptional(metadata.userAgent, after: ",\"metadata\":{\"userAgent\":")
    writeOptional(metadata.ipAddress, after: ",\"ipAddress\":")
    writeOptional(metadata.deviceInfo, after: ",\"deviceInfo\":")
    writeStaticString("}")
  }
}
