public import CloakroomRedis

/// Which waiting call a reply belongs to: an index that only the one who submits understands.
public struct StoreTicket: Sendable, Hashable {
  /// The index.
  public let index: UInt32

  /// Makes a ticket from an index.
  public init(index: UInt32) { self.index = index }
}

/// Takes the replies on one event loop.
public protocol StoreSink: AnyObject {
  /// Hands over the reply to a command; called once for each ticket, on the loop, and possibly
  /// before `submit` has returned.
  func complete(_ ticket: StoreTicket, with reply: consuming StoreReply)
  /// All replies that had arrived together have been handed over: the moment to flush what they led to.
  func finishedBurst()
}

/// One event loop's way to the store.
///
/// Bound to its loop: it is made, called and let go there, and has no locks of its own. Commands
/// take effect in the order in which they are submitted.
public protocol StoreLink: AnyObject {
  /// Why commands are refused at once; nil while they are not.
  var downReason: String? { get }
  /// What has happened on the way to the store so far.
  var counters: StoreLinkCounters { get }
  /// The store's time in milliseconds since 1970, as well as the link knows it: within a millisecond or two.
  var timeMs: Int64 { get }
  /// Opens the way, and hands all replies to a sink from now on.
  func start(sink: any StoreSink)
  /// Gives the way up; whatever still waits is answered with a failure.
  func close()
  /// Hands a command to the store; its reply goes to the sink with the same ticket.
  func submit(_ command: consuming StoreCommand, ticket: StoreTicket)
  /// How often something was sent on the way to the store: what was submitted since the last time was not
  /// sent.
  var sendings: UInt64 { get }
  /// Lets a command go that nobody waits for any more, if nothing was sent since `sendings` was read.
  /// Its ticket gets a failure some time later.
  ///
  /// - Returns: whether it will not be done; if not, it may be.
  func withdraw(_ ticket: StoreTicket, since sendings: UInt64) -> Bool
}

/// What has happened on the way to a store; all zero for the store in memory.
public typealias StoreLinkCounters = RedisLink.Counters
