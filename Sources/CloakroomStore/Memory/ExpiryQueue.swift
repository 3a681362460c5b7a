internal import HeapModule

/// Which keys are to be looked at when, earliest first.
///
/// A record is a reminder and no more: the code that takes one out asks the entry itself whether it has
/// expired. So nothing is searched for when an entry changes, and a record left over from an older
/// value can't remove a newer one.
struct ExpiryQueue: Sendable {
  /// A reminder to look at a key.
  struct Record: Sendable, Comparable {
    /// When to look.
    let deadline: Deadline
    /// Where to look.
    let key: MemoryKey

    static func < (left: Self, right: Self) -> Bool { left.deadline < right.deadline }

    /// Equal in order is all that a heap asks for.
    static func == (left: Self, right: Self) -> Bool { left.deadline == right.deadline }
  }

  /// How many records of no use are put up with whatever the number of entries.
  static let slack = 64

  private var records = Heap<Record>()

  /// The number of records.
  var count: Int { records.count }

  /// Whether most records must be of no use, given how many entries there are; each entry has at
  /// most one that is.
  func isStale(entries: Int) -> Bool { records.count > 2 * entries + Self.slack }

  /// Adds a reminder.
  mutating func insert(_ record: Record) { records.insert(record) }

  /// Takes out the earliest reminder if it is due.
  mutating func next(at now: Int64) -> Record? {
    guard let first = records.min, first.deadline.isOver(at: now) else { return nil }
    return records.popMin()
  }

  /// Forgets all reminders and takes these instead, in linear time.
  mutating func replace(with records: [Record]) { self.records = Heap(records) }
}
