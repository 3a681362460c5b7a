internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A flow as the store has it: all of its definitions that sessions may still be on, one of them current.
///
/// A version's number is never given to another definition. A definition that isn't current any more is kept
/// until the last session can have ended that began on it, and a day longer. A flow that was removed is kept
/// likewise, closed to new sessions.
struct FlowRecord: RecordKind, Equatable {
  typealias Event = FlowRequest
  typealias Outcome = FlowOutcome

  static let kind: StaticString = "flow"
  static let hasFollowUps = false
  static let namespace = Namespace.session

  /// Whether sessions can begin on it.
  enum State: String, Sendable {
    case open
    /// Sessions are on it, and no new ones begin.
    case closed
    /// It is gone for everybody but for sessions that began a moment ago.
    case removed
  }

  /// Who has defined it last.
  enum Source: String, Sendable {
    case call, file
  }

  /// One definition.
  struct Definition: Sendable, Equatable {
    let version: Int64
    /// As `Flow` has it.
    let digest: String
    let text: ByteBuffer
    /// When it was first defined, in milliseconds since 1970.
    let definedAtMs: Int64
    /// The longest absolute life of a session on it, in milliseconds.
    var lifeMs: Int64
    /// When it may be forgotten, in milliseconds since 1970; nil while it is current.
    var untilMs: Int64?
  }

  /// How many definitions are kept at most.
  static let mostDefinitions = 256
  /// For how long one is kept beyond the last session's life, in milliseconds: a day.
  static let slackMs: Int64 = 86_400_000
  /// How much a record has beside its definitions' texts at most, in bytes.
  private static let overheadBytes = 1024 + mostDefinitions * 192

  let name: String
  var state = State.open
  var source: Source
  /// The current definition's version; the last that was current, of a flow that isn't open.
  var version: Int64
  /// The greatest version there has been.
  var lastVersion: Int64
  /// By their versions.
  var definitions: [Definition]
  var keptUntilMs: Int64

  var nextLookMs: Int64? { nil }

  /// The current definition, or the last that was.
  var current: Definition? { definitions.first { $0.version == version } }

  // MARK: Deciding

  static func isReading(_ request: FlowRequest) -> Bool {
    switch request {
    case .read, .definition, .settle: true
    case .define, .remove, .raise: false
    }
  }

  static func look(_ configuration: Configuration) -> FlowRequest { .settle }

  static func decide(
    _ record: FlowRecord?, _ request: FlowRequest, at now: Int64
  ) -> Transition<FlowRecord> {
    if case .define(let draft) = request { return define(draft, over: record, at: now) }
    guard var record else { return Transition(outcome: .refused(.noFlow)) }
    switch request {
    case .read:
      return Transition(
        outcome: record.state == .removed ? .refused(.noFlow) : .flow(record))
    case .definition(let digest):
      let definition = record.definitions.first { $0.digest == digest }
      return Transition(outcome: definition.map { .definition($0) } ?? .refused(.definitionGone))
    case .remove(let live): return record.remove(live: live, at: now)
    case .raise(let digest, let life):
      guard let index = record.definitions.firstIndex(where: { $0.digest == digest }) else {
        return Transition(outcome: .refused(.definitionGone))
      }
      guard life > record.definitions[index].lifeMs else {
        return Transition(outcome: .flow(record))
      }
      record.definitions[index].lifeMs = life
      if let until = record.definitions[index].untilMs {
        record.definitions[index].untilMs = max(until, Self.end(of: life, from: now))
      }
      record.keptUntilMs = max(record.keptUntilMs, Self.end(of: life, from: now))
      return Transition(change: record, outcome: .flow(record))
    case .settle, .define: return Transition(outcome: .flow(record))
    }
  }

