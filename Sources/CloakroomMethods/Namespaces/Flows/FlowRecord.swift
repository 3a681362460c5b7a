internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A flow as the store has it: all of its definitions that sessions may still be on, one of them current.
///
/// A version's number is never given to another definition. A definition that isn't current any more is kept
/// until the last session can have ended that began on it, and a day longer; a session that is to outlive that,
/// or can be opened again later, holds it. A flow that is closed or removed loses its definitions one by one
/// likewise; what is left of it, its last number above all, is kept as long as statistics are, which tell its
/// versions apart by their numbers.
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
    /// Until when it is held at least, whatever a session's life is on it; 0 where nobody holds it.
    var heldUntilMs: Int64 = 0

    /// Has it be forgotten once no session can be on it any more that has begun by now.
    mutating func retire(at now: Int64) {
      untilMs = max(FlowRecord.end(of: lifeMs, from: now), heldUntilMs)
    }
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

  /// Nothing begins anew on a flow that isn't open: nobody would come to take its old definitions away.
  var nextLookMs: Int64? {
    state == .open ? nil : definitions.compactMap(\.untilMs).min()
  }

  /// The current definition, or the last that was.
  var current: Definition? { definitions.first { $0.version == version } }

  // MARK: Deciding

  static func isReading(_ request: FlowRequest) -> Bool {
    switch request {
    case .read, .definition, .settle: true
    case .define, .remove, .raise, .hold: false
    }
  }

  static func look(at name: StoreKey, _ configuration: Configuration) -> FlowRequest { .settle }

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
      let before = record
      record.definitions[index].lifeMs = max(record.definitions[index].lifeMs, life)
      record.keep(index, untilMs: Self.end(of: life, from: now))
      return Transition(change: record == before ? nil : record, outcome: .flow(record))
    case .hold(let digest, let until):
      guard let index = record.definitions.firstIndex(where: { $0.digest == digest }) else {
        return Transition(outcome: .refused(.definitionGone))
      }
      let before = record
      let end = until &+ slackMs
      record.definitions[index].heldUntilMs = max(record.definitions[index].heldUntilMs, end)
      record.keep(index, untilMs: end)
      return Transition(change: record == before ? nil : record, outcome: .flow(record))
    case .settle:
      let hasChanged = record.settle(at: now)
      return Transition(change: hasChanged ? record : nil, outcome: .flow(record))
    case .define: return Transition(outcome: .flow(record))
    }
  }

  /// Keeps a definition that isn't current any more at least until then.
  private mutating func keep(_ index: Int, untilMs end: Int64) {
    guard let until = definitions[index].untilMs else { return }
    definitions[index].untilMs = max(until, end)
    if state != .open { keptUntilMs = max(keptUntilMs, Self.numbersKeptUntilMs(definitions)) }
  }

  /// Forgets the definitions of a flow that isn't open on which no session can be any more; without any it is
  /// gone.
  ///
  /// - Returns: whether there was anything to forget.
  private mutating func settle(at now: Int64) -> Bool {
    guard state != .open else { return false }
    let count = definitions.count
    definitions.removeAll { ($0.untilMs ?? .max) <= now }
    if definitions.isEmpty { state = .removed }
    return definitions.count < count
  }

  /// Whether a draft says what it says already, by the same hand, so that there is nothing to write.
  func isCurrent(_ draft: FlowDraft) -> Bool {
    guard state == .open, source == draft.source, let current else { return false }
    return current.digest == draft.digest && current.lifeMs >= draft.lifeMs
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
    guard !record.isCurrent(draft) else { return Transition(outcome: .flow(record)) }
    record.definitions.removeAll { ($0.untilMs ?? .max) <= now }
    if record.state == .open {
      for index in record.definitions.indices where record.definitions[index].untilMs == nil {
        record.definitions[index].retire(at: now)
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
        definitions[index].retire(at: now)
      }
      keptUntilMs = Self.numbersKeptUntilMs(definitions)
    }
    state = live == 0 ? .removed : .closed
    return Transition(change: self == before ? nil : self, outcome: .flow(self))
  }

  /// When the last session can have ended that begins now, and a day later.
  private static func end(of life: Int64, from now: Int64) -> Int64 { now &+ life &+ slackMs }

  /// Until when statistics may have something under a number of one of these definitions: the last session on
  /// one is counted by its end, which is well before that of the definition.
  private static func numbersKeptUntilMs(_ definitions: [Definition]) -> Int64 {
    definitions.reduce(0) { max($0, $1.untilMs ?? 0) } &+ FlowStatistics.retentionMs
  }
}
