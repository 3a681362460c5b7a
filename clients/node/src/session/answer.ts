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

function refusal(fault: unknown, failure: string): SessionAnswer {
  if (fault instanceof SessionFault) {
    const { code, details, message: error } = fault;
    const { lastValidStep, violations } = details;
    const body = code === SessionError.SESSION_NOT_FOUND
      ? { error }
      : { error, code, lastValidStep, violations };
    return { status: STATUSES[code], body, headers: {} };
  }
  if (fault instanceof errors.InvalidParams || fault instanceof SyntaxError) {
    return { status: 400, body: { error: "Invalid request" }, headers: {} };
  }
  if (fault instanceof errors.RateLimited) {
    return { status: 429, body: { error: "Too many sessions" }, headers: retryAfter(fault) };
  }
  if (fault instanceof errors.CheckedOut || fault instanceof errors.IdempotencyInProgress) {
    const body = { error: "Session is being submitted", code: fault.reason };
    return { status: 409, body, headers: retryAfter(fault) };
  }
  // A session whose attempts are used up is another kind of conflict, and for an operator.
  const isDead = (fault as { details?: { state?: unknown } } | undefined)?.details?.state === "dead";
  if (fault instanceof errors.Conflict && !isDead) {
    return { status: 412, body: { error: "Session has changed", code: fault.reason }, headers: {} };
  }
  return { status: 500, body: { error: failure }, headers: {} };
}

function retryAfter({ retryAfterMs = 1000 }: errors.CloakroomError): Record<string, string> {
  return { "Retry-After": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}
