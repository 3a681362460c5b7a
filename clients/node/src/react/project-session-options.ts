import { ProjectSessionFetch } from "./session-endpoint.js";
import { ProjectSessionStorage } from "./remembered-session.js";

/** How a page's session is kept. */
export interface ProjectSessionOptions {
  /** Where `createSessionHandlers` answers: `/api/project-session`. */
  endpoint?: string;
  /** Under which name the session's id is kept: `projectSessionId`. */
  storageKey?: string;
  /** `localStorage`, where there is one. */
  storage?: ProjectSessionStorage;
  /** `fetch`, where it has to be told more: of credentials, for one. */
  fetch?: ProjectSessionFetch;
  /** How long a change without a step waits for more: 500 ms since the last, ten times as long at most. */
  debounceMs?: number;
  /** How long an answer may take: 30 s. */
  timeoutMs?: number;
}
