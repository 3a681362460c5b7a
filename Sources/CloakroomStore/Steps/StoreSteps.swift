internal import CloakroomRedis

/// All steps that carry their parts. Which scripts Redis is to keep comes from here.
enum StoreSteps {
  /// In any order: a step's place is its number on the way to Redis and back, and lasts as long as the
  /// process does.
  static let all: [any StoreStep.Type] = [
    TakeClaim.self, RenewClaim.self, ReleaseClaim.self, WithdrawClaim.self, InspectClaim.self,
    AppendMessage.self, EnsureGroup.self, ReadMessages.self, AcknowledgeMessages.self,
    InspectGroup.self, ReclaimMessages.self, CountMessages.self,
    PublishDefined.self, ScanNames.self, ReadFields.self, ReadRecordHead.self, TakeDueNames.self,
    SettleDueNames.self,
    KeepCacheTags.self, InvalidateCacheTags.self,
    IndexName.self, UnindexNames.self, ReadIndex.self,
    CountFacts.self, AddCounts.self, ReadCounts.self,
    TakeRates.self, PeekRates.self, ForgetRates.self,
  ]

  /// The scripts of those that change something, or that don't.
  static func scripts(changing: Bool) -> [RedisScript] {
    all.filter { $0.isMutation == changing }.compactMap { $0.redis.script }
  }

  /// A step's place; nil for one that is missing.
  static func number(of step: any StoreStep.Type) -> Int? { numbers[ObjectIdentifier(step)] }

  private static let numbers = Dictionary(
    all.enumerated().map { (ObjectIdentifier($1), $0) }, uniquingKeysWith: { first, _ in first })
}
