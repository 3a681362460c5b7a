public import CloakroomCore
public import CloakroomStore
internal import NIOCore

/// Looks at the records whose time has come.
///
/// Any number of sidecars may sweep one store at once: the index of deadlines deals the names out, and each
/// record tells only the first that comes after its time that it has come.
public struct RecordSweep: Sendable {
  /// What a round came to.
  public struct Round: Sendable, Equatable {
    /// How many records were looked at.
    public var looked = 0
    /// For how long the earliest of them had been due, in milliseconds.
    public var lateMs: Int64 = 0
    /// Whether the next round may find more at once.
    public var isMore = false
  }

  /// How many records one round looks at at most, so that calls don't wait long behind it.
  public static let roundLength = 64
  /// For how long names are held back from other sweeps, in milliseconds: longer than a round takes.
  static let holdMs: Int64 = 10_000

  private let configuration: Configuration

  /// A sweep of all kinds.
  public init(_ configuration: Configuration) { self.configuration = configuration }

  /// Looks at what is due, one round's worth.
  ///
  /// - Parameters:
  ///   - perform: takes steps of the store at once, and answers with their replies in the same order.
  ///   - run: runs a call on a record.
  /// - Throws: why the store could not be asked. What was not looked at is due again later.
  public func round(
    perform: @Sendable ([StoreCommand]) async -> [StoreReply],
    run: @escaping @Sendable (RecordCall) async -> RecordAnswer
  ) async throws(RPCError) -> Round {
    let parts = DeadlinePart.all(prefix: configuration.keys.prefix)
    let limit = Self.roundLength / parts.count
    let replies = await perform(
      parts.map { .step(TakeDueNames($0, limit: limit, holdMs: Self.holdMs)) })
    var round = Round()
    for (part, reply) in zip(parts, replies) {
      let due = try reply.get(TakeDueNames.self)
      guard !due.names.isEmpty else { continue }
      round.isMore = round.isMore || due.isMore
      round.lateMs = max(round.lateMs, due.lateMs)
      let looked = await look(at: due.names, run)
      round.looked += looked.count
      _ = await perform([.step(SettleDueNames(part, looked, hold: due.hold))])
    }
    return round
  }

  /// - Returns: the result for each name, those left out whose records could not be looked at.
  private func look(
    at names: [StoreKey], _ run: @escaping @Sendable (RecordCall) async -> RecordAnswer
  ) async -> [SettleDueNames.Settled] {
    await withTaskGroup(of: SettleDueNames.Settled?.self) { group in
      for name in names {
        group.addTask {
          let look = RecordKinds.look(at: name, configuration)
          guard case .success(let next) = await run(look).result else { return nil }
          return SettleDueNames.Settled(name, nextAtMs: Int64(String(buffer: next)))
        }
      }
      return await group.reduce(into: []) { if let settled = $1 { $0.append(settled) } }
    }
  }
}
