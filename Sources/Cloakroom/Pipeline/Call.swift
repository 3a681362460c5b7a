internal import CloakroomMethods
internal import CloakroomStore
internal import CloakroomWire
internal import NIOCore

/// A request: where it came from, and what its reply will need.
///
/// Moved and never copied: copies would count references.
struct Request: ~Copyable {
  /// Where it came from, and its reply goes.
  let connection: ClientConnection
  /// The batch that it is a member of.
  let batch: BatchReply?
  /// When its bytes had been read, in nanoseconds of the loop's clock.
  let startedAt: UInt64
  /// The id to be echoed. Until the envelope has been read it is null, as JSON-RPC has it for requests
  /// whose id can't be told.
  var id = RequestID()
  // Small, as all of this is moved often.
  private let length: Int32
  private var methodIndex: Int16 = -1
  /// Whether it has no id, and so is never answered.
  var isNotification = false
  /// The value that it reads, where it is answered with one alone and its length is of interest.
  var value = LongValues.Name.none

  /// A request of which nothing but its place and length is known.
  init(connection: ClientConnection, batch: BatchReply?, startedAt: UInt64, bytesIn: Int) {
    self.connection = connection
    self.batch = batch
    self.startedAt = startedAt
    length = Int32(clamping: bytesIn)
  }

  /// Its length in bytes.
  var bytesIn: Int { Int(length) }

  /// The method: an index into the table; nil when there is no such method.
  var method: Int? {
    get { methodIndex >= 0 ? Int(methodIndex) : nil }
    set { methodIndex = newValue.map { Int16(clamping: $0) } ?? -1 }
  }
}

/// A request that has been let in and waits for the store.
struct Call: ~Copyable {
  let request: Request
  /// What the method remembers until the store has answered.
  let replyContext: ReplyContext
  /// What most calls do without.
  let extras: CallExtras?
}

/// A request that waits for a look at a record.
struct LookCall: ~Copyable {
  let request: Request
  let look: any RecordLook
  /// What was read of the record, where something else is read beside it.
  let record: RecordReply?
  let extras: CallExtras?
}

/// A request that ends with the reply to its one step.
struct SteppedCall: ~Copyable {
  let request: Request
  let step: any StepCall
  let extras: CallExtras?
}

/// What was read of a record, until what is read beside it is there.
final class RecordReply {
  var reply: StoreReply?

  init(_ reply: StoreReply? = nil) { self.reply = reply }
}

/// What most calls do without, apart, so that the others stay small.
final class CallExtras {
  /// What the access log will say.
  var notes: CallNotes?
  /// The timer of the caller's deadline.
  var deadline: LoopTimer?
  /// Whether the deadline has passed and the caller has been told.
  var isAnswered = false
  /// Whether the call changes something; known only for one with a deadline.
  var isMutation = false
  /// What the link's count was when the call, or its last steps, were submitted.
  var sendings: UInt64 = 0
  /// The tickets of those of a call's many steps that were submitted last.
  var steps: [StoreTicket] = []
  /// Those of its steps that were not submitted yet.
  var rest: ArraySlice<StoreCommand> = []
  /// How many of them are submitted and have no reply.
  var inFlight = 0
  /// Whether the next calls of its connection wait for it.
  var holdsCalls = false
  /// The replies of a call of many steps that have arrived so far.
  var replies: [StoreReply?] = []
  /// How many replies are to come.
  var remaining = 0
}
