import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Synchronization
import Testing

@testable import CloakroomMethods

/// What sweeps and calls were the first to find, by the name of the operation.
final class FoundEnds: Sendable {
  private let found = Mutex<[StoreKey: [RecordNotice]]>([:])

  /// Each operation with all that was found of it, in order; more than one is one too many.
  var all: [StoreKey: [RecordNotice]] { found.withLock { $0 } }

  /// Notes what was found of an operation.
  func note(_ notice: RecordNotice?, of name: StoreKey) {
    guard let notice else { return }
    found.withLock { $0[name, default: []].append(notice) }
  }
}

/// Names that are due, by the parts of the index that have handed them out.
struct TakenNames {
  let parts: [(DeadlinePart, TakeDueNames.Reply)]

  /// All names.
  var names: [StoreKey] { parts.flatMap(\.1.names) }
}

extension StoreHarness {
  /// Takes steps, and notes what they were the first to find.
  func perform(_ asks: [RecordAsk], noting ends: FoundEnds) async -> [RecordReply] {
    let replies = await perform(asks)
    for (ask, reply) in zip(asks, replies) { ends.note(reply.notice, of: ask.name) }
    return replies
  }

  private var configuration: Configuration {
    var configuration = Configuration(socket: .init(path: "/none"))
    configuration.keys.prefix = prefix
    configuration.pending.tombstoneTTL = .ms(Self.retention.tombstoneMs)
    configuration.pending.receiptTTL = .ms(Self.retention.receiptMs)
    configuration.pending.deadTTL = .ms(Self.retention.deadMs)
    return configuration
  }

  /// Looks at a record as a sweep does.
  ///
  /// - Returns: when to look again, in milliseconds since 1970; nil is never.
  func look(at name: StoreKey) async throws -> Int64? {
    let (answer, _) = await run(RecordKinds.look(at: name, configuration))
    return Int64(String(buffer: try answer.result.get()))
  }

  /// One round of a sweep, which must not fail.
  func sweepRound(_ ends: FoundEnds) async -> RecordSweep.Round {
    do {
      return try await RecordSweep(configuration).round {
        await self.perform($0)
      } run: { call in
        let (answer, notice) = await self.run(call)
        ends.note(notice, of: call.name)
        return answer
      }
    } catch {
      Issue.record(error)
      return RecordSweep.Round()
    }
  }

  /// Sweeps until nothing is due.
  ///
  /// - Returns: what was found by it.
  @discardableResult
  func sweep(_ ends: FoundEnds = FoundEnds()) async -> [StoreKey: [RecordNotice]] {
    while await sweepRound(ends).isMore {}
    return ends.all
  }

  /// Takes names that are due.
  func takeDue(holdMs: Int64) async -> TakenNames? {
    var taken: [(DeadlinePart, TakeDueNames.Reply)] = []
    for part in DeadlinePart.all(prefix: prefix) {
      let reply = await perform(.step(TakeDueNames(part, limit: 10, holdMs: holdMs)))
      guard let due = try? reply.get(TakeDueNames.self) else { return nil }
      taken.append((part, due))
    }
    return TakenNames(parts: taken)
  }

  /// Says when names that were taken are to be looked at again.
  func settle(_ names: [SettleDueNames.Settled], _ taken: TakenNames) async {
    for (part, due) in taken.parts {
      _ = await perform(.step(SettleDueNames(part, names, hold: due.hold)))
    }
  }
}
