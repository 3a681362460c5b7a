import CloakroomCore
import CloakroomStore
import NIOCore
import Support
import Synchronization

@testable import CloakroomMethods

/// What a call on a guard came to.
private final class GuardNote: Sendable {
  let outcome = Mutex<GuardOutcome?>(nil)
}

/// Steps on guards as tests take them.
extension StoreHarness {
  /// Takes one step; nil when the store could not be asked.
  func take(
    _ request: GuardRequest, on key: StoreKey, keepingIn idempotency: IdempotencyRecord? = nil
  ) async -> GuardOutcome? {
    let note = GuardNote()
    let call = RecordCall(GuardRecord.self, key, request) { outcome, result -> Tally? in
      note.outcome.withLock { $0 = outcome }
      result.writeString("null")
      return nil
    }
    guard case .success = await run(call, keepingIn: idempotency).0.result else { return nil }
    return note.outcome.withLock { $0 }
  }

  /// Asks for the lock.
  func begin(
    _ key: StoreKey, _ receipt: String, _ fingerprint: String? = nil, lockMs: Int64 = 60_000,
    ttlMs: Int64 = 600_000
  ) async -> GuardOutcome? {
    await take(
      .begin(
        GuardLock(
          receipt: receipt, fingerprint: fingerprint, lock: .ms(lockMs), life: .ms(ttlMs))),
      on: key)
  }

  /// Completes with a text as the result.
  func complete(_ key: StoreKey, _ receipt: String, _ result: String = "null") async
    -> GuardOutcome?
  {
    await take(.complete(receipt: receipt, result: ByteBuffer(string: result)), on: key)
  }

  /// Fails with a text as the error.
  func fail(
    _ key: StoreKey, _ receipt: String, _ error: String = "null", isFinal: Bool = false
  ) async -> GuardOutcome? {
    await take(
      .fail(receipt: receipt, error: ByteBuffer(string: error), isFinal: isFinal), on: key)
  }
}

extension GuardOutcome {
  /// Which try it is, where the caller has the lock.
  var attempt: Int64? {
    guard case .new(let hold) = self else { return nil }
    return hold.attempt
  }

  /// How it has ended, as text.
  var result: String? {
    guard case .ended(let end) = self else { return nil }
    return (end.isFailure ? "failed " : "") + String(buffer: end.result)
  }

  /// For how long somebody else has the lock.
  var restMs: Int64? {
    guard case .inProgress(let rest) = self else { return nil }
    return rest
  }

  /// Why the step was not done.
  var refusal: GuardRefusal? {
    guard case .refused(let refusal) = self else { return nil }
    return refusal
  }
}
