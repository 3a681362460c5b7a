import { Members } from "./members.js";
import { ProjectSessionError, ProjectSessionErrorCode } from "./project-session-error.js";

/** As much of the Fetch API as is needed. */
export type ProjectSessionFetch = (url: string, options: {
  method: string;
  headers: Record<string, string>;
  body: string | undefined;
  keepalive: boolean;
  // deno-lint-ignore no-explicit-any
  signal: any;
}) => Promise<{
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  json(): Promise<unknown>;
}>;

/** A session as the handlers tell it. */
export interface ToldSession {
  readonly sessionId: string;
  readonly projectData: Members;
  readonly currentStep: number;
  readonly completedSteps: number[];
  readonly validationStatus: Record<string, boolean>;
  /** Null where it was not told. */
  readonly expiresAt: Date | null;
  /** Of the data; undefined from a server that has none. */
  readonly etag: string | undefined;
}

/** What is changed of a session. */
export interface SessionChanges {
  readonly projectData: Members;
  readonly completedSteps?: ReadonlyArray<number>;
  readonly currentStep?: number;
}

// Browsers take 64 KiB at most in requests that outlive their page; a character has three bytes at most.
const MAX_KEEPALIVE = 20_000;
const CODES: Readonly<Record<number, ProjectSessionErrorCode>> = {
  409: "CONFLICT",
  410: "SESSION_EXPIRED",
  412: "CONFLICT",
  422: "VALIDATION_FAILED",
  429: "RATE_LIMITED",
};

/** The requests for sessions, one by one. They throw ProjectSessionError and nothing else. */
export class SessionEndpoint {
  constructor(
    private readonly url: string,
    private readonly timeoutMs: number,
    private readonly given: ProjectSessionFetch | undefined,
  ) {}

  async create(projectData: Members): Promise<ToldSession> {
    const body = { projectData, currentStep: 1, completedSteps: [] };
    const answer = await this.ask("POST", this.url, body);
    const { sessionId } = answer;
    if (typeof sessionId !== "string") throw unexpected();
    // A server that tells no more is taken at its word.
    return told(answer) ??
      {
        sessionId,
        projectData,
        currentStep: 1,
        completedSteps: [],
        validationStatus: {},
        expiresAt: null,
        etag: undefined,
      };
  }

  async get(sessionId: string): Promise<ToldSession> {
    const session = told(await this.ask("GET", this.urlOf(sessionId)));
    if (session === undefined) throw unexpected();
    return session;
  }

  /** Changes a session; with an etag only while its data have that one. */
  async update(sessionId: string, changes: SessionChanges, etag: string | undefined): Promise<ToldSession> {
    const answer = await this.ask("PUT", this.url, { sessionId, ...changes }, etag);
    return told(answer) ?? await this.get(sessionId);
  }

  async delete(sessionId: string): Promise<void> {
    await this.ask("DELETE", this.urlOf(sessionId)).catch((fault: ProjectSessionError) => {
      if (!fault.isGone) throw fault;
    });
  }

  private urlOf(sessionId: string): string {
    return `${this.url}/${encodeURIComponent(sessionId)}`;
  }

  private async ask(
    method: string,
    url: string,
    content?: object,
    etag?: string,
  ): Promise<Record<string, unknown>> {
    const body = content === undefined ? undefined : JSON.stringify(content);
    const headers: Record<string, string> = {};
    if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      // RFC 7240: what has become of the session, in place of a word that it was changed.
      headers["Prefer"] = "return=representation";
    }
    if (etag !== undefined) headers["If-Match"] = `"${etag}"`;
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), this.timeoutMs);
    try {
      const fetch = this.given ?? (globalThis as unknown as { fetch: ProjectSessionFetch }).fetch;
      const keepalive = (body ?? "").length <= MAX_KEEPALIVE;
      const answer = await fetch(url, { method, headers, body, keepalive, signal: timeout.signal });
      // The handlers tell it in the body, too: scripts of another origin don't see every header.
      if (answer.ok) return { etag: etagOf(answer.headers), ...object(await answer.json()) };
      throw refusal(method, answer.status, answer.headers, await answer.json().catch(() => undefined));
    } catch (fault) {
      if (fault instanceof ProjectSessionError) throw fault;
      const text = timeout.signal.aborted ? "The server does not answer" : "The server can't be reached";
      throw new ProjectSessionError("UNAVAILABLE", text, { cause: fault });
    } finally {
      clearTimeout(timer);
    }
  }
}

function refusal(
  method: string,
  status: number,
  headers: { get(name: string): string | null },
  body: unknown,
): ProjectSessionError {
  const { error, code: said, lastValidStep, violations } = isObject(body)
    ? body
    : {} as Record<string, unknown>;
  const seconds = Number(headers.get("Retry-After") ?? "");
  const other = status >= 400 && status < 500 && status !== 408 ? "INVALID_REQUEST" : "UNAVAILABLE";
  // Where a session is begun, what isn't found is no session.
  const code = status === 404 && method !== "POST"
    ? "SESSION_NOT_FOUND"
    : status === 409 && said === "INVALID_STEP"
    ? "INVALID_STEP"
    : CODES[status] ?? other;
  return new ProjectSessionError(code, typeof error === "string" ? error : `The server says ${status}`, {
    status,
    lastValidStep: typeof lastValidStep === "string" ? lastValidStep : undefined,
    violations: Array.isArray(violations) ? violations : undefined,
    retryAfterMs: seconds > 0 ? seconds * 1000 : undefined,
  });
}

/** The etag of an answer, if it is a strong one. */
function etagOf(headers: { get(name: string): string | null }): string | undefined {
  return /^"([^"]*)"$/.exec(headers.get("ETag") ?? "")?.[1];
}

function told(answer: Record<string, unknown>): ToldSession | undefined {
  const { sessionId, projectData, currentStep, completedSteps, validationStatus, expiresAt, etag } = answer;
  if (typeof sessionId !== "string" || typeof currentStep !== "number" || !Array.isArray(completedSteps)) {
    return undefined;
  }
  return {
    sessionId,
    projectData: isObject(projectData) ? projectData : {},
    currentStep,
    completedSteps: completedSteps as number[],
    validationStatus: isObject(validationStatus) ? validationStatus as Record<string, boolean> : {},
    expiresAt: typeof expiresAt === "string" ? new Date(expiresAt) : null,
    etag: typeof etag === "string" ? etag : undefined,
  };
}

function object(value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw unexpected();
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unexpected(): ProjectSessionError {
  return new ProjectSessionError("UNAVAILABLE", "The server's answer is no session");
}
