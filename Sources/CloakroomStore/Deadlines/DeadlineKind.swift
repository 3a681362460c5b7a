/// What has deadlines that are to be seen when they pass, whoever looks.
///
/// The store keeps an index of each kind by deadline, apart from the records themselves: an entry is a
/// reminder to look at a record, and the record decides. One that is missing, or late, does no harm but
/// that what has happened is seen later, by whoever meets the record.
public enum DeadlineKind: String, CaseIterable, Sendable {
  /// Pending operations: the end of a life, and of a last lease.
  case pending
}
