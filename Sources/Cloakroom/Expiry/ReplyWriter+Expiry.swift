internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore

/// What ends by itself, as a worker sees it.
extension ReplyWriter {
  /// Counts and logs what has happened to a record by itself, whoever has noticed it.
  func noticed(_ notice: RecordNotice, of name: StoreKey, about subject: RecordSubject?) {
    guard let name = ParsedKey(name.bytes, prefix: prefix) else { return }
    if name.namespace == .session {
      observer.count(
        notice == .dead ? SessionEvent.dead : .expired, flow: subject?.flow, step: subject?.step)
    } else {
      observer.count(notice == .dead ? PendingEvent.dead : .expired)
    }
    guard observer.keepsAccessLog else { return }
    observer.expired(
      ExpiryRecord(
        foundAt: wallClock(at: burst.now()), service: admission.label(named: name.service),
        namespace: name.namespace, key: name.key,
        scope: name.scope.isEmpty ? nil : name.scope.joined(separator: "/"),
        flow: subject?.flow, step: subject?.step,
        action: notice == .dead ? .dead : .expire))
  }
}
