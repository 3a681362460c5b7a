internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// What is asked of a guard.
enum GuardRequest: Sendable {
  /// Takes the lock, or tells why not. → `.new`, `.inProgress`, `.ended`
  case begin(GuardLock)
  /// Ends it for the caller that has the lock, and keeps a result. → `.ended`; LEASE_LOST for a receipt that
  /// is not the last.
  ///
  /// A lock that has lapsed is no reason to refuse while nobody else has had it: what the caller has done in
  /// the meantime is done.
  case complete(receipt: String, result: ByteBuffer)
  /// Opens it to the next try, or ends it with a failure. → `.opened`, `.ended`; LEASE_LOST as `complete`
  case fail(receipt: String, error: ByteBuffer, isFinal: Bool)
  /// Has the lock last so long from now on, or as long as it was given last. → `.renewed`; LEASE_LOST as
  /// `complete`
  case renew(receipt: String, lock: TimeToLive?)
  /// Makes it as if the begin with this receipt had never been, as long as the caller has the lock. →
  /// `.withdrawn`
  case withdraw(receipt: String)
  /// Does nothing: nothing is ever to be noticed of a guard.
  case look
}

/// A lock that somebody asks for.
struct GuardLock: Sendable {
  /// A digest of the receipt, which only the caller has.
  let receipt: String
  /// A digest of what the caller is about to do; nil compares nothing.
  let fingerprint: String?
  /// How long the lock is the caller's.
  let lock: TimeToLive
  /// How long is remembered that there was a try, and what came of it; from the last of both on.
  let life: TimeToLive
  /// Whether the caller waits, and has to be told of a change.
  var isAwaiting = false
}
