/** What an error is made of, beside its text. */
export interface ErrorFacts {
  reason?: string;
  code?: number;
  retryable?: boolean;
  retryAfterMs?: number;
  details?: unknown;
  cause?: unknown;
}

/** A call that failed. Its text is the sidecar's, and never has a value or a token in it. */
export class CloakroomError extends Error {
  /** The stable name of what is wrong, as `CONFLICT`. */
  readonly reason: string;
  /** JSON-RPC's number of it; none for an error of the client's own. */
  readonly code: number | undefined;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** When, at the earliest. */
  readonly retryAfterMs: number | undefined;
  /** What else there is to know. */
  readonly details: unknown;
  /** What it came from. */
  readonly cause?: unknown;

  constructor(message: string, facts: ErrorFacts = {}) {
    super(message);
    this.reason = facts.reason ?? reasonOf(new.target);
    this.code = facts.code;
    this.retryable = facts.retryable ?? false;
    this.retryAfterMs = facts.retryAfterMs;
    this.details = facts.details;
    if (facts.cause !== undefined) this.cause = facts.cause;
  }
}

/** A class of errors, which its reason names. */
export type ErrorClass = new (message: string, facts?: ErrorFacts) => CloakroomError;

/** `PARSE_ERROR` */
export class ParseError extends CloakroomError {}

/** `INVALID_REQUEST` */
export class InvalidRequest extends CloakroomError {}

/** `METHOD_NOT_FOUND` */
export class MethodNotFound extends CloakroomError {}

/** `INVALID_PARAMS` */
export class InvalidParams extends CloakroomError {}

/** `INTERNAL` */
export class Internal extends CloakroomError {}

/** `TOO_LARGE` */
export class TooLarge extends CloakroomError {}

/** `RATE_LIMITED` */
export class RateLimited extends CloakroomError {}

/** `FORBIDDEN` */
export class Forbidden extends CloakroomError {}

/** `OVERLOADED` */
export class Overloaded extends CloakroomError {}

/** `DEADLINE_EXCEEDED` */
export class DeadlineExceeded extends CloakroomError {}

/** `UNAVAILABLE` */
export class Unavailable extends CloakroomError {}

/** `OUTCOME_UNKNOWN` */
export class OutcomeUnknown extends CloakroomError {}

/** `STORE_REFUSED` */
export class StoreRefused extends CloakroomError {}

/** `NOT_FOUND` */
export class NotFound extends CloakroomError {}

/** `EXPIRED` */
export class Expired extends CloakroomError {}

/** `CONSUMED` */
export class Consumed extends CloakroomError {}

/** `DELETED` */
export class Deleted extends CloakroomError {}

/** `CONFLICT` */
export class Conflict extends CloakroomError {}

/** `CHECKED_OUT` */
export class CheckedOut extends CloakroomError {}

/** `IMMUTABLE` */
export class Immutable extends CloakroomError {}

/** `INVALID_STEP` */
export class InvalidStep extends CloakroomError {}

/** `VALIDATION_FAILED` */
export class ValidationFailed extends CloakroomError {}

/** `TTL_INVALID` */
export class TtlInvalid extends CloakroomError {}

/** `TOKEN_INVALID` */
export class TokenInvalid extends CloakroomError {}

/** `TOKEN_REVOKED` */
export class TokenRevoked extends CloakroomError {}

/** `WRONG_TYPE` */
export class WrongType extends CloakroomError {}

/** `CLAIM_NOT_HELD` */
export class ClaimNotHeld extends CloakroomError {}

/** `FENCE_STALE` */
export class FenceStale extends CloakroomError {}

/** `LEASE_LOST` */
export class LeaseLost extends CloakroomError {}

/** `IDEMPOTENCY_IN_PROGRESS` */
export class IdempotencyInProgress extends CloakroomError {}

/** `IDEMPOTENCY_MISMATCH` */
export class IdempotencyMismatch extends CloakroomError {}

