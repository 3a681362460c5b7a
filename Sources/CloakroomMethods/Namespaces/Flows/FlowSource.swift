internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore
internal import Synchronization

/// Where sessions get their flows from.
///
/// ```swift
/// let flows = try FlowSource(&arguments)                       // of the call's service and scope
///
/// // A session that begins: the flow of that name in the call's scope, or the next one outward that has it,
/// // or a file of the configuration (at the service's root), which is made current in the store then.
/// // NOT_FOUND; CONFLICT with details.state "closed".
/// let (flow, mark) = try await flows.current(name, context)    // the mark goes into the session's record
/// try await flows.prepare(mark, for: life, context)            // before the session is made
///
/// // A session that is under way: the very definition that it began with.
/// let flow = flows.known(mark)                                 // nil: it isn't at hand
/// let flow = try await flows.load(mark, context)               // STORE_REFUSED: it is gone
/// ```
///
/// A `mark`'s depth is of the session's own scope, as a call on the session has it.
struct FlowSource: Sendable {
  let names: FlowNames
  private let files: FlowFiles
  private let cache: FlowCache
  private let defaultTTL: TimeToLive
  private let recordBytes: Int

  /// The flows of a call's service and scope.
  init(_ arguments: inout Arguments) throws(RPCError) {
    names = try FlowNames(&arguments)
    files = arguments.settings.flowFiles
    cache = arguments.settings.flows
    defaultTTL = arguments.settings.sessionTTL
    recordBytes = arguments.settings.recordBytes
  }

  // MARK: A session that begins

  /// The flow that a new session of a name goes through, in the call's scope or further outward.
  ///
  /// - Throws: NOT_FOUND, CONFLICT for one that is closed; what the store failed with.
  func current(
    _ name: String, _ context: CallContext
  ) async throws(RPCError) -> (flow: Flow, mark: FlowMark) {
    for depth in (0...names.depth).reversed() {
      guard let record = try await record(of: name, depth: depth, context) else { continue }
      guard record.state == .open, let current = record.current else { throw Self.closed }
      let key = try names.record(of: name, depth: depth)
      let flow = try await flow(current, named: name, in: key, context)
      let mark = FlowMark(
        name: name, version: current.version, digest: current.digest, depth: depth)
      return (flow, mark)
    }
    throw .noFlow
  }

  /// Has a definition be kept for as long as a session may live that is to begin on it.
  func prepare(
    _ mark: FlowMark, for life: TimeToLive, _ context: CallContext
  ) async throws(RPCError) {
    let key = try names.record(of: mark.name, depth: mark.depth)
    if let known = cache.life(in: key, mark.digest), known >= life.milliseconds { return }
    let request = FlowRequest.raise(digest: mark.digest, lifeMs: life.milliseconds)
    try await keep(request, mark, in: key, context)
  }

  /// Has a definition be kept until a session can't be on it any more that outlives what it was made for, or
  /// that may be opened again.
  ///
  /// - Throws: STORE_REFUSED when it is gone.
  func hold(
    _ mark: FlowMark, untilMs end: Int64, _ context: CallContext
  ) async throws(RPCError) {
    let key = try names.record(of: mark.name, depth: mark.depth)
    try await keep(.hold(digest: mark.digest, untilMs: end), mark, in: key, context)
  }

  private func keep(
    _ request: FlowRequest, _ mark: FlowMark, in key: StoreKey, _ context: CallContext
  ) async throws(RPCError) {
    guard case .flow(let record) = try await asking(request, of: key, context),
      let definition = record.definitions.first(where: { $0.digest == mark.digest })
    else { throw .definitionGone }
    _ = try await flow(definition, named: mark.name, in: key, context)
  }

  // MARK: A session that is under way

  /// The definition that a session began with, if it is at hand.
  func known(_ mark: FlowMark) -> Flow? {
    guard let key = try? names.record(of: mark.name, depth: mark.depth) else { return nil }
    return cache.flow(in: key, mark.digest)
  }

  /// The definition that a session began with.
  ///
  /// - Throws: STORE_REFUSED when it is gone.
  func load(_ mark: FlowMark, _ context: CallContext) async throws(RPCError) -> Flow {
    if let known = known(mark) { return known }
    let key = try names.record(of: mark.name, depth: mark.depth)
    let outcome = try await asking(.definition(digest: mark.digest), of: key, context)
    guard case .definition(let definition) = outcome else { throw .unexpectedReply }
    return try await flow(definition, named: mark.name, in: key, context)
  }

  /// Asks something for a session: a flow without a record has lost the definition that it is on.
  private func asking(
    _ request: FlowRequest, of key: StoreKey, _ context: CallContext
  ) async throws(RPCError) -> FlowOutcome {
    do throws(RPCError) {
      return try await ask(request, of: key, context)
    } catch {
      throw error.reason == .notFound ? .definitionGone : error
    }
  }

  // MARK: Records

