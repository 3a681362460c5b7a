import { ProjectSessionConflict } from "./project-session-conflict.js";
import { ProjectSessionError } from "./project-session-error.js";

/**
 * `idle`: there is no session. `loading`: one is begun or read. `saving`: there are changes that are not saved yet.
 * `ready`: all is saved. `conflict`: all but `conflicts` is saved. `error`: the last request failed, and `error` says why; the next call does it again.
 * `expired`: the session has ended; `createSession` begins another.
 */
export type ProjectSessionStatus = "idle" | "loading" | "saving" | "ready" | "conflict" | "error" | "expired";

/** A session as a page shows it. */
export interface ProjectSessionState<T> {
  readonly sessionId: string | null;
  /** With what is not saved yet; null until there is any. It stays when the session has ended, to begin another with. */
  readonly projectData: T | null;
  /** From 1; the server's word. */
  readonly currentStep: number;
  /** The server's word, too. */
  readonly completedSteps: number[];
  /** By `step1`, `step2`, …: whether the step is complete, and its data fit. */
  readonly validationStatus: Readonly<Record<string, boolean>>;
  readonly expiresAt: Date | null;
  /**
   * The members that were changed here and elsewhere: `projectData` has them as they were typed here, the server as
   * somebody else has saved them, until `resolveConflict` decides.
   */
  readonly conflicts: ReadonlyArray<ProjectSessionConflict>;
  readonly status: ProjectSessionStatus;
  readonly error: ProjectSessionError | null;
}