/** `SCOPE_REQUIRED` */
export class ScopeRequired extends CloakroomError {}

/** `SCOPE_INVALID` */
export class ScopeInvalid extends CloakroomError {}

/** `CROSS_SLOT` */
export class CrossSlot extends CloakroomError {}

/** `CANCELLED`. Its name is the one that a call ended by an AbortSignal has everywhere. */
export class Cancelled extends CloakroomError {}

/** `QUOTA_EXCEEDED` */
export class QuotaExceeded extends CloakroomError {}

const CLASSES: ReadonlyArray<readonly [string, ErrorClass]> = [
  ["PARSE_ERROR", ParseError],
  ["INVALID_REQUEST", InvalidRequest],
  ["METHOD_NOT_FOUND", MethodNotFound],
  ["INVALID_PARAMS", InvalidParams],
  ["INTERNAL", Internal],
  ["TOO_LARGE", TooLarge],
  ["RATE_LIMITED", RateLimited],
  ["FORBIDDEN", Forbidden],
  ["OVERLOADED", Overloaded],
  ["DEADLINE_EXCEEDED", DeadlineExceeded],
  ["UNAVAILABLE", Unavailable],
  ["OUTCOME_UNKNOWN", OutcomeUnknown],
  ["STORE_REFUSED", StoreRefused],
  ["NOT_FOUND", NotFound],
  ["EXPIRED", Expired],
  ["CONSUMED", Consumed],
  ["DELETED", Deleted],
  ["CONFLICT", Conflict],
  ["CHECKED_OUT", CheckedOut],
  ["IMMUTABLE", Immutable],
  ["INVALID_STEP", InvalidStep],
  ["VALIDATION_FAILED", ValidationFailed],
  ["TTL_INVALID", TtlInvalid],
  ["TOKEN_INVALID", TokenInvalid],
  ["TOKEN_REVOKED", TokenRevoked],
  ["WRONG_TYPE", WrongType],
  ["CLAIM_NOT_HELD", ClaimNotHeld],
  ["FENCE_STALE", FenceStale],
  ["LEASE_LOST", LeaseLost],
  ["IDEMPOTENCY_IN_PROGRESS", IdempotencyInProgress],
  ["IDEMPOTENCY_MISMATCH", IdempotencyMismatch],
  ["SCOPE_REQUIRED", ScopeRequired],
  ["SCOPE_INVALID", ScopeInvalid],
  ["CROSS_SLOT", CrossSlot],
  ["CANCELLED", Cancelled],
  ["QUOTA_EXCEEDED", QuotaExceeded],
];

for (const [reason, type] of CLASSES) {
  const name = reason === "CANCELLED" ? "AbortError" : type.name;
  Object.defineProperty(type.prototype, "name", { value: name, configurable: true, writable: true });
}
Object.defineProperty(CloakroomError.prototype, "name", {
  value: "CloakroomError",
  configurable: true,
  writable: true,
});

const BY_REASON: ReadonlyMap<string, ErrorClass> = new Map(CLASSES);
const BY_CLASS: ReadonlyMap<unknown, string> = new Map(CLASSES.map(([reason, type]) => [type, reason]));

function reasonOf(type: unknown): string {
  return BY_CLASS.get(type) ?? "";
}

/** The error of a reply; a reason that this version doesn't know is the base class. */
export function fromReply(error: unknown): CloakroomError {
  const { message, code, data } = members(error);
  const { reason, retryable, retryAfterMs, details } = members(data);
  const type = BY_REASON.get(String(reason)) ?? CloakroomError;
  return new type(typeof message === "string" ? message : "the sidecar refused the call", {
    reason: typeof reason === "string" ? reason : "",
    code: typeof code === "number" ? code : undefined,
    retryable: retryable === true,
    retryAfterMs: typeof retryAfterMs === "number" ? retryAfterMs : undefined,
    details,
  });
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
