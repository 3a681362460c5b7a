internal import CloakroomCore
internal import CloakroomStore
internal import CloakroomTokens
internal import NIOCore
internal import Synchronization

/// What calls on sessions work with.
struct SessionEnvironment: Sendable {
  let names: SessionNames
  let flows: FlowSource
  let retention: PendingRetention
  private let tokens: TokenService

  /// What a call has.
  init(_ arguments: inout Arguments) throws(RPCError) {
    names = try SessionNames(&arguments)
    flows = try FlowSource(&arguments)
    retention = arguments.settings.pendingRetention
    tokens = arguments.settings.tokens
  }

  /// What is asked of a session.
  ///
  /// - Parameters:
  ///   - loaded: a flow that was read for it, in case that it isn't at hand any more.
  ///   - held: until when its flow's definition was held for it, in milliseconds since 1970.
  ///   - meeting: told which flow the session is on, when it is needed.
  func request(
    _ step: SessionStep, of key: StoreKey, by visitor: SessionMetadata?, _ loaded: Flow? = nil,
    held: Int64 = 0, meeting: @escaping @Sendable (FlowMark) -> Void = { _ in }
  ) -> SessionRequest {
    let flows = flows
    var request = SessionRequest(
      step, of: key, by: visitor,
      flows: { mark in
        meeting(mark)
        if let loaded, loaded.name == mark.name, loaded.digest == mark.digest { return loaded }
        return flows.known(mark)
      }, seal: seal(for: key), retention: retention)
    request.heldUntilMs = held
    return request
  }

  /// The sessions of a principal.
  func sessions(of principal: String) throws(RPCError) -> SessionIndex {
    SessionIndex(name: try names.sessions(of: principal))
  }

  /// Makes a session one of a principal's, before it is made.
  ///
  /// - Parameter end: its absolute end, in milliseconds since 1970.
  func index(
    _ ref: String, of principal: String, untilMs end: Int64, _ context: CallContext
  ) async throws(RPCError) {
    try await sessions(of: principal).add(
      ref, context, score: context.storeTimeMs, untilMs: end &+ retention.tombstoneMs)
  }

  /// What seals members of a session's data: good for that session alone.
  private func seal(for key: StoreKey) -> SessionSeal {
    var place = ByteBuffer(string: "session\0")
    place.writeImmutableBuffer(key.bytes)
    let (tokens, name) = (tokens, place)
    return SessionSeal { text throws(RPCError) in
      do throws(RPCError) {
        let sealed = try tokens.ring.seal(text, for: name)
        return ByteBuffer(string: Base64URL.text(Array(sealed.readableBytesView)))
      } catch {
        throw error.reason == .unavailable ? .noSealingKey : error
      }
    } open: { line throws(RPCError) in
      let bytes = line.withUnsafeReadableBytes { Base64URL.decode($0) }
      guard let bytes else { throw .brokenSeal }
      do throws(KeyRing.NoteFault) {
        return try tokens.ring.unseal(ByteBuffer(bytes: bytes), for: name)
      } catch .noKey(let id) {
        throw RPCError(
          .unavailable, "the key that the session's sensitive members are sealed by is not here",
          details: [.text("keyId", id)])
      } catch {
        throw .brokenSeal
      }
    }
  }
}

extension RPCError {
  /// Somebody has changed in the store what the sidecar has sealed.
  fileprivate static let brokenSeal = RPCError(
    .storeRefused, "what is stored of the session's sensitive members can't be opened",
    details: [.text("code", "BADSEAL")])
}

/// A call on one session: asks something of its record, finds the flow where that is needed, and writes what
/// it comes to.
struct SessionCall: Sendable {
  /// Writes the result.
  typealias End =
    @Sendable (_ scene: SessionScene, _ result: inout ByteBuffer) throws(RPCError) -> Void
  /// The result that takes the place of an error; nil where the error stays.
  typealias Excuse = @Sendable (_ error: RPCError) -> ByteBuffer?

  /// How a step is taken.
  struct Manner: Sendable {
    /// What makes it as if it had not been taken, when nobody waits for its answer any more.
    var undo: SessionStep?
    /// How the answer is sealed where it is kept for a repetition; nil keeps it in clear.
    var secret: SecretAnswer?
    /// Whether the answer is kept for a repetition of the call.
    var isKept = true
    /// What takes the place of an error.
    var excuse: Excuse = { _ in nil }
  }

  /// The session's id; nil for a call by ref.
  let id: String?
  /// What the session is known by; nil for an id that can't be anybody's.
  let ref: String?
  let visitor: SessionMetadata?
  let environment: SessionEnvironment

  /// How often a step waits for its flow at most: to be read, and to be held. More is for a session that has
  /// got another flow's name in between, which happens to nobody who doesn't write into the store.
  private static let mostTries = 4

  /// One step, and that is all.
  func opening(
    _ step: SessionStep, _ manner: Manner = Manner(), end: @escaping End
  ) throws(RPCError) -> Opening {
    guard let ref else {
      if let excused = manner.excuse(.noSession) { return .answer(excused) }
      throw .noSession
    }
    return opening(step, of: try environment.names.session(ref), manner, end: end)
  }

  /// A step that reads, and that is all.
  func reading(_ step: SessionStep, end: @escaping End) throws(RPCError) -> Opening {
    guard let ref else { throw .noSession }
    return .look(
      SessionReading(self, step, of: try environment.names.session(ref), end: end))
  }

