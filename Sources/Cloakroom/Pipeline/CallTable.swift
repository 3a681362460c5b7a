internal import CloakroomStore

/// The calls of one loop that wait for the store, each under its ticket.
struct CallTable {
  /// What a ticket stands for.
  enum Entry {
    /// Nobody has the ticket; the next free one.
    case free(next: UInt32)
    /// A call of one step.
    case call(Call)
    /// One step of a call of many.
    case step(of: UInt32, position: Int)
    /// The first step of a procedure.
    case opening(ProcedureCall)
    /// A later step of a procedure; nil when nobody waits for the reply.
    case procedure(PendingStep?)
  }

  private static let none = UInt32.max

  private var entries: ContiguousArray<Entry> = []
  private var firstFree = CallTable.none
  /// How many tickets are out.
  private(set) var count = 0

  /// Gives out a ticket.
  mutating func add(_ entry: consuming Entry) -> StoreTicket {
    count += 1
    guard firstFree != Self.none else {
      entries.append(entry)
      return StoreTicket(index: UInt32(truncatingIfNeeded: entries.count - 1))
    }
    let index = firstFree
    if case .free(let next) = entries[Int(index)] { firstFree = next }
    entries[Int(index)] = entry
    return StoreTicket(index: index)
  }

  /// What a ticket stands for; the ticket stays out.
  func entry(_ index: UInt32) -> Entry { entries[Int(index)] }

  /// Lets a ticket stand for something else.
  mutating func replace(_ index: UInt32, with entry: consuming Entry) {
    entries[Int(index)] = entry
  }

  /// Takes a ticket back.
  mutating func remove(_ index: UInt32) -> Entry {
    count -= 1
    var entry = Entry.free(next: firstFree)
    swap(&entry, &entries[Int(index)])
    firstFree = index
    return entry
  }
}
