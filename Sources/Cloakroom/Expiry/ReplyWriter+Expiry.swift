internal import CloakroomCore
internal import CloakroomStore

/// What ends by itself, as a worker sees it.
extension ReplyWriter {
  /// Counts and logs what a step on a pending operation was the first to find, no matter who took the step
  /// and whether or not anybody still waits for its reply.
  func note(_ reply: StoreReply, of name: StoreKey) {
    guard let notice = reply.notice else { return }
    observer.pendingOperation(notice == .dead ? .dead : .expired)
    guard observer.keepsAccessLog else { return }
    guard let name = ParsedKey(name.bytes, prefix: prefix) else { return }
    observer.expired(
      ExpiryRecord(
        foundAt: wallClock(at: burst.now()), service: admission.label(named: name.service),
        namespace: name.namespace, key: name.key,
        scope: name.scope.isEmpty ? nil : name.scope.joined(separator: "/"),
        action: notice == .dead ? .dead : .expire))
  }
}
