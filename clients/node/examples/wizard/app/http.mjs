// Node's server with the Fetch API's requests and responses: routes, files, and what is wrong with a request.
import { readFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { CloakroomError } from "cloakroom";

const LONGEST_BODY = 1024 * 1024;
const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};
const SECURITY = {
  "Content-Security-Policy":
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** A request that is not done, with what its sender is told. */
export class Refusal extends Error {
  constructor(status, body, headers = {}) {
    super(body.error);
    this.response = () => json(status, body, headers);
  }
}

/** An answer of JSON that nobody keeps. */
export function json(status, body, headers = {}) {
  const all = { ...headers, "Content-Type": "application/json", "Cache-Control": "no-store" };
  return new Response(JSON.stringify(body), { status, headers: all });
}

/** The object that a request brings. */
export async function objectOf(request) {
  const body = await request.json().catch(() => undefined);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new Refusal(400, { error: "The body is not a JSON object" });
  }
  return body;
}

/** The ticket that a request brings: in a header, as addresses are logged. */
export function bearerOf(request) {
  const [, token] = /^Bearer (\S+)$/.exec(request.headers.get("authorization") ?? "") ?? [];
  if (token === undefined) {
    throw new Refusal(401, { error: "A token is needed" }, { "WWW-Authenticate": "Bearer" });
  }
  return token;
}

const addresses = new WeakMap();

/** Where a request comes from. */
export function addressOf(request) {
  return addresses.get(request);
}

/**
 * Answers requests by routes, `[method, path, handler]` with `:name` in a path, by pages, and else by a folder's files.
 * A handler takes a Request and `{ params }` and answers a Response, or throws a Refusal.
 */
export function listener(routes, pages, folder) {
  const table = routes.map(([method, path, handler]) => {
    const pattern = path.replace(/:(\w+)/g, "(?<$1>[^/]+)");
    return { method, pattern: new RegExp(`^${pattern}$`), handler };
  });
  return async (incoming, outgoing) => {
    for (const [name, value] of Object.entries(SECURITY)) outgoing.setHeader(name, value);
    try {
      await answer(table, { pages, folder }, incoming, outgoing);
    } catch (fault) {
      // Its client has gone, or its answer is on the way already.
      console.error(`${incoming.method}: ${fault.name}: ${fault.message}`);
      outgoing.destroy();
    }
  };
}

async function answer(table, content, incoming, outgoing) {
  const path = pathOf(incoming.url);
  if (path === undefined) return await send(json(400, { error: "Not a path" }), outgoing);
  const matches = table.filter(({ pattern }) => pattern.test(path));
  if (matches.length === 0) {
    if (!path.startsWith("/api/")) return await sendContent(content, path, incoming, outgoing);
    return await send(json(404, { error: "Not found" }), outgoing);
  }
  const route = matches.find(({ method }) => method === incoming.method);
  if (route === undefined) {
    const allow = matches.map(({ method }) => method).join(", ");
    return await send(json(405, { error: "Method not allowed" }, { Allow: allow }), outgoing);
  }
  await send(await call(route, path, incoming), outgoing);
}

async function call({ pattern, handler }, path, incoming) {
  try {
    const request = await requestOf(incoming, path);
    return await handler(request, { params: { ...pattern.exec(path).groups } });
  } catch (fault) {
    if (fault instanceof Refusal) return fault.response();
    // Neither has a value or a token in it.
    console.error(`${incoming.method} ${fault.name}: ${fault.message}`);
    const isOutage = fault instanceof CloakroomError ? fault.retryable : fault.isOutage;
    return isOutage
      ? json(503, { error: "The service is not available; try again" }, { "Retry-After": "1" })
      : json(500, { error: "Something went wrong" });
  }
}

/** The path without a query; undefined for what is none, or what can't be decoded. */
function pathOf(url) {
  const [path] = url.split("?", 1);
  if (!path.startsWith("/")) return undefined;
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

async function requestOf(incoming, path) {
  const hasBody = incoming.method !== "GET" && incoming.method !== "DELETE";
  // A form of another site can't send this type without being asked first.
  if (hasBody && !/^application\/json(;|$)/i.test(incoming.headers["content-type"] ?? "")) {
    throw new Refusal(415, { error: "The body has to be application/json" });
  }
  const headers = Object.entries(incoming.headers).filter(([, value]) => typeof value === "string");
  const body = hasBody ? await bodyOf(incoming) : undefined;
  const request = new Request(new URL(encodeURI(path), "http://localhost"), {
    method: incoming.method,
    headers,
    body,
  });
  addresses.set(request, incoming.socket.remoteAddress);
  return request;
}

async function bodyOf(incoming) {
  const parts = [];
  let length = 0;
  for await (const part of incoming) {
    length += part.length;
    if (length > LONGEST_BODY) {
      throw new Refusal(413, { error: "The body is too large" }, { Connection: "close" });
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function send(response, outgoing, method = "GET") {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(method === "HEAD" ? undefined : Buffer.from(await response.arrayBuffer()));
}

async function sendContent({ pages, folder }, path, { method }, outgoing) {
  if (method !== "GET" && method !== "HEAD") {
    return await send(json(405, { error: "Method not allowed" }, { Allow: "GET, HEAD" }), outgoing);
  }
  const page = pages.get(/^\/projects\/\d+$/.test(path) ? "/project" : path);
  if (page !== undefined) return await send(contentOf(page, "text/html; charset=utf-8"), outgoing, method);
  const isName = /^(\/[A-Za-z0-9-]+)+\.(css|js|svg)$/.test(path);
  const file = isName ? await readFile(join(folder, path)).catch(() => undefined) : undefined;
  if (file === undefined) return await send(json(404, { error: "Not found" }), outgoing);
  await send(contentOf(file, TYPES[extname(path)]), outgoing, method);
}

function contentOf(body, type) {
  const headers = {
    "Content-Type": type,
    "Cache-Control": "no-cache",
    "Content-Length": String(body.length),
  };
  return new Response(body, { headers });
}
