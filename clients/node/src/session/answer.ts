import * as errors from "../errors.js";
import { SessionError, SessionFault } from "./session-error.js";

/** What a request is answered. */
export interface SessionAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

const STATUSES: Readonly<Record<SessionError, number>> = {
  [SessionError.SESSION_NOT_FOUND]: 404,
  [SessionError.SESSION_EXPIRED]: 410,
  [SessionError.INVALID_STEP]: 409,
  [SessionError.VALIDATION_FAILED]: 422,
};

/** What a request has come to: its answer's body, and the etag of the session's data where it is known. */
export interface SessionResult {
  body: unknown;
  etag?: string;
}

/** What becomes of a request; `failure` is what is said of what is nobody's fault. */
export async function answer(
  status: number,
  failure: string,
  work: () => Promise<SessionResult>,
): Promise<SessionAnswer> {
  try {
    const { body, etag } = await work();
    return { status, body, headers: etag === undefined ? {} : { ETag: `"${etag}"` } };
  } catch (fault) {
    return refusal(fault, failure);
  }
}

/** What is refused by other means than the session's own; what is not here is nobody's fault. */
interface Refusal {
  readonly status: number;
  readonly error: string;
  /** Whether the answer has the reason as its code. */
  readonly hasCode?: boolean;
  /** Whether the same request may succeed later. */
  readonly isPassing?: boolean;
}

const INVALID: Refusal = { status: 400, error: "Invalid request" };
const BUSY: Refusal = { status: 409, error: "Session is being submitted", hasCode: true, isPassing: true };
const REFUSALS: Readonly<Record<string, Refusal>> = {
  INVALID_PARAMS: INVALID,
  // A session that its flow binds to its browser, or what the sidecar's policy refuses.
  FORBIDDEN: { status: 403, error: "Forbidden", hasCode: true },
  CHECKED_OUT: BUSY,
  IDEMPOTENCY_IN_PROGRESS: BUSY,
  // Its lease was over before it was saved: by now somebody else may be at it.
  LEASE_LOST: BUSY,
  CONFLICT: { status: 412, error: "Session has changed", hasCode: true },
  TOO_LARGE: { status: 413, error: "Session is too large", hasCode: true },
  RATE_LIMITED: { status: 429, error: "Too many sessions", isPassing: true },
  OVERLOADED: { status: 503, error: "Too many requests", hasCode: true, isPassing: true },
  QUOTA_EXCEEDED: { status: 507, error: "Too much is kept", hasCode: true },
};
// A session whose attempts are used up: no repetition of the request helps, an operator has to look.
const DEAD: Refusal = { status: 409, error: "Session can't be submitted", hasCode: true };

function refusal(fault: unknown, failure: string): SessionAnswer {
  if (fault instanceof SessionFault) {
    const { code, details, message: error } = fault;
    const { lastValidStep, violations } = details;
    const body = code === SessionError.SESSION_NOT_FOUND
      ? { error }
      : { error, code, lastValidStep, violations };
    return { status: STATUSES[code], body, headers: {} };
  }
  if (fault instanceof SyntaxError) {
    return { status: INVALID.status, body: { error: INVALID.error }, headers: {} };
  }
  const known = fault instanceof errors.CloakroomError ? refusalOf(fault) : undefined;
  if (known === undefined) return { status: 500, body: { error: failure }, headers: {} };
  const { reason, retryAfterMs } = fault as errors.CloakroomError;
  const { status, error, hasCode = false, isPassing = false } = known;
  const body = hasCode ? { error, code: reason } : { error };
  return { status, body, headers: isPassing ? retryAfter(retryAfterMs) : {} };
}

function refusalOf({ reason, details }: errors.CloakroomError): Refusal | undefined {
  const isDead = (details as { state?: unknown } | undefined)?.state === "dead";
  if (reason === "CONFLICT" && isDead) return DEAD;
  return Object.prototype.hasOwnProperty.call(REFUSALS, reason) ? REFUSALS[reason] : undefined;
}

function retryAfter(retryAfterMs = 1000): Record<string, string> {
  return { "Retry-After": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}
