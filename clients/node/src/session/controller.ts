import { SessionAnswer } from "./answer.js";
import { Asked, SaveSession, SessionRequests } from "./requests.js";
import { SessionService } from "./service.js";

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
    send(response, await this.requests.create(request.body, askedBy(request)));

  readonly getSession = async (request: ControllerRequest, response: ControllerResponse): Promise<void> =>
    send(response, await this.requests.get(idOf(request), askedBy(request)));

  readonly updateSession = async (request: ControllerRequest, response: ControllerResponse): Promise<void> =>
    send(response, await this.requests.update(request.body, askedBy(request)));

  /** The route of a finished session: `app.post("/api/…/:sessionId/submit", controller.submitSession(insert))`. */
  submitSession(save: SaveSession) {
    return async (request: ControllerRequest, response: ControllerResponse): Promise<void> =>
      send(response, await this.requests.submit(idOf(request), save, askedBy(request)));
  }

  readonly deleteSession = async (request: ControllerRequest, response: ControllerResponse): Promise<void> =>
    send(response, await this.requests.delete(idOf(request), askedBy(request)));
}

function send(response: ControllerResponse, { status, body, headers }: SessionAnswer): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.status(status);
  response.json(body);
}

function idOf({ params }: ControllerRequest): unknown {
  return (params as { sessionId?: unknown } | undefined)?.sessionId;
}

function askedBy(request: ControllerRequest): Asked {
  const metadata = {
    userAgent: header(request, "user-agent") ?? "",
    ipAddress: request.ip ?? "",
    deviceInfo: header(request, "sec-ch-ua-platform") ?? "",
  };
  return { metadata, prefer: header(request, "prefer"), ifMatch: header(request, "if-match") };
}

function header({ headers }: ControllerRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}
