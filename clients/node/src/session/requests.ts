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
      return { sessionId: await this.service.createSession(given) };
    });
  }

  get(sessionId: unknown, metadata: SessionMetadata): Promise<SessionAnswer> {
    return answer(200, "Failed to get session", () => this.service.requireSession(text(sessionId), metadata));
  }

  update(body: unknown, metadata: SessionMetadata): Promise<SessionAnswer> {
    return answer(200, "Failed to update session", async () => {
      const { sessionId, projectData, currentStep, completedSteps } = members(body);
      const changes = { projectData, currentStep, completedSteps };
      await this.service.updateSession(text(sessionId), changes, metadata);
      return { success: true };
    });
  }

  submit(sessionId: unknown, save: SaveSession, metadata: SessionMetadata): Promise<SessionAnswer> {
    return answer(201, "Failed to submit session", async () => {
      return (await this.service.submit(text(sessionId), save, metadata)) ?? null;
    });
  }

  delete(sessionId: unknown, metadata: SessionMetadata): Promise<SessionAnswer> {
    return answer(200, "Failed to delete session", async () => {
      await this.service.deleteSession(text(sessionId), metadata);
      return { success: true };
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

function text(value: unknown): string {
  if (typeof value !== "string") throw new InvalidParams("the session's id is no text");
  return value;
}
