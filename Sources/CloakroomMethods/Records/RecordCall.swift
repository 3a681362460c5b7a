public import CloakroomCore
public import CloakroomStore
public import NIOCore

/// What a call asks of a record, without the record's kind: how to decide on the bytes that the store
/// has.
///
/// A class, as one goes from hand to hand: copies would count references to all of its parts.
public final class RecordCall: Sendable {
  /// Decides on a record.
  ///
  /// - Parameters:
  ///   - record: the record's bytes; nil when there is none.
  ///   - now: the store's time in milliseconds since 1970.
  ///   - version: what to write a change under.
  ///   - allowance: what it may still cost; less afterwards.
  typealias Decide =
    @Sendable (
      _ record: ByteBuffer?, _ now: Int64, _ version: RecordVersion,
      _ allowance: inout WorkAllowance
    ) -> RecordDecision
  /// The result that takes the place of a failure of the store, or the failure that does.
  typealias Otherwise = @Sendable (_ error: RPCError) throws(RPCError) -> ByteBuffer

  /// The record's name.
  public let name: StoreKey
  /// Whether it changes nothing but what has happened by itself.
  public let isReading: Bool
  /// Whether it is a sweep's: it comes to nothing where what follows from the record can't be done.
  let isLook: Bool
  /// Whether there is mostly no record yet: then it is not looked for first.
  let expectsNothing: Bool
  /// How many bytes it brings that are looked into together with the record's; nil where all of it is copied at most.
  let lookedIntoBytes: Int?
  let decide: Decide
  /// What has to be read along with the record; nil for most.
  let beforehand: RecordNeed?
  /// A record in its earlier form, made into one; nil when it is none.
  let adopt: @Sendable (_ earlier: EarlierRecord, _ version: RecordVersion) -> ByteBuffer?
  /// What to answer when the store can't be asked.
  let otherwise: Otherwise?
  /// How the answer is sealed where it is kept; nil keeps it in clear.
  let secret: SecretAnswer?
  /// Whether the answer is kept for a call that is repeated: one step of a call at most has its answer kept.
  let keepsAnswer: Bool
  /// What makes it as if the call had never been made, when nobody waits for its answer any more.
  private let undo: (@Sendable (_ answer: RecordAnswer) -> RecordCall?)?

  /// Writes the result that an outcome comes to, or says why there is none; and names what is to be counted.
  typealias Write<Kind: RecordKind> =
    @Sendable (_ outcome: Kind.Outcome, _ result: inout ByteBuffer) throws(RPCError) -> Tally?

  /// A call on a record of a kind.
  init<Kind: RecordKind>(
    _ kind: Kind.Type, _ name: StoreKey, _ event: Kind.Event, otherwise: Otherwise? = nil,
    secret: SecretAnswer? = nil, keepsAnswer: Bool = true,
    undo: (@Sendable (_ answer: RecordAnswer) -> RecordCall?)? = nil,
    answer: @escaping Write<Kind>
  ) {
    self.name = name
    self.otherwise = otherwise
    self.secret = secret
    self.keepsAnswer = keepsAnswer
    self.undo = undo
    isLook = false
    isReading = Kind.isReading(event)
    expectsNothing = Kind.expectsNothing(event)
    lookedIntoBytes = Kind.lookedIntoBytes(event)
    adopt = { earlier, version in Kind(earlier)?.record(version) }
    beforehand = Kind.beforehand(event).map { Self.need(kind, $0, answer) }
    decide = Self.decide(kind, event, answer)
  }

  /// How an event decides on bytes.
  private static func decide<Kind: RecordKind>(
    _ kind: Kind.Type, _ event: Kind.Event, _ answer: @escaping Write<Kind>
  ) -> Decide {
    { bytes, now, version, allowance in
      let record: Kind?
      do throws(RPCError) {
        record = try bytes.map { bytes throws(RPCError) in try Kind(reading: bytes) }
      } catch {
        return RecordDecision(answer: RecordAnswer(.failure(error)))
      }
      let transition = Kind.decide(record, event, at: now, &allowance)
      if let need = transition.need {
        return RecordDecision(needs: Self.need(kind, need, answer))
      }
      return RecordDecision(transition, of: record, version, answer)
    }
  }

