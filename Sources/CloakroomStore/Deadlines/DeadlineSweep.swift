public import CloakroomCore

/// Looks at the records of a kind whose time has come.
///
/// Any number of sidecars may sweep one store at once: the index deals the names out, and each record
/// tells only the first step that comes after its time that it has come. What a step has found is in
/// its reply, and for whoever takes the steps to count.
public struct DeadlineSweep: Sendable {
  /// What a round came to.
  public struct Round: Sendable, Equatable {
    /// How many records were looked at.
    public var looked = 0
    /// For how long the earliest of them had been due, in milliseconds.
    public var lateMs: Int64 = 0
    /// Whether the next round may find more at once.
    public var isMore = false

    /// Describes a round.
    public init(looked: Int = 0, lateMs: Int64 = 0, isMore: Bool = false) {
      self.looked = looked
      self.lateMs = lateMs
      self.isMore = isMore
    }
  }

  /// How many records one round looks at, so that calls don't wait long behind it.
  public static let roundLength = 64
  /// For how long names are held back from other sweeps, in milliseconds: longer than a round takes.
  static let holdMs: Int64 = 10_000

  private let kind: DeadlineKind
  private let retention: PendingRetention

  /// A sweep of pending operations.
  ///
  /// - Parameter retention: how long what is found to be over is kept.
  public init(ofPending retention: PendingRetention) {
    kind = .pending
    self.retention = retention
  }

  /// Looks at what is due, one round's worth.
  ///
  /// - Parameter perform: takes steps of the store at once, and answers with their replies in the same
  ///   order.
  /// - Throws: why the store could not be asked. What was not looked at is due again later.
  public func round(
    _ perform: @Sendable ([StoreCommand]) async -> [StoreReply]
  ) async throws(RPCError) -> Round {
    let taken = await perform([
      .deadlines(kind, .take(limit: Self.roundLength, holdMs: Self.holdMs))
    ])
    switch taken.first {
    case .due(let due):
      guard !due.names.isEmpty else { return Round(isMore: due.isMore) }
      let replies = await perform(due.names.map(look))
      let settled = zip(due.names, replies).compactMap(Self.settled)
      _ = await perform([.deadlines(kind, .settle(settled, hold: due.hold))])
      return Round(looked: settled.count, lateMs: due.lateMs, isMore: due.isMore)
    case .failure(let error): throw error
    default: throw RPCError(.internal)
    }
  }

  /// What has come of a name; nil when its record could not be looked at.
  private static func settled(_ name: StoreKey, _ reply: StoreReply) -> SettledDeadline? {
    guard case .pending(let reply) = reply else { return nil }
    switch reply.outcome {
    case .settled(let nextAtMs): return SettledDeadline(name, nextAtMs: nextAtMs)
    case .refused(.notFound): return SettledDeadline(name, nextAtMs: nil)
    default: return nil
    }
  }

  private func look(at name: StoreKey) -> StoreCommand {
    switch kind {
    case .pending:
      .pending(name, PendingRequest(.settle, type: nil, retention: retention))
    }
  }
}
