import { InvalidParams } from "../errors.js";
import { answer, SessionAnswer } from "./answer.js";
import { SessionMetadata, SessionService } from "./service.js";

/** What the requests for sessions do, whatever brings them. */
export class SessionRequests {
  constructor(private readonly service: SessionService) {}

  create(body: unknown, metadata: SessionMetadata): Promise<SessionAnswer> {
    return answer(201, "Failed to create session", async () => {
      const { projectData, currentStep, completedSteps } = members(body);
      const given = { projectData, currentStep, completedSteps, metadata };
      return { body: { sessionId: await this.service.createSession(given) } };
    });
  }

  get(sessionId: unknown, metadata: SessionMetadata): Promise<SessionAnswer> {
    return answer(200, "Failed to get session", async () => {
      const body = await this.service.requireSession(text(sessionId), metadata);
      return { body, etag: body.etag };
    });
  }

  /** `ifMatch` is the header If-Match, where there is one. */
  update(body: unknown, metadata: SessionMetadata, ifMatch?: string): Promise<SessionAnswer> {
    return answer(200, "Failed to update session", async () => {
      const { sessionId, projectData, currentStep, completedSteps } = members(body);
      const changes = { projectData, currentStep, completedSteps };
      const options = { ifMatch: etagOf(ifMatch) };
      const { etag } = await this.service.updateSession(text(sessionId), changes, metadata, options);
      return { body: { success: true }, etag };
    });
  }

  submit(sessionId: unknown, save: SaveSession, metadata: SessionMetadata): Promise<SessionAnswer> {
    return answer(201, "Failed to submit session", async () => {
      return { body: (await this.service.submit(text(sessionId), save, { metadata })) ?? null };
    });
  }

  delete(sessionId: unknown, metadata: SessionMetadata): Promise<SessionAnswer> {
    return answer(200, "Failed to delete session", async () => {
      await this.service.deleteSession(text(sessionId), metadata);
      return { body: { success: true } };
    });
  }
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
