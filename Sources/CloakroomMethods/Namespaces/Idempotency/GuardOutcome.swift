internal import CloakroomCore
internal import NIOCore

/// What a step on a guard is answered.
enum GuardOutcome: Sendable, Equatable {
  /// The caller has the lock.
  case new(GuardHold)
  /// Somebody else has the lock, for so many milliseconds more.
  case inProgress(restMs: Int64)
  /// It is over.
  case ended(GuardEnd)
  /// It is open to the next try, after so many.
  case opened(attempts: Int64, isRepeated: Bool)
  /// The lock lasts until then, in milliseconds since 1970.
  case renewed(lockEndsAtMs: Int64)
  /// The begin was taken back.
  case withdrawn
  /// It was not done.
  case refused(GuardRefusal)
}

/// A lock that a caller has.
struct GuardHold: Sendable, Equatable {
  /// Which try this is, from 1.
  let attempt: Int64
  /// When the lock lapses, in milliseconds since 1970 by the store's clock.
  let endsAtMs: Int64
  /// What the last try that failed has left; empty when it has left nothing.
  let lastError: ByteBuffer
  /// Whether the caller had the lock before.
  let isRepeated: Bool
}

/// How a guard has ended.
struct GuardEnd: Sendable, Equatable {
  /// The result, or what was kept of the failure.
  let result: ByteBuffer
  /// When, in milliseconds since 1970 by the store's clock.
  let atMs: Int64
  /// Whether it is the failure that was kept.
  let isFailure: Bool
  /// Whether it had ended before the step.
  let isRepeated: Bool
}

/// Why a step on a guard was not done.
enum GuardRefusal: Sendable, Hashable {
  /// There is no guard of that name: nobody has begun, or its life is over.
  case notFound
  /// It was begun with another fingerprint.
  case mismatch
  /// The receipt is not that of the last begin.
  case leaseLost
  /// The caller has ended it otherwise.
  case ended(GuardRecord.State)

  /// What callers are told.
  var error: RPCError {
    switch self {
    case .notFound:
      RPCError(.notFound, "nothing was begun under that key, or its ttl is over")
    case .mismatch:
      RPCError(.idempotencyMismatch, "the key was begun with another fingerprint")
    case .leaseLost: RPCError(.leaseLost)
    case .ended(let state):
      RPCError(
        .conflict, "the caller has ended it otherwise",
        details: [.text("state", state.rawValue)])
    }
  }
}
