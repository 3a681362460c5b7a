internal import CloakroomCore
internal import CloakroomStore

/// A step of the store that follows from how a record stands, on other names than the record's.
///
/// It is taken after the commit and before the call is answered. The call is not failed by it: what could not
/// be done is done by the next change or the sweep's look.
struct RecordFollowUp: Sendable {
  /// The step.
  let command: StoreCommand
  /// What to do about a reply, once; nil when it is done, or has failed.
  let next: @Sendable (_ reply: StoreReply) -> StoreCommand?

  /// A step, and what to do where that is not all.
  init(
    _ command: StoreCommand, next: @escaping @Sendable (StoreReply) -> StoreCommand? = { _ in nil }
  ) {
    self.command = command
    self.next = next
  }
}
