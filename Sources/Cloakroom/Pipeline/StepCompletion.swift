internal import CloakroomStore

/// A step of the store that a procedure, or the sidecar itself, has taken.
///
/// An object, because a checked continuation's layout is known at run time only, and with one in it
/// the table of calls would be slower for all.
final class StepCompletion {
  /// The pending operation whose end the reply may tell of.
  let name: StoreKey?
  /// Called with the reply; nil when it is not needed.
  let completion: ((StoreReply) -> Void)?

  init(name: StoreKey?, _ completion: ((StoreReply) -> Void)?) {
    self.name = name
    self.completion = completion
  }
}
