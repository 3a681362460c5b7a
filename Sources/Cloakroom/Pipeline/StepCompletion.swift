internal import CloakroomStore

/// A step of the store that a procedure, or the sidecar itself, has taken.
///
/// An object, because a checked continuation's layout is known at run time only, and with one in it
/// the table of calls would be slower for all.
final class StepCompletion {
  /// Told the reply.
  let completion: (StoreReply) -> Void

  init(_ completion: @escaping (StoreReply) -> Void) { self.completion = completion }
}