  private static func need<Kind: RecordKind>(
    _ kind: Kind.Type, _ need: EventNeed<Kind.Event>, _ answer: @escaping Write<Kind>
  ) -> RecordNeed {
    RecordNeed(command: need.command) { reply throws(RPCError) in
      decide(kind, try need.learn(reply), answer)
    }
  }

  /// A look at a record, whatever its kind.
  init(
    looking name: StoreKey, decide: @escaping Decide,
    adopt: @escaping @Sendable (EarlierRecord, RecordVersion) -> ByteBuffer?
  ) {
    self.name = name
    otherwise = nil
    secret = nil
    keepsAnswer = false
    undo = nil
    isReading = true
    isLook = true
    expectsNothing = false
    lookedIntoBytes = nil
    beforehand = nil
    self.decide = decide
    self.adopt = adopt
  }

  /// Whether there is something that takes it back.
  var hasUndo: Bool { undo != nil }

  /// What takes it back after it has come to an answer; nil when there is nothing to take back.
  public func undo(_ answer: RecordAnswer) -> RecordCall? { answer.hasEffect ? undo?(answer) : nil }
}

/// Something else that has to be read before a record can be decided on.
struct RecordNeed: Sendable {
  /// What reads it.
  let command: StoreCommand
  /// How to decide once it is known.
  ///
  /// - Throws: why it could not be read.
  let learn: @Sendable (_ reply: StoreReply) throws(RPCError) -> RecordCall.Decide
}

/// What a call has decided on a record.
///
/// A class, as `RecordCall` is.
final class RecordDecision: Sendable {
  /// What has to be read first; then nothing was decided.
  let needs: RecordNeed?
  /// What the record is to become; nil leaves it.
  let replacement: ByteBuffer?
  /// How many bytes of data that has, where they are more than before: what the caller has handed in.
  let addedBytes: Int
  /// When the store may forget that.
  let keptUntilMs: Int64
  /// When it has to be looked at, if that is earlier than it was before.
  let remindAtMs: Int64?
  /// The first moment at which it would be decided otherwise.
  let staleAtMs: Int64?
  /// Whether it ends something, and may be written to a store that is full.
  let isEnding: Bool
  /// What was found to have happened by itself, to a record of which namespace.
  let noticed: (notice: RecordNotice, namespace: Namespace)?
  /// What the record was about that something was noticed of.
  let subject: RecordSubject?
  /// What follows from how the record stands after it; nil where there is no record, or of no kind.
  let followUps: (@Sendable (_ name: StoreKey, _ isLook: Bool) -> [RecordFollowUp])?
  /// Whether the same call may come to something else later.
  let isPassing: Bool
  /// Whether those who wait for the record are told that it has changed, once it has.
  let announces: Bool
  /// What the caller is told.
  let answer: RecordAnswer

  /// No decision, but what has to be read first.
  convenience init(needs: RecordNeed) {
    self.init(answer: RecordAnswer(.failure(RPCError(.internal))), needs: needs)
  }

  /// A decision that leaves the record as it is.
  init(answer: RecordAnswer, needs: RecordNeed? = nil) {
    self.needs = needs
    self.answer = answer
    replacement = nil
    addedBytes = 0
    keptUntilMs = 0
    remindAtMs = nil
    staleAtMs = nil
    isEnding = false
    noticed = nil
    subject = nil
    followUps = nil
    isPassing = false
    announces = false
  }

  init<Kind: RecordKind>(
    _ transition: Transition<Kind>, of record: Kind?, _ version: RecordVersion,
    _ write: (Kind.Outcome, inout ByteBuffer) throws(RPCError) -> Tally?
  ) {
    var result = ByteBuffer()
    // What most results have beside their data.
    result.reserveCapacity(512 + (record?.data.readableBytes ?? 0))
    do throws(RPCError) {
      let tally = try write(transition.outcome, &result)
      answer = RecordAnswer(.success(result), tally: tally)
    } catch {
      answer = RecordAnswer(.failure(error), tally: Kind.tally(of: error))
    }
    needs = nil
    noticed = transition.noticed.map { ($0, Kind.namespace) }
    isPassing = transition.isPassing
    staleAtMs = transition.staleAtMs
    isEnding = transition.isEnding
    announces = transition.announces
    subject = transition.noticed != nil ? (transition.change ?? record)?.subject : nil
    if Kind.hasFollowUps, let after = transition.change ?? record {
      followUps = { Kind.followUps(of: after, since: record, named: $0, isLook: $1) }
    } else {
      followUps = nil
    }
    guard let change = transition.change else {
      replacement = nil
      addedBytes = 0
      keptUntilMs = 0
      remindAtMs = nil
      return
    }
    replacement = change.record(version)
    let size = change.data.readableBytes
    addedBytes = size > record?.data.readableBytes ?? 0 ? size : 0
    keptUntilMs = change.keptUntilMs
    let look = change.nextLookMs
    remindAtMs = look ?? .max < record?.nextLookMs ?? .max ? look : nil
  }

