internal import CloakroomCore
internal import CloakroomMethods
internal import CloakroomStore

/// What ends by itself, as a worker sees it.
extension ReplyWriter {
  /// Counts and logs what has happened to a record by itself, whoever has noticed it.
  func noticed(_ notice: RecordNotice, of name: StoreKey, in namespace: Namespace) {
    if let event = PendingEvent(notice, in: namespace) { observer.count(event) }
    guard observer.keepsAccessLog else { return }
    guard let name = ParsedKey(name.bytes, prefix: prefix) else { return }
    observer.expired(
      ExpiryRecord(
        foundAt: wallClock(at: burst.now()), service: admission.label(named: name.service),
        namespace: namespace, key: name.key,
        scope: name.scope.isEmpty ? nil : name.scope.joined(separator: "/"),
        action: notice == .dead ? .dead : .expire))
  }
}

extension PendingEvent {
  /// What has happened to a pending operation by itself; nil for a record of another namespace.
  init?(_ notice: RecordNotice, in namespace: Namespace) {
    guard namespace == .pending else { return nil }
    switch notice {
    case .expired: self = .expired
    case .dead: self = .dead
    }
  }
}
