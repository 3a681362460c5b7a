internal import CloakroomCore
internal import NIOCore

/// What a step on a pending operation is answered.
enum PendingOutcome: Sendable, Equatable {
  /// The operation, as it is or was.
  case operation(PendingOperation)
  /// The operation, and what the caller holds it by.
  case leased(PendingOperation, PendingGrant)
  /// The operation was left as it is: its etag is another.
  case stale(PendingOperation)
  /// The operation is over; what the commit that ended it was given, and when, in milliseconds since
  /// 1970.
  case committed(result: ByteBuffer, atMs: Int64)
  /// It was done, and there is nothing more to say.
  case done
  /// It was not done.
  case refused(PendingRefusal)
}

extension PendingOutcome {
  /// The operation that was asked for.
  ///
  /// - Throws: why there is none.
  var operation: PendingOperation {
    get throws(RPCError) {
      switch self {
      case .operation(let operation): return operation
      case .refused(let refusal): throw refusal.error
      case .leased, .stale, .committed, .done: throw .unexpectedReply
      }
    }
  }
}

/// What a lease grants.
struct PendingGrant: Sendable, Equatable {
  /// A number that is greater than any that the operation was leased with before.
  let fence: Int64
  /// When the lease ends, in milliseconds since 1970 by the store's clock.
  let endsAtMs: Int64

  /// Describes a lease.
  init(fence: Int64, endsAtMs: Int64) {
    self.fence = fence
    self.endsAtMs = endsAtMs
  }
}

/// A pending operation as the store has it.
struct PendingOperation: Sendable, Equatable {
  /// Whether somebody can have it.
  enum State: Int, Sendable {
    /// Anyone who has the token can.
    case open = 0
    /// Somebody has it.
    case leased = 1
    /// Its attempts are used up.
    case dead = 2
  }

  /// Its type.
  var type: String
  /// Its data; empty for one whose data are in its token.
  var data: ByteBuffer
  /// When it was made, in milliseconds since 1970.
  var createdAtMs: Int64
  /// When its life ends, likewise.
  var expiresAtMs: Int64
  /// What its maker has said of its use.
  var isOneTime: Bool
  /// How often it can be leased; 0 is any number of times.
  var maxAttempts: Int
  /// How often it has been leased.
  var attempts: Int
  /// Whether somebody can have it.
  var state: State
  /// What the last release has said, any JSON; nil when it said nothing.
  var lastError: ByteBuffer?

  /// Describes an operation.
  init(
    type: String, data: ByteBuffer, createdAtMs: Int64, expiresAtMs: Int64,
    isOneTime: Bool = false, maxAttempts: Int = 0, attempts: Int = 0, state: State = .open,
    lastError: ByteBuffer? = nil
  ) {
    self.type = type
    self.data = data
    self.createdAtMs = createdAtMs
    self.expiresAtMs = expiresAtMs
    self.isOneTime = isOneTime
    self.maxAttempts = maxAttempts
    self.attempts = attempts
    self.state = state
    self.lastError = lastError
  }
}