  /// Whether nothing was decided, as that would take too long where it was tried.
  var isTooMuch: Bool {
    if case .failure(.tooMuchForLoop) = answer.result { true } else { false }
  }

  /// The same, unless the data that the caller has handed in would be more than may be.
  func bounded(by recordBytes: Int) -> RecordDecision {
    addedBytes <= recordBytes
      ? self : RecordDecision(answer: RecordAnswer(.failure(.recordTooLarge(recordBytes))))
  }
}

/// What a call on a record comes to.
public struct RecordAnswer: Sendable {
  /// The result's JSON, or why there is none.
  public let result: Result<ByteBuffer, RPCError>
  /// What is to be counted.
  let tally: Tally?
  /// Whether it is what this call was decided, and not what was kept of an earlier one that it repeats.
  var isFirst = true

  init(_ result: Result<ByteBuffer, RPCError>, tally: Tally? = nil) {
    self.result = result
    self.tally = tally
  }

  /// The store could not be asked.
  public static let unavailable = RecordAnswer(.failure(RPCError(.unavailable)))

  /// Whether the call was done, or may have been.
  public var hasEffect: Bool {
    switch result {
    case .success: true
    case .failure(let error): error.reason == .outcomeUnknown
    }
  }

  /// Counts what was done, if it was done now.
  public func count(_ context: CallContext) { if isFirst { tally?(context) } }
}

/// Counts what a call has done, for the metrics.
public typealias Tally = @Sendable (_ context: CallContext) -> Void

extension RecordKind {
  /// Decides on the bytes that the store has.
  ///
  /// - Parameters:
  ///   - learned: how to decide once it is known what has to be read first.
  ///   - write: writes the result that an outcome comes to, or says why there is none; also told what there is
  ///     of the record afterwards.
  static func decide(
    on bytes: ByteBuffer?, _ event: Event, at now: Int64, _ version: RecordVersion,
    _ allowance: inout WorkAllowance,
    learned: @escaping @Sendable (Event) -> RecordCall.Decide,
    _ write: (Outcome, _ after: Self?, inout ByteBuffer) throws(RPCError) -> Tally?
  ) -> RecordDecision {
    let record: Self?
    do throws(RPCError) {
      record = try bytes.map { bytes throws(RPCError) in try Self(reading: bytes) }
    } catch {
      return RecordDecision(answer: RecordAnswer(.failure(error)))
    }
    let transition = decide(record, event, at: now, &allowance)
    if let need = transition.need {
      return RecordDecision(
        needs: RecordNeed(command: need.command) { reply throws(RPCError) in
          learned(try need.learn(reply))
        })
    }
    return RecordDecision(transition, of: record, version) { outcome, result throws(RPCError) in
      try write(outcome, transition.change ?? record, &result)
    }
  }

  /// Reads a record from the bytes that the store has.
  ///
  /// - Throws: STORE_REFUSED for what is no record of the kind.
  init(reading bytes: ByteBuffer) throws(RPCError) {
    guard let (header, data) = RecordHeader.split(bytes), header.isOf(Self.kind) else {
      throw .notARecord
    }
    try self.init(header, data: data)
  }

  /// The bytes that the store is to have.
  func record(_ version: RecordVersion) -> ByteBuffer {
    var header = RecordHeaderWriter(version, kind: Self.kind, room: data.readableBytes)
    write(to: &header)
    return header.record(data)
  }
}

extension RPCError {
  /// Somebody else has written something under a record's name.
  static let notARecord = RPCError(
    .storeRefused, "what is stored under that name is no record; nothing was done",
    details: [.text("code", "NOTRECORD")])

  /// Whether somebody else has written something under a record's name: what lists pass by, as opposed to what
  /// Redis refuses.
  var isOfForeignRecord: Bool { self == .notARecord || isWrongType }
}