  /// A flow's record in the scope of the first steps of the call's; nil where there is no such flow. One that
  /// a file defines is made current first; one that a file defined that is gone counts as closed.
  func record(
    of name: String, depth: Int, _ context: CallContext
  ) async throws(RPCError) -> FlowRecord? {
    let key = try names.record(of: name, depth: depth)
    let file = depth == 0 ? files.flow(name) : nil
    guard let file else {
      var record = try await read(key, context)
      // A file has defined it that is gone.
      if record?.source == .file, record?.state == .open { record?.state = .closed }
      return record
    }
    if cache.flow(in: key, file.digest) == nil { keep(file, in: key, lifeMs: 0, context) }
    let draft = FlowDraft(file, .file, longest: recordBytes)
    if let record = try await read(key, context), record.isCurrent(draft) { return record }
    // New, or gone with everything else that the store had: so is its name in the index then.
    try await index(name, context, depth: 0)
    guard case .flow(let record) = try await ask(.define(draft), of: key, context) else {
      throw .unexpectedReply
    }
    return record
  }

  /// A flow's record as it is; nil where there is none, or the flow was removed.
  private func read(
    _ key: StoreKey, _ context: CallContext
  ) async throws(RPCError) -> FlowRecord? {
    do throws(RPCError) {
      guard case .flow(let record) = try await ask(.read, of: key, context) else {
        throw .unexpectedReply
      }
      return record
    } catch {
      guard error.reason == .notFound else { throw error }
      return nil
    }
  }

  // MARK: What is known of all flows of a scope

  /// Enters a flow's name into the index of its scope, before its record is written.
  func index(_ name: String, _ context: CallContext, depth: Int? = nil) async throws(RPCError) {
    let now = context.storeTimeMs
    let step = IndexName(
      try names.index(depth: depth ?? names.depth), IndexedName(name, score: now),
      keepUntilMs: now &+ TimeToLive.longest.milliseconds)
    _ = try await context.perform(.step(step)).get(IndexName.self)
  }

  /// How many sessions live on each version of a flow of the call's own scope.
  func liveSessions(
    on name: String, _ context: CallContext
  ) async throws(RPCError) -> [Int64: Int64] {
    let step = ReadCounts([try names.statistics(of: name).live])
    let counts = try await context.perform(.step(step)).get(ReadCounts.self)
    var live: [Int64: Int64] = [:]
    for (version, count) in counts where count > 0 {
      if let version = Int64(version) { live[version] = count }
    }
    return live
  }

  /// Whether a file defines a flow of that name in the call's own scope.
  func isFromFile(_ name: String) -> Bool { names.depth == 0 && files.flow(name) != nil }

  /// The flows that files define in the call's own scope.
  var fromFiles: [Flow] { names.depth == 0 ? files.all : [] }

  /// What makes a flow the current definition.
  func draft(of flow: Flow) -> FlowDraft { FlowDraft(flow, .call, longest: recordBytes) }

  /// Asks something of a flow's record, as a part of a call whose own answer is something else.
  private func ask(
    _ request: FlowRequest, of key: StoreKey, _ context: CallContext
  ) async throws(RPCError) -> FlowOutcome {
    let found = Answer()
    let call = RecordCall(FlowRecord.self, key, request, keepsAnswer: false) {
      outcome, _ throws(RPCError) -> Tally? in
      if case .refused(let error) = outcome { throw error }
      found.outcome.withLock { $0 = outcome }
      return nil
    }
    _ = try await context.run(call)
    guard let outcome = found.outcome.withLock({ $0 }) else { throw .unexpectedReply }
    return outcome
  }

  /// What a record has answered.
  private final class Answer: Sendable {
    let outcome = Mutex<FlowOutcome?>(nil)
  }

  /// The compiled definition of a record.
  ///
  /// - Throws: STORE_REFUSED for what this sidecar can't compile.
  private func flow(
    _ definition: FlowRecord.Definition, named name: String, in key: StoreKey,
    _ context: CallContext
  ) async throws(RPCError) -> Flow {
    let flow: Flow
    if let known = cache.flow(in: key, definition.digest) {
      flow = known
    } else {
      let (text, life) = (definition.text, defaultTTL)
      let compiled = try await context.compute { () throws(RPCError) in
        try? Flow(name: name, text, defaultTTL: life, isStored: true)
      }
      guard let compiled, compiled.digest == definition.digest else { throw Self.foreign }
      flow = compiled
    }
    keep(flow, in: key, lifeMs: definition.lifeMs, context)
    return flow
  }

  private func keep(
    _ flow: Flow, in key: StoreKey, lifeMs: Int64, _ context: CallContext
  ) {
    if cache.keep(flow, in: key, lifeMs: lifeMs) { context.count(.flowCache) }
  }

  private static let closed = RPCError(
    .conflict, "the flow is closed: no new session begins on it",
    details: [.text("state", "closed")])
  private static let foreign = RPCError(
    .storeRefused, "what is stored as the flow's definition is none that this version can use",
    details: [.text("code", "NOTFLOW")])
}

/// Which definition of a flow a session is on.
struct FlowMark: Sendable, Hashable {
  let name: String
  let version: Int64
  /// The definition's digest.
  let digest: String
  /// How many steps of the session's scope the flow's own scope has.
  let depth: Int
}
