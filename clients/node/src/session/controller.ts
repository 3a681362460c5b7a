import { SessionAnswer } from "./answer.js";
import { SaveSession, SessionRequests } from "./requests.js";
import { SessionMetadata, SessionService } from "./service.js";

/** As much of Express' request as is needed. */
export interface ControllerRequest {
  body?: unknown;
  params?: unknown;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  ip?: string | undefined;
}

/** As much of Express' response as is needed. */
export interface ControllerResponse {
  status(status: number): unknown;
  setHeader(name: string, value: string): unknown;
  json(body: unknown): unknown;
}

/** Answers an application's requests for sessions: `app.post("/api/project-session", controller.createSession)`. */
export class SessionController {
  private readonly requests: SessionRequests;

  constructor(service: SessionService = new SessionService()) {
    this.requests = new SessionRequests(service);
  }

  readonly createSession = async (request: ControllerRequest, response: ControllerResponse): Promise<void> =>
    send(response, await this.requests.create(request.body, metadataOf(request)));

  readonly getSession = async (request: ControllerRequest, response: ControllerResponse): Promise<void> =>
    send(response, await this.requests.get(idOf(request), metadataOf(request)));

  readonly updateSession = async (request: ControllerRequest, response: ControllerResponse): Promise<void> =>
    send(
      response,
      await this.requests.update(request.body, metadataOf(request), header(request, "if-match")),
    );

  /** The route of a finished session: `app.post("/api/…/:sessionId/submit", controller.submitSession(insert))`. */
  submitSession(save: SaveSession) {
    return async (request: ControllerRequest, response: ControllerResponse): Promise<void> =>
      send(response, await this.requests.submit(idOf(request), save, metadataOf(request)));
  }

  readonly deleteSession = async (request: ControllerRequest, response: ControllerResponse): Promise<void> =>
    send(response, await this.requests.delete(idOf(request), metadataOf(request)));
}

function send(response: ControllerResponse, { status, body, headers }: SessionAnswer): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.status(status);
  response.json(body);
}

function idOf({ params }: ControllerRequest): unknown {
  return (params as { sessionId?: unknown } | undefined)?.sessionId;
}

function metadataOf(request: ControllerRequest): SessionMetadata {
  return {
    userAgent: header(request, "user-agent") ?? "",
    ipAddress: request.ip ?? "",
    deviceInfo: header(request, "sec-ch-ua-platform") ?? "",
  };
}

function header({ headers }: ControllerRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}
