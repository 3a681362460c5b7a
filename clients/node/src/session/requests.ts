import { InvalidParams } from "../errors.js";
import { answer, SessionAnswer, SessionResult } from "./answer.js";
import { SessionMetadata, SessionService } from "./service.js";

/** What the requests for sessions do, whatever brings them. */
export class SessionRequests {
  constructor(private readonly service: SessionService) {}

  create(body: unknown, asked: Asked): Promise<SessionAnswer> {
    return answer(201, "Failed to create session", async () => {
      const { projectData, currentStep, completedSteps } = members(body);
      const given = { projectData, currentStep, completedSteps, metadata: asked.metadata };
      const sessionId = await this.service.createSession(given);
      return await this.representation(sessionId, asked) ?? { body: { sessionId } };
    });
  }

  get(sessionId: unknown, { metadata }: Asked): Promise<SessionAnswer> {
    return answer(200, "Failed to get session", () => this.read(text(sessionId), metadata));
  }

  update(body: unknown, asked: Asked): Promise<SessionAnswer> {
    return answer(200, "Failed to update session", async () => {
      const { sessionId, projectData, currentStep, completedSteps } = members(body);
      const changes = { projectData, currentStep, completedSteps };
      const options = { ifMatch: etagOf(asked.ifMatch) };
      const { etag } = await this.service.updateSession(text(sessionId), changes, asked.metadata, options);
      return await this.representation(text(sessionId), asked) ?? { body: { success: true }, etag };
    });
  }

  submit(sessionId: unknown, save: SaveSession, { metadata }: Asked): Promise<SessionAnswer> {
    return answer(201, "Failed to submit session", async () => {
      return { body: (await this.service.submit(text(sessionId), save, { metadata })) ?? null };
    });
  }

  delete(sessionId: unknown, { metadata }: Asked): Promise<SessionAnswer> {
    return answer(200, "Failed to delete session", async () => {
      await this.service.deleteSession(text(sessionId), metadata);
      return { body: { success: true } };
    });
  }

  /** What has become of a session, for who prefers that; undefined where it can't be read: it was changed all the same. */
  private async representation(
    sessionId: string,
    { metadata, prefer }: Asked,
  ): Promise<SessionResult | undefined> {
    if (prefer === undefined || !REPRESENTATION.test(prefer)) return undefined;
    return await this.read(sessionId, metadata).catch(() => undefined);
  }

  private async read(sessionId: string, metadata: SessionMetadata): Promise<SessionResult> {
    const body = await this.service.requireSession(sessionId, metadata);
    return { body, etag: body.etag };
  }
}

// Of the header's preferences (RFC 7240), the one that says what a change is answered with.
const REPRESENTATION = /(^|[,;])\s*return\s*=\s*"?representation"?\s*($|[,;])/i;

/** What a request says beside its path and its body. */
export interface Asked {
  readonly metadata: SessionMetadata;
  /** Its headers Prefer and If-Match. */
  readonly prefer: string | undefined;
  readonly ifMatch: string | undefined;
}

/** Saves a finished session's data where they belong, and answers what their browser is told. */
// deno-lint-ignore no-explicit-any
export type SaveSession = (projectData: any) => unknown;

interface Body {
  sessionId?: unknown;
  projectData?: object;
  currentStep?: number;
  completedSteps?: number[];
}

/** What a browser has sent, as far as it is what it should be. */
function members(body: unknown): Body {
  if (!isObject(body)) throw new InvalidParams("the body is no object");
  const { sessionId, projectData, currentStep, completedSteps } = body;
  if (projectData !== undefined && !isObject(projectData)) {
    throw new InvalidParams("projectData is no object");
  }
  if (currentStep !== undefined && !isStep(currentStep)) throw new InvalidParams("currentStep is no step");
  if (completedSteps !== undefined && !(Array.isArray(completedSteps) && completedSteps.every(isStep))) {
    throw new InvalidParams("completedSteps are no steps");
  }
  return { sessionId, projectData, currentStep, completedSteps };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStep(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

/** The etag of If-Match; any session that is there matches `*`, and a weak one matches none. */
function etagOf(header: string | undefined): string | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  const [, etag] = /^\s*"([^"]*)"\s*$/.exec(header) ?? [];
  if (etag === undefined) throw new InvalidParams("If-Match is not one strong etag");
  return etag;
}

function text(value: unknown): string {
  if (typeof value !== "string") throw new InvalidParams("the session's id is no text");
  return value;
}
