/** Names and values of headers, as often as they are sent. */
export type Headers = ReadonlyArray<readonly [string, string]>;

/** A whole response. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

/** As much of a response as an answer needs. */
export interface Answerable {
  statusCode: number;
  setHeader(name: string, value: string | readonly string[]): unknown;
  end(body: Uint8Array): unknown;
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  409: "Conflict",
  413: "Payload Too Large",
  422: "Unprocessable Entity",
  429: "Too Many Requests",
  503: "Service Unavailable",
};

/** An answer of RFC 9457. */
export function problem(status: number, detail: string, headers: Headers = []): Answer {
  const body = Buffer.from(JSON.stringify({ title: TITLES[status], status, detail }));
  return { status, headers: [["Content-Type", "application/problem+json"], ...headers], body };
}

/** Sends an answer. */
export function send(response: Answerable, answer: Answer): void {
  response.statusCode = answer.status;
  setHeaders(response, answer.headers);
  const hasBody = answer.status >= 200 && answer.status !== 204 && answer.status !== 304;
  if (hasBody) response.setHeader("Content-Length", String(answer.body.length));
  response.end(answer.body);
}

/** Sets headers; one that is sent several times with all of its values. */
export function setHeaders(response: Pick<Answerable, "setHeader">, headers: Headers): void {
  const values = new Map<string, { name: string; all: string[] }>();
  for (const [name, value] of headers) {
    const known = values.get(name.toLowerCase());
    if (known === undefined) values.set(name.toLowerCase(), { name, all: [value] });
    else known.all.push(value);
  }
  for (const { name, all } of values.values()) response.setHeader(name, all.length === 1 ? all[0] : all);
}

/** What Retry-After says. */
export function wholeSeconds(milliseconds: number | undefined): string {
  return String(Math.max(1, Math.ceil((milliseconds ?? 0) / 1000)));
}
