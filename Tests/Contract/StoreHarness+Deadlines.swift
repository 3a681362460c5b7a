import CloakroomCore
import CloakroomStore
import Support
import Synchronization
import Testing

/// What sweeps and calls were the first to find, by the name of the operation.
final class FoundEnds: Sendable {
  private let found = Mutex<[StoreKey: [PendingNotice]]>([:])

  /// Each operation with all that was found of it, in order; more than one is one too many.
  var all: [StoreKey: [PendingNotice]] { found.withLock { $0 } }

  /// Notes what replies tell that were the first to find something.
  func note(_ commands: [StoreCommand], _ replies: [StoreReply]) {
    for (command, reply) in zip(commands, replies) {
      guard let name = command.pendingName, let notice = reply.notice
      else { continue }
      found.withLock { $0[name, default: []].append(notice) }
    }
  }
}

extension StoreHarness {
  /// Does commands, and notes what they were the first to find.
  func perform(_ commands: [StoreCommand], noting ends: FoundEnds) async -> [StoreReply] {
    let replies = await perform(commands)
    ends.note(commands, replies)
    return replies
  }

  /// One round of a sweep, which must not fail.
  func sweepRound(_ ends: FoundEnds) async -> DeadlineSweep.Round {
    do {
      return try await DeadlineSweep(ofPending: Self.retention).round {
        await self.perform($0, noting: ends)
      }
    } catch {
      Issue.record(error)
      return DeadlineSweep.Round()
    }
  }

  /// Sweeps until nothing is due.
  ///
  /// - Returns: what was found by it.
  @discardableResult
  func sweep(_ ends: FoundEnds = FoundEnds()) async -> [StoreKey: [PendingNotice]] {
    while await sweepRound(ends).isMore {}
    return ends.all
  }

  /// Takes names that are due.
  func takeDue(holdMs: Int64) async -> DueNames? {
    guard
      case .due(let due) = await perform(.deadlines(.pending, .take(limit: 10, holdMs: holdMs)))
    else { return nil }
    return due
  }
}
