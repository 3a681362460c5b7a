import CloakroomCore
import Testing

@Suite("A reason", .timeLimit(.minutes(1)))
struct ReasonTests {
  /// What clients go by: each reason's name and code, and whether to try again.
  static let contract: [(reason: Reason, name: String, code: Int, isRetryable: Bool)] = [
    (.parseError, "PARSE_ERROR", -32_700, false),
    (.invalidRequest, "INVALID_REQUEST", -32_600, false),
    (.methodNotFound, "METHOD_NOT_FOUND", -32_601, false),
    (.invalidParams, "INVALID_PARAMS", -32_602, false),
    (.internal, "INTERNAL", -32_603, false),
    (.tooLarge, "TOO_LARGE", -32_001, false),
    (.rateLimited, "RATE_LIMITED", -32_002, true),
    (.forbidden, "FORBIDDEN", -32_003, false),
    (.overloaded, "OVERLOADED", -32_004, true),
    (.deadlineExceeded, "DEADLINE_EXCEEDED", -32_005, true),
    (.unavailable, "UNAVAILABLE", -32_006, true),
    (.outcomeUnknown, "OUTCOME_UNKNOWN", -32_007, false),
    (.storeRefused, "STORE_REFUSED", -32_008, false),
    (.notFound, "NOT_FOUND", -32_010, false),
    (.expired, "EXPIRED", -32_011, false),
    (.consumed, "CONSUMED", -32_012, false),
    (.deleted, "DELETED", -32_013, false),
    (.conflict, "CONFLICT", -32_014, false),
    (.checkedOut, "CHECKED_OUT", -32_015, true),
    (.immutable, "IMMUTABLE", -32_016, false),
    (.invalidStep, "INVALID_STEP", -32_017, false),
    (.validationFailed, "VALIDATION_FAILED", -32_018, false),
    (.ttlInvalid, "TTL_INVALID", -32_019, false),
    (.tokenInvalid, "TOKEN_INVALID", -32_020, false),
    (.tokenRevoked, "TOKEN_REVOKED", -32_021, false),
    (.wrongType, "WRONG_TYPE", -32_022, false),
    (.claimNotHeld, "CLAIM_NOT_HELD", -32_023, false),
    (.fenceStale, "FENCE_STALE", -32_024, false),
    (.leaseLost, "LEASE_LOST", -32_025, false),
    (.idempotencyInProgress, "IDEMPOTENCY_IN_PROGRESS", -32_026, true),
    (.idempotencyMismatch, "IDEMPOTENCY_MISMATCH", -32_027, false),
    (.scopeRequired, "SCOPE_REQUIRED", -32_028, false),
    (.scopeInvalid, "SCOPE_INVALID", -32_029, false),
    (.crossSlot, "CROSS_SLOT", -32_030, false), (.cancelled, "CANCELLED", -32_031, false),
  ]

  @Test("has the name, the code and the advice that clients go by", arguments: contract)
  func row(_ reason: Reason, _ name: String, _ code: Int, _ isRetryable: Bool) {
    #expect(reason.name == name)
    #expect(reason.code == code)
    #expect(reason.isRetryable == isRetryable)
    #expect(!reason.message.isEmpty && !reason.message.hasSuffix("."))
  }

  @Test("stands in the contract, each with a name and a code of its own")
  func all() {
    #expect(Self.contract.map(\.reason) == Reason.allCases)
    #expect(Set(Self.contract.map(\.name)).count == Reason.allCases.count)
    #expect(Set(Self.contract.map(\.code)).count == Reason.allCases.count)
  }
}
