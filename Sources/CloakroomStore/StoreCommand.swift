public import CloakroomCore
public import NIOCore

/// The whole name of one value in the store: prefix, service, scope, namespace and key.
public struct StoreKey: Sendable, Hashable {
  /// The name as the store sees it.
  public let bytes: ByteBuffer

  /// Names a value; admission and the key space have made the name, nothing else may.
  public init(bytes: ByteBuffer) { self.bytes = bytes }
}

/// What becomes of a value's life when the value is written.
public enum Expiry: Sendable, Hashable {
  /// It lives this long from now on.
  case after(TimeToLive)
  /// It lives for ever.
  case never
  /// What is left of its life stays as it is; a value that is new, or had no end, takes the other.
  case keep(otherwise: TimeToLive)
}

/// What must hold for a value to be written.
public enum SetCondition: Sendable, Hashable {
  /// It is written whatever there is.
  case none
  /// Only when there is nothing: otherwise CONFLICT.
  case absent
  /// Only when there is something: otherwise CONFLICT.
  case present
  /// Only when what is there has this etag: otherwise CONFLICT, or NOT_FOUND when there is nothing.
  case matches(etag: String)
}

/// One atomic step of the store.
///
/// Both stores do all of them, with the same results; the contract suite says so. An expired key
/// does not exist, whether or not it has been swept.
public enum StoreCommand: Sendable {
  /// Reads a value. → `.value`
  case get(StoreKey)
  /// Reads a value and how long it still lives, in one step. → `.entry`
  case getWithMeta(StoreKey)
  /// Writes a value. → `.done`, or `.failure` with CONFLICT or NOT_FOUND
  case set(StoreKey, value: ByteBuffer, Expiry, SetCondition)
  /// Whether there is a value. → `.boolean`
  case exists(StoreKey)
  /// Removes a value. → `.boolean`: whether there was one
  case remove(StoreKey)
  /// Changes how long a value lives. → `.boolean`: whether there was one
  case expire(StoreKey, Expiry)
  /// Reads a value and removes it, in one step. → `.value`
  case take(StoreKey)
  /// Reads many values. → `.values`, in the order of the keys
  case getMany([StoreKey])
  /// Adds to a whole number kept as decimal text, unless the sum would leave `bounds` (or the range of
  /// a signed 64-bit number). A counter that is not there counts as 0 and gets `expiry` in the same
  /// step as its first value; one that is there keeps its life. → `.counted`; text that is not such a
  /// number: `.failure` with STORE_REFUSED
  case add(StoreKey, by: Int64, within: ClosedRange<Int64>, expiry: Expiry)
  /// Takes what a rate limit costs, if it allows that. → `.rate`. Indirect, as it would make every command larger.
  indirect case takeRate(RateDemand)
  /// Reads a record. → `.record`
  case read(StoreKey)
  /// Writes a record over what was read, and keeps when it has to be looked at. → `.done`, or `.stale`
  /// with what is there now. Indirect, as it would make every command larger.
  indirect case commit(StoreKey, RecordCommit)
  /// A step that carries its parts. → `.step`. Indirect, as it would make every command larger.
  indirect case step(any StoreStep)
  /// Passes a message to all who listen to a name on the store's bus at that moment. → `.number`: how
  /// many sidecars' subscriptions it matched, a name or a pattern counted once for each sidecar; 0 is
  /// nobody
  case publish(StoreKey, ByteBuffer)
  /// Asks whether the store answers. → `.done`
  case ping
  /// Does a mutation unless its idempotency record has the first answer to it, and keeps the answer
  /// there, all in one step. → what the mutation replies, or replied first; `.failure` with IDEMPOTENCY_MISMATCH when
  /// the record is another call's. What is no mutation is just done
  indirect case idempotent(IdempotencyRecord, StoreCommand)
  /// Changes nothing but its idempotency record: for a note alone. → `.done`
  case nothing
  /// Looks for the answer to a step in its idempotency record, and does nothing else. → the answer as it was given, to a
  /// commit or to a step that is `.done`; `.value(nil)` when it has none; `.failure` with
  /// IDEMPOTENCY_MISMATCH when the record is another call's
  indirect case recall(IdempotencyRecord)
}

/// What the store answered to one command.
public enum StoreReply: Sendable, Equatable {
  /// It was done, and there is nothing more to say.
  case done
  /// Yes or no.
  case boolean(Bool)
  /// A value, or nil when there is none.
  case value(ByteBuffer?)
  /// A value with the rest of its life in milliseconds (nil: it lives for ever).
  case entry(ByteBuffer, ttlMs: Int64?)
  /// Values in the order of their keys; nil where there is none.
  case values([ByteBuffer?])
  /// A counter's value, and whether it was changed.
  case counted(Int64, applied: Bool)
  /// What became of taking a rate limit.
  case rate(RateOutcome)
  /// A record, or nil when there is none, and the store's time in milliseconds since 1970.
  case record(ByteBuffer?, atMs: Int64)
  /// The commit was not done now: this record is there, or none, at this time in milliseconds since 1970.
  /// `wasResent`: its answer was lost once and it was sent again, so that it may have been done before, and
  /// something else after it.
  case stale(ByteBuffer?, atMs: Int64, wasResent: Bool)
  /// What a step that carries its parts came to. Indirect, as it would make every reply larger.
  indirect case step(StepReply)
  /// A whole number.
  case number(Int64)
  /// A reply, and the note that was kept with it when it was given first.
  indirect case noted(ByteBuffer, StoreReply)
  /// It was not done, or (OUTCOME_UNKNOWN) nobody knows.
  case failure(RPCError)
}
