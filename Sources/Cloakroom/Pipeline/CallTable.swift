internal import BasicContainers
internal import CloakroomMethods
internal import CloakroomStore

/// The calls of one loop that wait for the store, each under its ticket.
struct CallTable: ~Copyable {
  /// What a ticket stands for.
  enum Entry: ~Copyable {
    /// The ticket is free; the next free one.
    case free(next: UInt32)
    /// A call of one step.
    case call(Call)
    /// One step of a call of many.
    case step(of: UInt32, position: Int)
    /// A call that ends with the reply to its step.
    case stepped(SteppedCall)
    /// A look at a record.
    case look(LookCall)
    /// A look's record, beside which something else is read.
    case lookedAt(RecordReply)
    /// The first step of a procedure, or a step of calls on a record.
    case receiver(any ReplyReceiver)
    /// A later step of a procedure, or the sidecar's own; nil when its reply is not needed.
    case procedure(StepCompletion?)
  }

  private static let none = UInt32.max

  private var entries = UniqueArray<Entry>()
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
    swap(&entry, &entries[Int(index)])
    if case .free(let next) = entry { firstFree = next }
    return StoreTicket(index: index)
  }

  /// What the call has, that waits under a ticket or for the replies to its steps.
  func extras(_ index: UInt32) -> CallExtras? {
    switch entries[Int(index)] {
    case .call(let call): call.extras
    default: nil
    }
  }

  /// Looks at the call that waits under a ticket, if there is one; the ticket stays out.
  func withCall(_ index: UInt32, _ body: (borrowing Call) -> Void) {
    switch entries[Int(index)] {
    case .call(let call): body(call)
    default: break
    }
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

/// A step of the store that a procedure, or the sidecar itself, has taken.
///
/// An object, because a checked continuation's layout is known at run time only, and with one in it
/// the table of calls would be slower for all.
final class StepCompletion {
  /// Told the reply.
  let completion: (StoreReply) -> Void

  init(_ completion: @escaping (StoreReply) -> Void) { self.completion = completion }
}
