/// Every way a call can end badly, by its stable name.
///
/// The enumeration is closed: code, message, metric label and the advice whether to try again all
/// come from exhaustive switches over it, so a new reason can't be half added.
public enum Reason: UInt8, CaseIterable, Sendable {
  // The protocol's own (JSON-RPC 2.0, section 5.1).
  case parseError
  case invalidRequest
  case methodNotFound
  case invalidParams
  case `internal`
  // Limits and admission.
  case tooLarge
  case rateLimited
  case forbidden
  case overloaded
  case deadlineExceeded
  // The store behind the sidecar.
  case unavailable
  case outcomeUnknown
  case storeRefused
  // What was asked for.
  case notFound
  case expired
  case consumed
  case deleted
  case conflict
  case checkedOut
  case immutable
  case invalidStep
  case validationFailed
  case ttlInvalid
  case tokenInvalid
  case tokenRevoked
  case wrongType
  case claimNotHeld
  case fenceStale
  case leaseLost
  case idempotencyInProgress
  case idempotencyMismatch
  case scopeRequired
  case scopeInvalid
  case crossSlot
  case cancelled

  /// The name that clients match on and metrics are labelled with.
  public var name: String {
    switch self {
    case .parseError: "PARSE_ERROR"
    case .invalidRequest: "INVALID_REQUEST"
    case .methodNotFound: "METHOD_NOT_FOUND"
    case .invalidParams: "INVALID_PARAMS"
    case .internal: "INTERNAL"
    case .tooLarge: "TOO_LARGE"
    case .rateLimited: "RATE_LIMITED"
    case .forbidden: "FORBIDDEN"
    case .overloaded: "OVERLOADED"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .unavailable: "UNAVAILABLE"
    case .outcomeUnknown: "OUTCOME_UNKNOWN"
    case .storeRefused: "STORE_REFUSED"
    case .notFound: "NOT_FOUND"
    case .expired: "EXPIRED"
    case .consumed: "CONSUMED"
    case .deleted: "DELETED"
    case .conflict: "CONFLICT"
    case .checkedOut: "CHECKED_OUT"
    case .immutable: "IMMUTABLE"
    case .invalidStep: "INVALID_STEP"
    case .validationFailed: "VALIDATION_FAILED"
    case .ttlInvalid: "TTL_INVALID"
    case .tokenInvalid: "TOKEN_INVALID"
    case .tokenRevoked: "TOKEN_REVOKED"
    case .wrongType: "WRONG_TYPE"
    case .claimNotHeld: "CLAIM_NOT_HELD"
    case .fenceStale: "FENCE_STALE"
    case .leaseLost: "LEASE_LOST"
    case .idempotencyInProgress: "IDEMPOTENCY_IN_PROGRESS"
    case .idempotencyMismatch: "IDEMPOTENCY_MISMATCH"
    case .scopeRequired: "SCOPE_REQUIRED"
    case .scopeInvalid: "SCOPE_INVALID"
    case .crossSlot: "CROSS_SLOT"
    case .cancelled: "CANCELLED"
    }
  }

  /// The JSON-RPC error code: the specification's own for the protocol's errors, and one fixed
  /// code of the implementation-defined range (-32000 to -32099) for each of the sidecar's.
  public var code: Int {
    switch self {
    case .parseError: -32700
    case .invalidRequest: -32600
    case .methodNotFound: -32601
    case .invalidParams: -32602
    case .internal: -32603
    case .tooLarge: -32001
    case .rateLimited: -32002
    case .forbidden: -32003
    case .overloaded: -32004
    case .deadlineExceeded: -32005
    case .unavailable: -32006
    case .outcomeUnknown: -32007
    case .storeRefused: -32008
    case .notFound: -32010
    case .expired: -32011
    case .consumed: -32012
    case .deleted: -32013
    case .conflict: -32014
    case .checkedOut: -32015
    case .immutable: -32016
    case .invalidStep: -32017
    case .validationFailed: -32018
    case .ttlInvalid: -32019
    case .tokenInvalid: -32020
    case .tokenRevoked: -32021
    case .wrongType: -32022
    case .claimNotHeld: -32023
    case .fenceStale: -32024
    case .leaseLost: -32025
    case .idempotencyInProgress: -32026
    case .idempotencyMismatch: -32027
    case .scopeRequired: -32028
    case .scopeInvalid: -32029
    case .crossSlot: -32030
    case .cancelled: -32031
    }
  }

  /// What to tell a person when nothing more exact is known.
  public var message: String {
    switch self {
    case .parseError: "the text is not valid JSON"
    case .invalidRequest: "the JSON is not a JSON-RPC 2.0 request"
    case .methodNotFound: "there is no such method"
    case .invalidParams: "the parameters do not fit the method"
    case .internal: "the sidecar failed"
    case .tooLarge: "the request is larger than the sidecar takes"
    case .rateLimited: "the service has used up its rate of calls"
    case .forbidden: "the caller may not call this method"
    case .overloaded: "the sidecar has too much work already"
    case .deadlineExceeded: "the call's deadline passed; nothing was done"
    case .unavailable: "the store can't be reached; nothing was done"
    case .outcomeUnknown: "a write was sent and its answer was lost; it may have been done"
    case .storeRefused: "the store refused the command"
    case .notFound: "there is nothing under that name"
    case .expired: "it has expired"
    case .consumed: "it was used already"
    case .deleted: "it was deleted"
    case .conflict: "the condition does not hold; nothing was written"
    case .checkedOut: "it is checked out to somebody else"
    case .immutable: "it can't be changed once it was made"
    case .invalidStep: "that step is not open"
    case .validationFailed: "the data does not fit its schema"
    case .ttlInvalid: "a TTL is a whole number of seconds, or a number with ms, s, m, h or d"
    case .tokenInvalid: "the token is not valid"
    case .tokenRevoked: "the token was revoked"
    case .wrongType: "it is of another type"
    case .claimNotHeld: "the claim is not held by that owner"
    case .fenceStale: "a newer fence has been given out"
    case .leaseLost: "the lease was lost; nothing was written"
    case .idempotencyInProgress: "a call with the same idempotency key is under way"
    case .idempotencyMismatch: "the idempotency key was used with other parameters"
    case .scopeRequired: "a scope that the configuration requires is missing"
    case .scopeInvalid: "a scope is not one that the configuration declares"
    case .crossSlot: "the keys live on different shards and can't change together"
    case .cancelled: "its caller has cancelled the call; nothing was done"
    }
  }

  /// Whether the same call, sent again later, may succeed without the caller changing anything.
  public var isRetryable: Bool {
    switch self {
    case .rateLimited, .overloaded, .unavailable, .deadlineExceeded, .checkedOut,
      .idempotencyInProgress:
      true
    case .parseError, .invalidRequest, .methodNotFound, .invalidParams, .internal, .tooLarge,
      .forbidden, .outcomeUnknown, .storeRefused, .notFound, .expired, .consumed, .deleted,
      .conflict, .immutable, .invalidStep, .validationFailed, .ttlInvalid, .tokenInvalid,
      .tokenRevoked, .wrongType, .claimNotHeld, .fenceStale, .leaseLost, .idempotencyMismatch,
      .scopeRequired, .scopeInvalid, .crossSlot, .cancelled:
      false
    }
  }
}
