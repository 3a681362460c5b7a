internal import CloakroomCore
internal import CloakroomStore

/// What ends by itself, as a worker sees it.
extension Worker {
  /// Counts and logs what a step on a pending operation was the first to find, whoever took the step
  /// and whether or not anybody still waits for its reply.
  func note(_ reply: StoreReply, of name: StoreKey) {
    guard let notice = reply.notice else { return }
    observer.count(notice == .dead ? PendingEvent.dead : .expired)
    guard observer.keepsAccessLog else { return }
    guard let name = StoredName(name.bytes, prefix: prefix) else { return }
    observer.expired(
      ExpiryRecord(
        foundAt: wallClock(at: now()), service: admission.label(named: name.service),
        namespace: name.namespace, key: name.key,
        scope: name.scope.isEmpty ? nil : name.scope.joined(separator: "/"),
        action: notice == .dead ? .dead : .expire))
  }
}
