internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// One call of `session.create`.
struct SessionCreation: Sendable {
  private let flow: String?
  private let data: ByteBuffer
  private let metadata: SessionMetadata
  private let principal: String?
  private let life: TimeToLive?
  private let defaultLife: TimeToLive
  private let maxAttempts: Int
  /// What one more session counts against.
  private let limits: [RateDemand]
  private let environment: SessionEnvironment
  private let id: SessionID
  private let ref: String
  private let key: StoreKey
  /// How the answer is kept; nil when the call can't be repeated.
  private let secret: SecretAnswer?

  /// Reads the call's parameters.
  init(_ arguments: inout Arguments) throws(RPCError) {
    flow = try arguments.flowName(0)
    data = arguments.has(1) ? try arguments.clearValue(1, "data") : ByteBuffer(string: "{}")
    metadata = try arguments.metadata(2)
    principal = try arguments.principal(3)
    life = try arguments.givenLife(4, "ttl")
    if arguments.notes.isKept { arguments.notes.ttlMs = life?.milliseconds }
    defaultLife = arguments.settings.sessionTTL
    maxAttempts = arguments.settings.pending.maxAttempts
    guard let permit = arguments.permit else { throw RPCError(.internal) }
    limits = try RateLimits.sessionCreation(
      arguments.settings, address: metadata.ipAddress.map { NetworkAddress($0).network },
      of: permit.keySpace)
    environment = try SessionEnvironment(&arguments)
    id = try SessionID.random()
    ref = id.ref
    key = try environment.names.session(ref)
    secret = SecretAnswer(arguments)
    if arguments.notes.isKept { arguments.notes.session = SessionNote(ref, .create) }
  }

  /// How the call begins.
  var opening: Opening { .run { context throws(RPCError) in try await create(context) } }

  private func create(_ context: CallContext) async throws(RPCError) -> ByteBuffer {
    if let secret {
      // What was made before is told, whatever the limits say by now.
      if let first = try await secret.first(context) { return noted(first, context) }
      _ = try secret.seal(ByteBuffer())
    }
    try await context.take(limits)
    let place: (flow: Flow, mark: FlowMark)? =
      if let flow { try await environment.flows.current(flow, context) } else { nil }
    let life = life ?? place?.flow.absoluteTTL ?? defaultLife
    // A new session of every flow is on one that is kept as long as the session may live.
    if let place { try await environment.flows.prepare(place.mark, for: life, context) }
    let draft = SessionDraft(
      flow: place, scopeDepth: environment.names.scope.count, data: data, metadata: metadata,
      principal: principal, life: life, maxAttempts: maxAttempts)
    if let principal {
      try await environment.index(
        ref, of: principal, untilMs: context.storeTimeMs &+ life.milliseconds, context)
    }
    let request = environment.request(.create(draft), of: key, by: nil)
    let call = RecordCall(SessionRecord.self, key, request, secret: secret) {
      outcome, result throws(RPCError) -> Tally? in
      switch outcome {
      case .session(let scene):
        write(scene, into: &result)
        return SessionStep.create(draft).tally(scene.record)
      case .refused(let error): throw error
      default: throw .unexpectedReply
      }
    }
    return noted(try await context.run(call), context)
  }

  /// Names the session in the access log that an answer is of.
  private func noted(_ result: ByteBuffer, _ context: CallContext) -> ByteBuffer {
    if let ref = result.string("ref") {
      context.note(SessionNote(ref, .create, step: result.string("currentStep")))
    }
    return result
  }

  private func write(_ scene: SessionScene, into result: inout ByteBuffer) {
    result.writeStaticString("{\"sessionId\":\"")
    result.writeString(id.text)
    result.writeStaticString("\",\"ref\":\"")
    result.writeString(ref)
    result.writeStaticString("\"")
    result.writeFlow(scene.record)
    result.writeOptional(scene.record.step, after: ",\"currentStep\":")
    result.writeEnd(scene.record)
    result.writeStaticString("}")
  }
}

extension Arguments {
  /// The name of a flow; nil when there is none.
  fileprivate mutating func flowName(_ slot: Int) throws(RPCError) -> String? {
    guard has(slot), kind(slot) != .null else { return nil }
    let name = try string(slot, "flow", longest: PlainName.longest)
    try Flow.check(name: name)
    return name
  }
}
