import { SessionAnswer } from "./answer.js";
import { Asked, SaveSession, SessionRequests } from "./requests.js";
import { SessionService } from "./service.js";

/** As much of the Fetch API's request as is needed. */
export interface FetchRequest {
  readonly headers: { get(name: string): string | null };
  json(): Promise<unknown>;
}

/** The Fetch API's response, where the compiler knows it. */
export type FetchResponse = typeof globalThis extends { Response: { prototype: infer R } } ? R : unknown;

/** What a path has in it, as Next.js gives it. */
export interface FetchContext {
  params: { sessionId: string } | Promise<{ sessionId: string }>;
}

/** How requests are answered. */
export interface SessionHandlersOptions {
  service?: SessionService;
  /** The client's address, as the application knows it; a header that anybody can send is none. */
  // deno-lint-ignore no-explicit-any
  ipAddress?(request: any): string | undefined;
}

/** Handlers of the Fetch API, for `/api/project-session` and for `/api/project-session/[sessionId]`. */
export interface SessionHandlers {
  readonly collection: {
    POST(request: FetchRequest): Promise<FetchResponse>;
    PUT(request: FetchRequest): Promise<FetchResponse>;
  };
  readonly session: {
    GET(request: FetchRequest, context: FetchContext): Promise<FetchResponse>;
    DELETE(request: FetchRequest, context: FetchContext): Promise<FetchResponse>;
  };
  /** For `/api/project-session/[sessionId]/submit`: saves a finished session, once, and answers what that answers. */
  submission(save: SaveSession): {
    POST(request: FetchRequest, context: FetchContext): Promise<FetchResponse>;
  };
}

/** Makes the handlers: `export const { POST, PUT } = handlers.collection`. */
export function createSessionHandlers(options: SessionHandlersOptions = {}): SessionHandlers {
  const requests = new SessionRequests(options.service ?? new SessionService());
  const askedBy = (request: FetchRequest): Asked => ({
    metadata: {
      userAgent: request.headers.get("user-agent") ?? "",
      ipAddress: options.ipAddress?.(request) ?? "",
      deviceInfo: request.headers.get("sec-ch-ua-platform") ?? "",
    },
    prefer: request.headers.get("prefer") ?? undefined,
    ifMatch: request.headers.get("if-match") ?? undefined,
  });
  // What is no JSON is nobody's body, and refused as such.
  const bodyOf = (request: FetchRequest) => request.json().catch(() => undefined);
  return {
    collection: {
      POST: async (request) => response(await requests.create(await bodyOf(request), askedBy(request))),
      PUT: async (request) => response(await requests.update(await bodyOf(request), askedBy(request))),
    },
    session: {
      GET: async (request, { params }) =>
        response(await requests.get((await params).sessionId, askedBy(request))),
      DELETE: async (request, { params }) =>
        response(await requests.delete((await params).sessionId, askedBy(request))),
    },
    submission: (save) => ({
      POST: async (request, { params }) =>
        response(await requests.submit((await params).sessionId, save, askedBy(request))),
    }),
  };
}

function response({ status, body, headers }: SessionAnswer): FetchResponse {
  const all = { ...headers, "Content-Type": "application/json", "Cache-Control": "no-store" };
  return new Response(JSON.stringify(body), { status, headers: all }) as FetchResponse;
}
