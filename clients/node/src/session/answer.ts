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

/** What becomes of a request; `failure` is what is said of what is nobody's fault. */
export async function answer(
  status: number,
  failure: string,
  work: () => Promise<unknown>,
): Promise<SessionAnswer> {
  try {
    return { status, body: await work(), headers: {} };
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
    return { status: 409, body: { error: "Session is being submitted" }, headers: retryAfter(fault) };
  }
  return { status: 500, body: { error: failure }, headers: {} };
}

function retryAfter({ retryAfterMs = 1000 }: errors.CloakroomError): Record<string, string> {
  return { "Retry-After": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}
