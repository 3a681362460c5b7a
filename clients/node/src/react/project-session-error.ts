/**
 * What is wrong: the four that the session's handlers tell, `CONFLICT` while the session is being submitted (409) and
 * for what was changed here and elsewhere (412), `RATE_LIMITED`, `INVALID_REQUEST` for what will be refused again, and `UNAVAILABLE` for all that may succeed later.
 */
export type ProjectSessionErrorCode =
  | "SESSION_NOT_FOUND"
  | "SESSION_EXPIRED"
  | "INVALID_STEP"
  | "VALIDATION_FAILED"
  | "CONFLICT"
  | "RATE_LIMITED"
  | "INVALID_REQUEST"
  | "UNAVAILABLE";

/** What else a refusal says. */
export interface ProjectSessionErrorFacts {
  status?: number;
  lastValidStep?: string;
  violations?: ReadonlyArray<unknown>;
  retryAfterMs?: number;
  cause?: unknown;
}

/** A request for a session that failed. */
export class ProjectSessionError extends Error {
  /** The answer's HTTP status; undefined where there was no answer. */
  readonly status: number | undefined;
  /** With INVALID_STEP: the id of the step that was to be completed first. */
  readonly lastValidStep: string | undefined;
  /** With VALIDATION_FAILED: what doesn't fit, each with its JSON Pointer. */
  readonly violations: ReadonlyArray<unknown>;
  /** With RATE_LIMITED and CONFLICT: when to try again. */
  readonly retryAfterMs: number | undefined;
  readonly cause: unknown;

  constructor(
    readonly code: ProjectSessionErrorCode,
    message: string,
    facts: ProjectSessionErrorFacts = {},
  ) {
    super(message);
    this.status = facts.status;
    this.lastValidStep = facts.lastValidStep;
    this.violations = facts.violations ?? [];
    this.retryAfterMs = facts.retryAfterMs;
    this.cause = facts.cause;
  }

  /** Whether the session is gone, for whichever reason. */
  get isGone(): boolean {
    return this.code === "SESSION_NOT_FOUND" || this.code === "SESSION_EXPIRED";
  }

  /** Whether only a step was refused: the data that came with it were saved. */
  get isRefusedStep(): boolean {
    return this.code === "INVALID_STEP" || this.code === "VALIDATION_FAILED";
  }
}

Object.defineProperty(ProjectSessionError.prototype, "name", {
  value: "ProjectSessionError",
  configurable: true,
  writable: true,
});
