internal import CloakroomStore

extension FlowFacts {
  /// A day, in milliseconds.
  private static let dayMs: Int64 = 24 * FlowStatistics.hourMs

  /// Has the facts of a session counted; nil where there are none to count.
  ///
  /// Only those are sent that a change has brought. Where the store says that earlier ones were never
  /// counted, all are.
  ///
  /// - Parameters:
  ///   - statistics: of the flow that the session goes through.
  ///   - ref: the session's ref.
  ///   - version: the version of the flow that it is on.
  ///   - createdAtMs: when the session was made; never another.
  ///   - latestMs: the latest moment at which the store may still have the record, however it ends: its
  ///     absolute end and the time that a tombstone is kept, or what it is kept until if that is later.
  ///   - earlier: the facts before the change.
  ///   - isLook: whether a sweep asks.
  func followUp(
    _ statistics: FlowStatistics?, session ref: String, version: Int64, createdAtMs: Int64,
    latestMs: Int64, since earlier: FlowFacts?, isLook: Bool
  ) -> RecordFollowUp? {
    let new = isLook ? self : later(than: earlier?.last ?? 0)
    guard let statistics, !new.recent.isEmpty else { return nil }
    @Sendable func command(_ facts: FlowFacts, areAll: Bool) -> StoreCommand {
      .step(
        CountFacts(
          statistics, session: ref, version: version, createdAtMs: createdAtMs, facts,
          areAll: areAll, keptUntilMs: latestMs &+ Self.dayMs))
    }
    return RecordFollowUp(command(new, areAll: isLook)) { reply in
      guard case .step(let reply) = reply, reply.value(of: CountFacts.self) == .earlierMissing
      else { return nil }
      return command(self, areAll: true)
    }
  }
}
