package import CloakroomCore
package import CloakroomRedis

/// Counts what need not be exact: a count that was sent and not answered may be there or not.
package struct AddCounts: StoreStep {
  /// The name of the counts.
  package let name: StoreKey
  /// What is one more; one at least.
  package let fields: [String]
  /// Until when the counts are kept, in milliseconds since 1970 by the store's clock.
  package let keptUntilMs: Int64

  package init(_ name: StoreKey, _ fields: [String], keptUntilMs: Int64) {
    self.name = name
    self.fields = fields
    self.keptUntilMs = keptUntilMs
  }

  /// Counts why a step of a flow was refused.
  ///
  /// - Parameters:
  ///   - keywords: the schema's keywords that its data didn't fit.
  ///   - now: when, in milliseconds since 1970 by the store's clock.
  package init(
    errorsIn statistics: FlowStatistics, version: Int64, step: String, keywords: [String],
    at now: Int64
  ) {
    let hour = now / FlowStatistics.hourMs
    self.init(
      statistics.hour(hour),
      keywords.map { CountField.error(step, keyword: $0).text(version) },
      keptUntilMs: FlowStatistics.keptUntilMs(hour: hour))
  }

  package func perform(in store: MemoryStore) throws(RPCError) -> Done {
    try store.findingRoom { () throws(MemoryBudget.Exhausted) in
      try store.counts.add(fields, to: name, keptUntilMs: keptUntilMs)
    }
    return Done()
  }

  package var keys: [StoreKey] { [name] }
  package var arguments: [RedisArgument] { [.number(keptUntilMs)] + fields.map { .text($0) } }

  /// ARGV: until when they are kept (ms), fields.
  package static let redis = RedisForm.script(
    .write,
    """
    \(RedisScripts.need("'PEXPIREAT', KEYS[1], '1'"))
    for place = 2, #ARGV do redis.call('HINCRBY', KEYS[1], ARGV[place], 1) end
    redis.call('PEXPIREAT', KEYS[1], ARGV[1])
    return 1
    """)

  package static func read(_ reply: borrowing RESPReply) -> Done? {
    reply.first.kind == .integer ? Done() : nil
  }
}
