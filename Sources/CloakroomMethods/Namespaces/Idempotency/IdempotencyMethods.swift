internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// `idempotency.*`: what callers want done once, with its result for those who ask again.
enum IdempotencyMethods {
  static let all = [begin, complete, fail, renew]

  /// How something has ended, as begin, complete and fail tell it alike.
  private static let completed: StaticString =
    #"{"status":"completed","result":{"orderId":17},"completedAt":"20…"}"#

  static let begin = Method(
    "idempotency.begin",
    "Asks for the lock on something that is to be done once. Of any number of callers one is told `new`, and has to complete or fail what it does; the others are told that it is under way, or what came of it. When the one has died, the next begin after its lock has lapsed is `new`, with the next attempt.",
    [
      .guardKey, .guardFingerprint, .ownReceipt, .lockTTL, .guardTTL, .guardWaitMs,
    ],
    result:
      #"{"type":"object","properties":{"status":{"enum":["new","in_progress","completed","failed"]},"receipt":{"type":"string"},"attempt":{"type":"integer"},"lockExpiresAt":{"type":"string","format":"date-time"},"lastError":true,"retryAfterMs":{"type":"integer"},"result":true,"completedAt":{"type":"string","format":"date-time"},"failedAt":{"type":"string","format":"date-time"}},"required":["status"]}"#,
    reasons: [.idempotencyMismatch, .ttlInvalid],
    effect: .receipt,
    example: (
      #"{"key":"stripe:evt_1NG8Du2eZvKYlo2CUI79vXWy"}"#,
      #"{"status":"new","receipt":"ckr_…","attempt":1,"lockExpiresAt":"20…"}"#
    ),
    .procedure { arguments throws(RPCError) in
      let name = try arguments.guardName(0)
      let fingerprint = try arguments.fingerprintDigest(1)
      let own = try arguments.ownReceipt(2)
      let lockLife = try arguments.life(3, "lockTtl", otherwise: .minute)
      let life = try arguments.life(4, "ttl", otherwise: .fourDays)
      let receipt = own ?? Receipt.random()
      return GuardCall(
        name,
        GuardLock(
          receipt: Receipt.digest(of: receipt), fingerprint: fingerprint, lock: lockLife,
          life: life), receipt: receipt, isOwnReceipt: own != nil,
        waitMs: try arguments.waitMs(5)
      ).opening
    })

  static let complete = Method(
    "idempotency.complete",
    "Keeps the result of what was begun: later begins are told it, for as long as the ttl of the begin. Repeated with the same receipt it answers what it answered first. A lock that has lapsed is no reason to refuse as long as nobody else has had it.",
    [.guardKey, .guardReceipt, .guardResult],
    result:
      #"{"type":"object","properties":{"status":{"const":"completed"},"result":true,"completedAt":{"type":"string","format":"date-time"}},"required":["status","result","completedAt"]}"#,
    reasons: [.leaseLost, .conflict, .notFound],
    effect: .receipt,
    example: (
      #"{"key":"stripe:evt_1NG8Du2eZvKYlo2CUI79vXWy","receipt":"ckr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","result":{"orderId":17}}"#,
      completed
    ),
    .procedure { arguments throws(RPCError) in
      let name = try arguments.guardName(0)
      let receipt = try arguments.receiptDigest(1)
      let result = try arguments.value(2, "result")
      return ending(name, .complete(receipt: receipt, result: result))
    })

  static let fail = Method(
    "idempotency.fail",
    "Ends a try that has failed: the next begin is `new`, with the next attempt; or, if the failure is final, later begins are told it. Repeated with the same receipt it answers what it answered first.",
    [.guardKey, .guardReceipt, .guardError, .isFinal],
    result:
      #"{"type":"object","properties":{"status":{"enum":["open","failed"]},"attempt":{"type":"integer"},"result":true,"failedAt":{"type":"string","format":"date-time"}},"required":["status"]}"#,
    reasons: [.leaseLost, .conflict, .notFound],
    effect: .step,
    example: (
      #"{"key":"stripe:evt_1NG8Du2eZvKYlo2CUI79vXWy","receipt":"ckr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","error":"the database is away"}"#,
      #"{"status":"open","attempt":1}"#
    ),
    .procedure { arguments throws(RPCError) in
      let name = try arguments.guardName(0)
      let receipt = try arguments.receiptDigest(1)
      let isFinal = try arguments.flag(3, "final")
      let isGiven = arguments.has(2)
      let error = isGiven ? try arguments.value(2, "error") : ByteBuffer(string: "null")
      // A try that has left nothing needs no mention at the next one.
      return ending(
        name,
        .fail(
          receipt: receipt, error: isGiven || isFinal ? error : ByteBuffer(), isFinal: isFinal))
    })

  static let renew = Method(
    "idempotency.renew",
    "Has the lock last longer, for work that takes longer than it seemed. A lock that has lapsed is had again as long as nobody else has had it.",
    [.guardKey, .guardReceipt, .renewedLockTTL],
    result:
      #"{"type":"object","properties":{"lockExpiresAt":{"type":"string","format":"date-time"}},"required":["lockExpiresAt"]}"#,
    reasons: [.leaseLost, .conflict, .notFound, .ttlInvalid],
    effect: .set,
    example: (
      #"{"key":"stripe:evt_1NG8Du2eZvKYlo2CUI79vXWy","receipt":"ckr_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","lockTtl":"2m"}"#,
      #"{"lockExpiresAt":"20…"}"#
    ),
    .procedure { arguments throws(RPCError) in
      let name = try arguments.guardName(0)
      let receipt = try arguments.receiptDigest(1)
      let lock = try arguments.givenLife(2, "lockTtl")
      return .record(
        RecordCall(GuardRecord.self, name, .renew(receipt: receipt, lock: lock)) {
          outcome, result throws(RPCError) -> Tally? in
          switch outcome {
          case .renewed(let end):
            result.writeMoment(end, after: "{\"lockExpiresAt\":")
            result.writeStaticString("}")
            return { $0.count(IdempotencyEvent.renewed) }
          case .refused(let refusal): throw refusal.error
          default: throw .unexpectedReply
          }
        })
    })

  private static func ending(_ name: StoreKey, _ request: GuardRequest) -> Opening {
    .record(
      RecordCall(GuardRecord.self, name, request) { outcome, result throws(RPCError) -> Tally? in
        try result.writeEnd(outcome)
      })
  }
}
