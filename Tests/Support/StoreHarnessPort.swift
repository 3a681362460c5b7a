internal import CloakroomCore
public import CloakroomStore

/// The half of a harness that lives on the loop: it gives out tickets and gathers the replies.
public final class StoreHarnessPort: StoreSink {
  private final class Batch {
    var replies: [StoreReply?]
    var missing: Int
    let completion: ([StoreReply]) -> Void

    init(count: Int, completion: @escaping ([StoreReply]) -> Void) {
      replies = Array(repeating: nil, count: count)
      missing = count
      self.completion = completion
    }
  }

  /// The link, until it is let go.
  public internal(set) var link: (any StoreLink)?
  /// What a test keeps on the loop beside the link.
  public var companion: AnyObject?
  private(set) var strayReplies = 0

  private var nextTicket: UInt32 = 0
  private var waiting: [UInt32: (batch: Batch, place: Int)] = [:]

  /// Submits one command, and tells its ticket before that.
  public func perform(
    _ command: StoreCommand, submitting: (StoreTicket) -> Void,
    _ completion: @escaping (StoreReply) -> Void
  ) {
    guard let link else {
      return completion(.failure(RPCError(.unavailable, "the harness is closed")))
    }
    let ticket = nextTicket
    nextTicket &+= 1
    waiting[ticket] = (Batch(count: 1) { completion($0[0]) }, 0)
    submitting(StoreTicket(index: ticket))
    link.submit(command, ticket: StoreTicket(index: ticket))
  }

  func submit(_ commands: [StoreCommand], _ completion: @escaping ([StoreReply]) -> Void) {
    guard let link else {
      let closed = RPCError(.unavailable, "the harness is closed")
      return completion(commands.map { _ in .failure(closed) })
    }
    let batch = Batch(count: commands.count, completion: completion)
    for (place, command) in commands.enumerated() {
      let ticket = nextTicket
      nextTicket &+= 1
      waiting[ticket] = (batch, place)
      link.submit(command, ticket: StoreTicket(index: ticket))
    }
  }

  /// Nothing to flush.
  public func finishedBurst() {}

  /// Hands a reply to its batch.
  public func complete(_ ticket: StoreTicket, with reply: consuming StoreReply) {
    guard let (batch, place) = waiting.removeValue(forKey: ticket.index) else {
      strayReplies += 1
      return
    }
    batch.replies[place] = reply
    batch.missing -= 1
    if batch.missing == 0 { batch.completion(batch.replies.compactMap(\.self)) }
  }
}
