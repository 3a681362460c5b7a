import { CloakroomError } from "../errors.js";

/** What can be wrong with a session. */
export enum SessionError {
  SESSION_NOT_FOUND = "SESSION_NOT_FOUND",
  SESSION_EXPIRED = "SESSION_EXPIRED",
  INVALID_STEP = "INVALID_STEP",
  VALIDATION_FAILED = "VALIDATION_FAILED",
}

/** A session that is not there, or not as far as it was believed to be. */
export class SessionFault extends Error {
  readonly cause: CloakroomError;

  constructor(
    readonly code: SessionError,
    message: string,
    cause: CloakroomError,
  ) {
    super(message);
    this.cause = cause;
  }

  /** What else there is to know: the step to go to, what doesn't fit, and what to do. */
  get details(): Readonly<Record<string, unknown>> {
    return (this.cause.details ?? {}) as Readonly<Record<string, unknown>>;
  }

  /** The sidecar's error as such a fault; another one as it is. */
  static from(fault: unknown): unknown {
    if (!(fault instanceof CloakroomError)) return fault;
    const [code, message] = FAULTS[fault.reason] ?? [];
    return code === undefined || message === undefined ? fault : new SessionFault(code, message, fault);
  }
}

Object.defineProperty(SessionFault.prototype, "name", {
  value: "SessionFault",
  configurable: true,
  writable: true,
});

const NOT_FOUND = [SessionError.SESSION_NOT_FOUND, "Session not found"] as const;
const EXPIRED = [SessionError.SESSION_EXPIRED, "Session expired"] as const;
const FAULTS: Readonly<Record<string, readonly [SessionError, string]>> = {
  NOT_FOUND,
  DELETED: NOT_FOUND,
  EXPIRED,
  // Its project is made: it has to be begun anew, like one that has expired.
  CONSUMED: EXPIRED,
  INVALID_STEP: [SessionError.INVALID_STEP, "Invalid step"],
  VALIDATION_FAILED: [SessionError.VALIDATION_FAILED, "Validation failed"],
};
