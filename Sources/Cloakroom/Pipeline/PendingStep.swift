internal import CloakroomStore

/// A step of the store that a procedure waits for.
///
/// An object, because a checked continuation's layout is known at run time only, and with one in it
/// the table of calls would be slower for all.
final class PendingStep {
  /// Resumes the procedure.
  let continuation: CheckedContinuation<StoreReply, Never>

  init(_ continuation: CheckedContinuation<StoreReply, Never>) { self.continuation = continuation }
}
