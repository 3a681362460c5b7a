internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// All kinds of records.
enum RecordKinds {
  /// Every kind that there is.
  private static let all: [any RecordKind.Type] = [
    PendingRecord.self, FlowRecord.self, SessionRecord.self, CacheRecord.self, GuardRecord.self,
  ]

  /// A look at a record of any kind, as a sweep takes it: does what has happened by itself. Its result is
  /// when to look again, in milliseconds since 1970; nothing is never.
  static func look(at name: StoreKey, _ configuration: Configuration) -> RecordCall {
    let looks = all.map { ($0.kind, $0.lookCall(at: name, configuration)) }
    return RecordCall(
      looking: name,
      decide: { record, now, version, allowance in
        guard let record else {
          return RecordDecision(answer: RecordAnswer(.success(ByteBuffer())))
        }
        let header = RecordHeader.split(record)?.header
        guard let look = looks.first(where: { header?.isOf($0.0) ?? false })?.1 else {
          return RecordDecision(answer: RecordAnswer(.failure(.notARecord)))
        }
        return look.decide(record, now, version, &allowance)
      },
      adopt: { earlier, version in
        looks.lazy.compactMap { $0.1.adopt(earlier, version) }.first
      })
  }
}

extension RecordKind {
  /// A look at a record of this kind.
  static func lookCall(
    at name: StoreKey, _ configuration: Configuration
  ) -> RecordCall {
    RecordCall(
      looking: name, decide: looking(look(at: name, configuration)),
      adopt: { earlier, version in Self(earlier)?.record(version) })
  }

  private static func looking(_ event: Event) -> RecordCall.Decide {
    { bytes, now, version, allowance in
      decide(on: bytes, event, at: now, version, &allowance, learned: looking) { _, after, result in
        // A reminder that has passed was for this look.
        if let next = after?.nextLookMs, next > now { result.writeDecimal(next) }
        return nil
      }
    }
  }
}
