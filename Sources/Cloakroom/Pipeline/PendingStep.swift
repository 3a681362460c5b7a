internal import CloakroomStore

/// A step of the store that a procedure, or the sidecar itself, has taken.
///
/// An object, because a checked continuation's layout is known at run time only, and with one in it
/// the table of calls would be slower for all.
final class PendingStep {
  /// The pending operation whose end the reply may tell of.
  let name: StoreKey?
  /// Told the reply; nil when nobody waits for it.
  let completion: ((StoreReply) -> Void)?

  init(name: StoreKey?, _ completion: ((StoreReply) -> Void)?) {
    self.name = name
    self.completion = completion
  }
}
