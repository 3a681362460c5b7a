// Requests to this page's server, and what they can come to.

/** An answer that is not what was asked for: its status, and what the server says. */
export class Refused extends Error {
  constructor(status, body, retryAfter) {
    super(body.error ?? "The server could not answer");
    this.name = "Refused";
    this.status = status;
    this.body = body;
    this.retryAfterMs = retryAfter > 0 ? retryAfter * 1000 : undefined;
  }

  /** Whether the same may work later. */
  get isPassing() {
    return this.status >= 500 || this.status === 429 || this.body.code === "CHECKED_OUT";
  }
}

/** No answer: the network, or the server, is away. */
export class Unreachable extends Error {
  constructor(cause) {
    super("The server can't be reached", { cause });
    this.name = "Unreachable";
    this.isPassing = true;
  }
}

/** Asks, and answers `{ body, etag }`; throws Refused or Unreachable. */
export async function ask(method, path, { body, token, etag, keepalive = false } = {}) {
  const headers = {};
  if (method === "POST" || method === "PUT") headers["Content-Type"] = "application/json";
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  if (etag !== undefined) headers["If-Match"] = etag;
  let response, answer;
  try {
    const sent = headers["Content-Type"] && JSON.stringify(body ?? {});
    response = await fetch(path, { method, headers, body: sent, keepalive });
    answer = await response.json();
  } catch (fault) {
    throw new Unreachable(fault);
  }
  if (response.ok) return { body: answer, etag: response.headers.get("ETag") ?? undefined };
  throw new Refused(response.status, answer, Number(response.headers.get("Retry-After")));
}
