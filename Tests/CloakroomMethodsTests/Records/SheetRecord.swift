import CloakroomCore
import CloakroomStore
import NIOCore

@testable import CloakroomMethods

/// A kind of record that only tests know: a sheet that is written on until it ends. It has all that a kind can
/// have: a life whose end is noticed, refusals that pass, and an earlier form.
struct SheetRecord: RecordKind, Equatable {
  enum Event: Sendable {
    /// Makes a sheet.
    case make(String)
    /// Writes behind what is there; refused for as long as it is held.
    case add(String)
    /// The same, after more work than an event loop does.
    case study(String)
    case read
    /// The same, after more work than an event loop does.
    case ponder
    /// Reads, and holds what is not held yet.
    case seize
    case hold
    /// Takes what is written, and leaves nothing.
    case end
    case settle
  }

  enum Outcome: Sendable {
    case text(String)
    case refused(RPCError)
  }

  static let kind: StaticString = "sheet"
  static let namespace = Namespace.cache
  static let lifeMs: Int64 = 60_000
  /// What is refused with a reason that has all that a reason can have.
  static let held = RPCError(.checkedOut, retryAfterMs: 5)
  static let ended = RPCError(
    .conflict, "it has ended", details: [.text("state", "ended"), .integer("count", -3)])

  var data: ByteBuffer
  var expiresAtMs: Int64
  var isHeld = false
  var isOver = false

  init(_ text: String, expiresAtMs: Int64, isHeld: Bool = false) {
    data = ByteBuffer(string: text)
    self.expiresAtMs = expiresAtMs
    self.isHeld = isHeld
  }

  init(_ header: RecordHeader, data: ByteBuffer) throws(RPCError) {
    guard let expires = header.number("expires") else { throw .notARecord }
    self.data = data
    expiresAtMs = expires
    isHeld = header.text("held") == "yes"
    isOver = header.number("over") == 1
  }

  init?(_ earlier: EarlierRecord) {
    guard let text = earlier.fields["text"], let kept = earlier.keptUntilMs else { return nil }
    self.init(String(buffer: text), expiresAtMs: kept)
  }

  func write(to header: inout RecordHeaderWriter) {
    header.write("expires", expiresAtMs)
    header.write("held", isHeld ? "yes" : nil)
    header.write("over", unlessZero: isOver ? 1 : 0)
  }

  var keptUntilMs: Int64 { expiresAtMs + 1000 }
  var nextLookMs: Int64? { isOver ? nil : expiresAtMs }

  static func isReading(_ event: Event) -> Bool {
    switch event {
    case .read, .ponder, .seize, .settle: true
    default: false
    }
  }

  static func expectsNothing(_ event: Event) -> Bool {
    if case .make = event { true } else { false }
  }

  static func look(at name: StoreKey, _ configuration: Configuration) -> Event { .settle }

  static func decide(
    _ record: SheetRecord?, _ event: Event, at now: Int64, _ allowance: inout WorkAllowance
  ) -> Transition<SheetRecord> {
    switch event {
    case .study, .ponder:
      guard allowance.isOnLoop else { break }
      return Transition(outcome: .refused(.tooMuchForLoop))
    default: break
    }
    return decide(record, event, at: now)
  }

  static func decide(
    _ record: SheetRecord?, _ event: Event, at now: Int64
  ) -> Transition<SheetRecord> {
    guard var record else {
      guard case .make(let text) = event else {
        return Transition(outcome: .refused(RPCError(.notFound)))
      }
      return Transition(
        change: SheetRecord(text, expiresAtMs: now + lifeMs), outcome: .text(text))
    }
    let before = record
    var noticed: RecordNotice?
    if !record.isOver, record.expiresAtMs <= now {
      (record.isOver, noticed) = (true, .expired)
      record.data = ByteBuffer()
    }
    let staleAtMs = record.isOver ? nil : record.expiresAtMs
    var transition = Transition<SheetRecord>(outcome: record.perform(event))
    if record != before { transition.change = record }
    transition.noticed = noticed
    transition.staleAtMs = staleAtMs
    if case .refused(Self.held) = transition.outcome { transition.isPassing = true }
    if case .end = event { transition.isEnding = true }
    return transition
  }

  private mutating func perform(_ event: Event) -> Outcome {
    if case .settle = event { return .text("") }
    guard !isOver else { return .refused(Self.ended) }
    switch event {
    case .make: return .refused(RPCError(.conflict))
    case .add where isHeld, .study where isHeld: return .refused(Self.held)
    case .add(let text), .study(let text): data.writeString(text)
    case .hold, .seize: isHeld = true
    case .end:
      let text = String(buffer: data)
      (data, isOver) = (ByteBuffer(), true)
      return .text(text)
    case .read, .ponder, .settle: break
    }
    return .text(String(buffer: data))
  }
}

extension RecordCall {
  /// A call on a sheet; what is done to one is counted.
  static func on(
    _ name: String, _ event: SheetRecord.Event, otherwise: Otherwise? = nil,
    secret: SecretAnswer? = nil, undo: (@Sendable () -> RecordCall)? = nil
  ) -> RecordCall {
    var takenBack: (@Sendable (RecordAnswer) -> RecordCall?)?
    if let undo { takenBack = { _ in undo() } }
    return RecordCall(
      SheetRecord.self, StoreKey(bytes: ByteBuffer(string: name)), event, otherwise: otherwise,
      secret: secret, undo: takenBack
    ) { outcome, result throws(RPCError) in
      switch outcome {
      case .text(let text): result.writeString(text)
      case .refused(let error): throw error
      }
      return { _ in }
    }
  }
}
