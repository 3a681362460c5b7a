internal import CloakroomCore
internal import CloakroomSchema
internal import CloakroomStore
internal import NIOCore

/// What is asked of a session, and what goes with each question.
struct SessionRequest: Sendable {
  /// The flows that are at hand, by the definition's digest.
  typealias Flows = @Sendable (_ mark: FlowMark) -> Flow?

  /// What to do.
  let step: SessionStep
  /// The session's name in the store; nil where nothing else is looked for by it.
  let name: StoreKey?
  /// What the call says of who makes it, for a session that is bound; nil where nobody's call is checked: an
  /// operator's, the sweep's, and one by ref.
  let visitor: SessionMetadata?
  /// Where the session's flow is found; a session whose flow isn't at hand is left as it is, and the outcome
  /// says so.
  let flows: Flows
  /// What seals members that must not be stored in clear.
  let seal: SessionSeal
  /// How long things are kept that are over.
  let retention: PendingRetention
  /// What was found of the session in whose place it was made; nil where nobody has looked.
  var origin: SessionRecord.Origin?
  /// Until when the flow's definition was held for this step, in milliseconds since 1970; 0 where it was not.
  var heldUntilMs: Int64 = 0

  /// Describes a step.
  init(
    _ step: SessionStep, of name: StoreKey? = nil, by visitor: SessionMetadata? = nil,
    flows: @escaping Flows = { _ in nil }, seal: SessionSeal = .none,
    retention: PendingRetention = PendingRetention()
  ) {
    self.step = step
    self.name = name
    self.visitor = visitor
    self.flows = flows
    self.seal = seal
    self.retention = retention
  }
}

/// What to do with a session.
enum SessionStep: Sendable {
  /// Makes a session; CONFLICT when there is one under that name.
  case create(SessionDraft)
  /// Makes a session that goes on with another's way, until that one is ended: its own end is silent as long
  /// as nothing has been done with it. Made again, it takes the place of the one that nothing was done with.
  case succeed(SessionOrigin, whole: ByteBuffer, principal: String?)
  /// Reads it; `whole`: also what is sealed.
  case read(whole: Bool)
  /// Reads what needs no flow of it.
  case show
  /// Moves its idle end, never past the absolute one.
  case touch
  /// Changes its data: a draft, whatever a schema says of it.
  case update(SessionChange)
  /// Completes a step of the flow, with a patch first where there is one.
  case complete(step: String, patch: ByteBuffer?, longest: Int)
  /// Goes to a step of the flow, with a patch first where there is one.
  case goTo(step: String, patch: ByteBuffer?, longest: Int)
  /// Ends it.
  case delete
  /// Ends it in favour of its successor, if it is still what that one was made from and it isn't too late, in
  /// milliseconds since 1970; else `movedSession`. Repeated, it is answered alike.
  case retire(SessionRecord, successor: String, beforeMs: Int64)
  /// The one that it succeeds is over.
  case confirm
  /// The one that it succeeds goes on: nobody has had this one, and nobody will.
  case discard
  /// Leases it to one caller, if it can be submitted. The same receipt again is answered as it was.
  case checkout(PendingLease)
  /// Ends it for the caller that has it, and keeps a result for those who ask again with the receipt.
  case commit(receipt: String, result: ByteBuffer)
  /// Opens it again, unless its attempts are used up.
  case release(receipt: String, error: ByteBuffer?)
  /// Makes it as if the checkout with this receipt had never been, as long as the caller has it.
  case withdraw(receipt: String)
  /// Opens a dead one again, with all its attempts and a new life.
  case reopen
  /// Does nothing but what has happened by itself, and tells when to look again.
  case settle
}

/// A session that is to be made.
struct SessionDraft: Sendable {
  /// The flow that it goes through, and which definition of it; nil is none.
  let flow: (flow: Flow, mark: FlowMark)?
  /// How many steps the session's own scope has.
  var scopeDepth = 0
  let data: ByteBuffer
  let metadata: SessionMetadata
  let principal: String?
  /// How long it lives at most.
  let life: TimeToLive
  /// How often it can be checked out; 0 is any number of times.
  let maxAttempts: Int
}

/// A change of a session's data.
struct SessionChange: Sendable {
  /// What becomes of the data.
  let content: PendingChange.Content
  /// Only over data that have this etag; nil is over any.
  let etag: String?
  /// Only over data that fit this; nil is over any.
  let condition: DataCondition?
  /// Whether it moves the idle end.
  let touches: Bool
  /// How long patched data are at most, in bytes.
  let longest: Int
}

/// Seals what must not be stored in clear, and opens it again.
struct SessionSeal: Sendable {
  typealias Work = @Sendable (_ text: ByteBuffer) throws(RPCError) -> ByteBuffer

  /// Seals a text. → one line of text
  let seal: Work
  /// Opens what was sealed.
  let open: Work

  /// Seals nothing, and opens nothing.
  static let none = SessionSeal(
    seal: { _ throws(RPCError) in throw .noSealingKey },
    open: { _ throws(RPCError) in throw .noSealingKey })
}

extension RPCError {
  /// A flow has members that are stored sealed, and there is nothing to seal them by.
  static let noSealingKey = RPCError(
    .unavailable,
    "the flow has members that are sealed, and there is no active key: make one with cloakroom keys generate in the folder that --keys names"
  )
}
