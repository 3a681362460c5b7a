internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// A kind of record: what a record of it has in it, and what becomes of it.
///
/// All of a record's life cycle is in `decide`, a pure function: no store knows it, and it does neither I/O nor
/// waits. Time that has passed is an event like any other: the first decision on a record whose life
/// or lease is over writes that down, and notices it.
protocol RecordKind: Sendable {
  /// What can be asked of a record.
  associatedtype Event: Sendable
  /// What that comes to.
  associatedtype Outcome: Sendable

  /// The kind's name, as it stands in a record's header.
  static var kind: StaticString { get }
  /// Whose the records are: what has happened to one by itself is counted and logged as this namespace's.
  static var namespace: Namespace { get }

  /// Reads a record.
  ///
  /// - Throws: STORE_REFUSED for what is no record of the kind.
  init(_ header: RecordHeader, data: ByteBuffer) throws(RPCError)
  /// Writes all but the data.
  func write(to header: inout RecordHeaderWriter)
  /// What its caller has handed in, behind the header.
  var data: ByteBuffer { get }
  /// When the store may forget it, in milliseconds since 1970.
  var keptUntilMs: Int64 { get }
  /// When it has to be looked at, as something that is to be noticed happens to it by itself; likewise.
  /// Nil for a kind without reminders, and when nothing will.
  var nextLookMs: Int64? { get }

  /// What it is about, for the line that tells of its end; nil where there is nothing to tell.
  var subject: RecordSubject? { get }

  /// Decides what an event makes of a record.
  ///
  /// - Parameters:
  ///   - record: the record; nil when there is none.
  ///   - now: the store's time in milliseconds since 1970.
  static func decide(_ record: Self?, _ event: Event, at now: Int64) -> Transition<Self>
  /// The same for a kind whose events look into data.
  ///
  /// - Parameter allowance: what that may still cost; less afterwards. What is too much for the loop is decided once
  ///   more off it.
  static func decide(
    _ record: Self?, _ event: Event, at now: Int64, _ allowance: inout WorkAllowance
  ) -> Transition<Self>
  /// How many bytes an event brings that are looked into together with the record's data; nil where these are copied
  /// at most.
  static func lookedIntoBytes(_ event: Event) -> Int?

  /// Whether an event changes nothing but what has happened by itself.
  static func isReading(_ event: Event) -> Bool
  /// Whether there is mostly no record yet when the event comes: then it is not looked for first.
  static func expectsNothing(_ event: Event) -> Bool

  /// What has to be read along with the record before an event can be decided; nil for most.
  static func beforehand(_ event: Event) -> EventNeed<Event>?

  /// What is counted when a call is refused; nil for most.
  static func tally(of refusal: RPCError) -> Tally?

  /// What a sweep asks of the record of a name whose time may have come: to do what has happened by itself.
  static func look(at name: StoreKey, _ configuration: Configuration) -> Event

  /// Whether there is ever anything in `followUps`; a kind that says no is not asked.
  static var hasFollowUps: Bool { get }

  /// What is to be done elsewhere in the store because of how a record stands: after a change of it was
  /// committed, and when a sweep looks at it, changed or not. It must do no harm to do it again, and by several
  /// at once: a sidecar may die in between, and the next look does it all over.
  ///
  /// - Parameters:
  ///   - record: how it stands now.
  ///   - earlier: how it stood before the change; nil where there was none.
  ///   - isLook: whether a sweep asks, for all that may not have been done yet.
  static func followUps(
    of record: Self, since earlier: Self?, named name: StoreKey, isLook: Bool
  ) -> [RecordFollowUp]

  /// Reads a record in the form that it had up to version 0.1, a hash of Redis; nil when it is none.
  init?(_ earlier: EarlierRecord)
}

extension RecordKind {
  static func decide(
    _ record: Self?, _ event: Event, at now: Int64, _ allowance: inout WorkAllowance
  ) -> Transition<Self> { decide(record, event, at: now) }
  static func lookedIntoBytes(_ event: Event) -> Int? { nil }
  init?(_ earlier: EarlierRecord) { return nil }
  static func expectsNothing(_ event: Event) -> Bool { false }
  static var hasFollowUps: Bool { true }
  static func followUps(
    of record: Self, since earlier: Self?, named name: StoreKey, isLook: Bool
  ) -> [RecordFollowUp] { [] }
  var subject: RecordSubject? { nil }
  static func beforehand(_ event: Event) -> EventNeed<Event>? { nil }
  static func tally(of refusal: RPCError) -> Tally? { nil }
}

/// Something else that has to be read before an event can be decided.
struct EventNeed<Event: Sendable>: Sendable {
  /// What reads it.
  let command: StoreCommand
  /// The event with what was read.
  ///
  /// - Throws: why it could not be read.
  let learn: @Sendable (_ reply: StoreReply) throws(RPCError) -> Event
}

/// What an event makes of a record.
struct Transition<Record: RecordKind> {
  /// What the record is from now on; nil leaves it as it is.
  var change: Record?
  /// What the caller is told.
  var outcome: Record.Outcome
  /// What had happened by itself and was found now.
  var noticed: RecordNotice?
  /// Whether the same event may come to something else later: then the answer is not kept for a call
  /// that is repeated.
  var isPassing = false
  /// Whether the event ends something: a store that is full takes it all the same, as long as the record grows
  /// by no more than what its header says of it.
  var isEnding = false
  /// The first moment at which it would be decided otherwise, in milliseconds since 1970; nil is never.
  var staleAtMs: Int64?
  /// Whether those who wait for the record are told of the change, by a message under its name.
  var announces = false
  /// What has to be read first; all else says nothing then.
  var need: EventNeed<Record.Event>?
}

/// What happens to records by itself; each is noticed once.
public enum RecordNotice: Sendable, Hashable {
  /// Its life is over.
  case expired
  /// Its last lease has ended without a commit.
  case dead
}