  /// Makes a definition current: a new one under the next number, one that is kept under its own.
  private static func define(
    _ draft: FlowDraft, over old: FlowRecord?, at now: Int64
  ) -> Transition<FlowRecord> {
    var record =
      old
      ?? FlowRecord(
        name: draft.name, source: draft.source, version: 0, lastVersion: 0, definitions: [],
        keptUntilMs: 0)
    if record.state == .open, record.source == draft.source, let current = record.current,
      current.digest == draft.digest, current.lifeMs >= draft.lifeMs
    {
      return Transition(outcome: .flow(record))
    }
    record.definitions.removeAll { ($0.untilMs ?? .max) <= now }
    if record.state == .open {
      for index in record.definitions.indices where record.definitions[index].untilMs == nil {
        record.definitions[index].untilMs = end(of: record.definitions[index].lifeMs, from: now)
      }
    }
    if let index = record.definitions.firstIndex(where: { $0.digest == draft.digest }) {
      record.version = record.definitions[index].version
      record.definitions[index].untilMs = nil
      record.definitions[index].lifeMs = max(record.definitions[index].lifeMs, draft.lifeMs)
    } else {
      record.lastVersion &+= 1
      record.version = record.lastVersion
      record.definitions.append(
        Definition(
          version: record.version, digest: draft.digest, text: draft.text, definedAtMs: now,
          lifeMs: draft.lifeMs))
    }
    record.state = .open
    record.source = draft.source
    record.keptUntilMs = now &+ TimeToLive.longest.milliseconds
    let size = record.definitions.reduce(overheadBytes) { $0 + $1.text.readableBytes }
    guard record.definitions.count <= mostDefinitions, size <= draft.longest else {
      return Transition(outcome: .refused(.tooManyDefinitions(bytes: draft.longest)))
    }
    return Transition(change: record, outcome: .flow(record))
  }

  private mutating func remove(live: Int64?, at now: Int64) -> Transition<FlowRecord> {
    guard state != .removed else { return Transition(outcome: .refused(.noFlow)) }
    let before = self
    if state == .open {
      for index in definitions.indices where definitions[index].untilMs == nil {
        definitions[index].untilMs = Self.end(of: definitions[index].lifeMs, from: now)
      }
      keptUntilMs = definitions.reduce(now &+ Self.slackMs) { max($0, $1.untilMs ?? 0) }
    }
    state = live == 0 ? .removed : .closed
    return Transition(change: self == before ? nil : self, outcome: .flow(self))
  }

  /// When the last session can have ended that begins now, and a day later.
  private static func end(of life: Int64, from now: Int64) -> Int64 { now &+ life &+ slackMs }
}

/// What is asked of a flow's record.
enum FlowRequest: Sendable {
  /// Makes a definition current. → `.flow`
  case define(FlowDraft)
  /// → `.flow`
  case read
  /// Finds a definition that sessions may be on, whatever has become of the flow. → `.definition`
  case definition(digest: String)
  /// Takes the flow away where no session is on it, and closes it to new ones else; nil is that it isn't known
  /// how many there are. → `.flow`
  case remove(live: Int64?)
  /// A session is to live that long, in milliseconds. → `.flow`
  case raise(digest: String, lifeMs: Int64)
  /// Does nothing. → `.flow`
  case settle
}

/// A definition that is to be current.
struct FlowDraft: Sendable {
  let name: String
  let digest: String
  let text: ByteBuffer
  /// How long its sessions live at most, in milliseconds.
  let lifeMs: Int64
  let source: FlowRecord.Source
  /// How long a record is at most, in bytes.
  let longest: Int

  /// The definition of a compiled flow.
  init(_ flow: Flow, _ source: FlowRecord.Source, longest: Int) {
    name = flow.name
    digest = flow.digest
    text = flow.definition
    lifeMs = flow.absoluteTTL.milliseconds
    self.source = source
    self.longest = longest
  }
}

/// What a request of a flow's record is answered.
enum FlowOutcome: Sendable, Equatable {
  /// The flow, as it is from now on.
  case flow(FlowRecord)
  case definition(FlowRecord.Definition)
  /// It was not done.
  case refused(RPCError)
}

extension RPCError {
  /// No flow has that name here.
  static let noFlow = RPCError(.notFound, "there is no flow of that name")
  /// What a session is on isn't kept any more, which must not be.
  static let definitionGone = RPCError(
    .storeRefused, "the flow's definition that the session began with is gone",
    details: [.text("code", "NODEFINITION")])
  /// The record has no room for one more.
  static func tooManyDefinitions(bytes: Int) -> RPCError {
    RPCError(
      .tooLarge,
      "the flow has more definitions that sessions may still be on than are kept: at most \(FlowRecord.mostDefinitions), and \(bytes) bytes together (limits.recordBytes)"
    )
  }
}
