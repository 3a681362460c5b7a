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

extension RecordHost {
  /// Takes the steps that follow from what was decided for calls on a record, all at once.
  ///
  /// - Parameter completion: told why some of them could not be done, possibly before this returns.
  func followUp(
    _ waits: [RecordWait], on name: StoreKey, _ completion: @escaping (RPCError?) -> Void
  ) {
    let followUps = waits.flatMap { wait -> [RecordFollowUp] in
      guard let decision = wait.decision, wait.call.isLook || decision.replacement != nil else {
        return []
      }
      return decision.followUps?(name, wait.call.isLook) ?? []
    }
    guard !followUps.isEmpty else { return completion(nil) }
    var missing = followUps.count
    var failure: RPCError?
    func end(_ reply: StoreReply) {
      if case .failure(let error) = reply { failure = error }
      missing -= 1
      if missing == 0 { completion(failure) }
    }
    for followUp in followUps {
      perform(followUp.command) { [self] reply in
        guard let next = followUp.next(reply) else { return end(reply) }
        perform(next, end)
      }
    }
  }
}
