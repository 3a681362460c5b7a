internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore

/// What ends by itself, as a worker sees it.
extension ReplyWriter {
  /// Counts and logs what has happened to a record by itself, whoever has noticed it.
  func noticed(_ notice: RecordNotice, of name: StoreKey) {
    observer.count(notice == .dead ? PendingEvent.dead : .expired)
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
