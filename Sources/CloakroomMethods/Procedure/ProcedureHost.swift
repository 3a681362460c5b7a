public import CloakroomCore
public import CloakroomStore

/// The side of a call that is bound to its loop; the pipeline has it.
public protocol ProcedureHost: AnyObject {
  /// Why the call was cancelled; nil while somebody waits for its result.
  var cancellation: RPCError? { get }
  /// The store's time in milliseconds since 1970, as well as the loop knows it.
  var storeTimeMs: Int64 { get }
  /// Where the answers to the call's mutations are kept; nil when it has no idempotency key.
  var idempotency: IdempotencyRecord? { get }
  /// Takes a step of the store, and resumes with its reply.
  func perform(
    _ command: StoreCommand, isTakenBack: Bool,
    _ continuation: CheckedContinuation<StoreReply, Never>)
  /// Takes steps of the store that change nothing, all at once, and resumes with their replies in the same order.
  func perform(
    reading commands: [StoreCommand], _ continuation: CheckedContinuation<[StoreReply], Never>)
  /// Runs a call on a record, which keeps its answer if the call has an idempotency key, and resumes with
  /// what it comes to.
  func run(_ call: RecordCall, _ continuation: CheckedContinuation<RecordAnswer, Never>)
  /// Has a thread do something that would hold up the loop; `completion` is told on the loop what it comes to, or
  /// why the call was cancelled before it has begun.
  func compute<Value: Sendable>(
    _ work: @escaping @Sendable () throws(RPCError) -> Value,
    _ completion: @escaping (Result<Value, RPCError>) -> Void)
  /// Takes back a step of the store.
  func takeBack(by command: StoreCommand)
  /// Takes back a call on a record.
  func takeBack(by call: RecordCall)
  /// Resumes when the waiter is woken, the time is over or the call is cancelled, whatever is first.
  func wait(
    atMost time: Duration, waiter: UInt64?, _ continuation: CheckedContinuation<WaitOutcome, Never>)
  /// Has a waiter join a queue, which is subscribed to a topic.
  func addWaiter(on topic: Topic, in queue: WaiterQueue) -> UInt64
  /// Whether a waiter is the first of its queue.
  func isFirst(_ id: UInt64) -> Bool
  /// Resumes when a waiter's subscription is confirmed, or refused.
  func awaitSubscription(of id: UInt64, _ continuation: CheckedContinuation<WaitOutcome, Never>)
  /// Closes a waiter.
  func removeWaiter(_ id: UInt64)
  /// Has a command submitted when the connection closes.
  func onClose(_ name: StoreKey, _ command: StoreCommand) throws(RPCError)
  /// Counts that a limit bit.
  func count(_ limit: Limit)
  /// Counts what has happened to a pending operation.
  func count(_ event: PendingEvent)
  /// Counts what has happened to caches.
  func count(_ event: CacheEvent, times: UInt64)
  /// Counts what a rate limit was decided to.
  func count(_ decision: RateDecision)
  /// Counts what has happened to a session.
  func count(_ event: SessionEvent, flow: String?, step: String?)
  /// Counts what has happened under a key of `idempotency.*`.
  func count(_ event: IdempotencyEvent)
  /// Names what the call is about, for the access log.
  func note(key: [UInt8])
  /// Names the session that the call is about, for the access log.
  func note(_ session: SessionNote)
  /// Forgets what was to be submitted when the connection closes.
  func forgetOnClose(_ name: StoreKey)
}
