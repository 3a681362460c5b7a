internal import CloakroomCore
internal import CloakroomStore
internal import NIOCore

/// The operation that a token stands for.
struct PendingTarget: Sendable {
  /// What it is known by where the token must not be seen.
  let id: String
  /// Its name in the store. One whose data are in its token is there once it has been used.
  let key: StoreKey
  /// What its token carries; nil when the store has everything.
  var carried: PendingCargo?

  /// What callers are told of where its data are.
  var backend: StaticString { carried == nil ? "store" : "jwt" }
}

/// What a signed token carries.
struct PendingCargo: Sendable {
  let data: ByteBuffer
  let createdAtMs: Int64
  let expiresAtMs: Int64
  let isOneTime: Bool
  let maxAttempts: Int
  let isSealed: Bool
  /// What is left of its life; nil when it is over.
  let rest: TimeToLive?

  /// What the store is to make of it when it is used. Its data stay in the token.
  var draft: PendingDraft? {
    rest.map {
      PendingDraft(
        data: ByteBuffer(), life: $0, createdAtMs: createdAtMs, isOneTime: isOneTime,
        maxAttempts: maxAttempts)
    }
  }

  /// The operation as long as it has not been used.
  func operation(_ type: String) -> PendingOperation {
    PendingOperation(
      type: type, data: data, createdAtMs: createdAtMs, expiresAtMs: expiresAtMs,
      isOneTime: isOneTime, maxAttempts: maxAttempts)
  }

  /// The operation as the store has it, with the data that it doesn't have.
  func completed(_ operation: PendingOperation) -> PendingOperation {
    var operation = operation
    operation.data = data
    // Until it is leased, its life is what its token says, to the millisecond.
    if operation.attempts == 0 { operation.expiresAtMs = expiresAtMs }
    return operation
  }
}