  /// One step on the session of a name, and that is all.
  func opening(
    _ step: SessionStep, of key: StoreKey, _ manner: Manner, end: @escaping End
  ) -> Opening {
    let (obstacle, met) = (Found<FlowObstacle>(), Found<FlowMark>())
    return .record(call(step, of: key, HeldFlow(), obstacle, met, manner, end)) { error in
      guard let found = obstacle.value else {
        guard step.countsRefusals else { return nil }
        return { context throws(RPCError) in
          step.countRefusal(error, on: met.value, environment.flows.names, context)
          throw error
        }
      }
      return { context throws(RPCError) in
        try await run(step, of: key, past: found, manner, context, end)
      }
    }
  }

  /// One step of a procedure.
  ///
  /// - Returns: the result that `end` has written.
  func run(
    _ step: SessionStep, _ manner: Manner = Manner(), _ context: CallContext, end: @escaping End
  ) async throws(RPCError) -> ByteBuffer {
    guard let ref else { throw .noSession }
    let key = try environment.names.session(ref)
    let obstacle = Found<FlowObstacle>()
    do throws(RPCError) {
      return try await context.run(
        call(step, of: key, HeldFlow(), obstacle, Found(), manner, end))
    } catch {
      guard let found = obstacle.value else { throw error }
      return try await run(step, of: key, past: found, manner, context, end)
    }
  }

  /// One step of a procedure, whose answer is not kept.
  ///
  /// - Returns: how the session stands now.
  @discardableResult
  func take(
    _ step: SessionStep, _ context: CallContext
  ) async throws(RPCError) -> SessionScene {
    let found = Found<SessionScene>()
    _ = try await run(step, Manner(isKept: false), context) { scene, _ in found.value = scene }
    guard let scene = found.value else { throw .unexpectedReply }
    return scene
  }

  /// Takes a step that takes back what an earlier one has done. Nobody waits for it.
  func takeBack(by step: SessionStep, _ context: CallContext) {
    guard let ref, let key = try? environment.names.session(ref) else { return }
    context.takeBack(by: Self.undoing(step, of: key, environment))
  }

  private static func undoing(
    _ step: SessionStep, of key: StoreKey, _ environment: SessionEnvironment
  ) -> RecordCall {
    RecordCall(SessionRecord.self, key, environment.request(step, of: key, by: nil)) {
      _, _ throws(RPCError) in nil
    }
  }

  private func run(
    _ step: SessionStep, of key: StoreKey, past obstacle: FlowObstacle, _ manner: Manner,
    _ context: CallContext, _ end: @escaping End
  ) async throws(RPCError) -> ByteBuffer {
    var obstacle = obstacle
    var flow = HeldFlow()
    for _ in 0..<Self.mostTries {
      switch obstacle {
      case .unknown(let mark):
        flow.flow = try await environment.flows.load(mark, context)
      case .unheld(let mark, let end):
        try await environment.flows.hold(mark, untilMs: end, context)
        flow.untilMs = end
      }
      let found = Found<FlowObstacle>()
      do throws(RPCError) {
        return try await context.run(call(step, of: key, flow, found, Found(), manner, end))
      } catch {
        guard let next = found.value else {
          step.countRefusal(error, on: obstacle.mark, environment.flows.names, context)
          throw error
        }
        obstacle = next
      }
    }
    throw .foreignSession
  }

  private func call(
    _ step: SessionStep, of key: StoreKey, _ flow: HeldFlow, _ obstacle: Found<FlowObstacle>,
    _ met: Found<FlowMark>, _ manner: Manner, _ end: @escaping End
  ) -> RecordCall {
    let takenBack: (@Sendable (RecordAnswer) -> RecordCall?)? = manner.undo.map { undo in
      { @Sendable [environment] _ in Self.undoing(undo, of: key, environment) }
    }
    let request = environment.request(
      step, of: key, by: visitor, flow.flow, held: flow.untilMs
    ) { met.value = $0 }
    return RecordCall(
      SessionRecord.self, key, request, secret: manner.secret, keepsAnswer: manner.isKept,
      undo: takenBack
    ) { outcome, result throws(RPCError) -> Tally? in
      switch outcome {
      case .session(let scene):
        try end(scene, &result)
        let tally = step.tally(scene.record)
        guard !scene.warnings.isEmpty else { return tally }
        let note = SessionNote(
          ref, step.action, step: step.name, warnings: scene.warnings.map(\.rawValue))
        return { context in
          context.note(note)
          tally?(context)
        }
      case .unknownFlow(let mark):
        obstacle.value = .unknown(mark)
        throw RPCError(.internal)
      case .unheld(let mark, let end):
        obstacle.value = .unheld(mark, untilMs: end)
        throw RPCError(.internal)
      case .refused(let error):
        guard let excused = manner.excuse(error) else { throw error }
        result = excused
      case .settled:
        throw .unexpectedReply
      }
      return nil
    }
  }
}

extension RPCError {
  /// The session was changed between two steps of a call; the call that gets this tries again.
  static let movedSession = RPCError(
    .overloaded, "the session is changed again and again at the same time; nothing was done",
    retryAfterMs: 50)
}

/// What has to be done about a session's flow before a step can be taken.
private enum FlowObstacle: Sendable {
  /// It isn't at hand.
  case unknown(FlowMark)
  /// Its definition may be forgotten before the session is over.
  case unheld(FlowMark, untilMs: Int64)

  var mark: FlowMark {
    switch self {
    case .unknown(let mark), .unheld(let mark, _): mark
    }
  }
}

/// What was done about a session's flow for one step.
private struct HeldFlow: Sendable {
  /// The flow, where it was read for it.
  var flow: Flow?
  /// Until when its definition was held for it; 0 where it was not.
  var untilMs: Int64 = 0
}

/// What was found on the way, for the call that has asked.
private final class Found<Value: Sendable>: Sendable {
  private let found = Mutex<Value?>(nil)

  var value: Value? {
    get { found.withLock { $0 } }
    set { found.withLock { $0 = newValue } }
  }
}
