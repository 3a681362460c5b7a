import { Answerable, Headers, setHeaders } from "./answer.js";

type Done = () => void;

/** As much of a response as is needed to hold it back. */
export interface HoldableResponse extends Answerable {
  statusMessage: string;
  readonly headersSent: boolean;
  getHeaders(): Readonly<Record<string, number | string | string[] | undefined>>;
  writeHead(status: number, ...more: unknown[]): unknown;
  write(...given: unknown[]): boolean;
  end(...given: unknown[]): unknown;
  flushHeaders(): void;
  on(event: "close", listener: () => void): unknown;
}

/** A response that the application has given whole. */
export interface Given {
  readonly status: number;
  readonly headers: Headers;
  /** None where it was too large to be held. */
  readonly body: Uint8Array | undefined;
}

/** Holds back what an application answers until all of it is there; what is too large goes out as it comes. */
export function holdResponse(
  response: HoldableResponse,
  max: number,
  given: (answer: Given) => Promise<unknown>,
): void {
  const { writeHead, write, end, flushHeaders } = response;
  let parts: Uint8Array[] = [];
  let size = 0;
  // What the application has done, as it would see it of a response that isn't held.
  let hasHead = false;
  let hasEnded = false;
  let streams = false;
  Object.defineProperty(response, "headersSent", { configurable: true, get: () => hasHead });

  const head = () => {
    // By its top, so that what other middlewares do there is done.
    if (!hasHead) response.writeHead(response.statusCode);
  };
  const take = (chunk: unknown, encoding: unknown) => {
    if (chunk === undefined || chunk === null) return;
    const part = typeof chunk === "string"
      ? Buffer.from(chunk, typeof encoding === "string" ? encoding : "utf8")
      : (chunk as Uint8Array);
    parts.push(part);
    size += part.length;
  };
  /** From now on it is as if nothing had been held. */
  const release = () => {
    streams = true;
    // deno-lint-ignore no-explicit-any
    delete (response as any).headersSent;
    Object.assign(response, { writeHead, flushHeaders });
    writeHead.call(response, response.statusCode);
    const body = Buffer.concat(parts);
    parts = [];
    return body;
  };

  response.writeHead = (status, ...more) => {
    const [message] = more.filter((item) => typeof item === "string");
    const [headers] = more.filter((item) => typeof item === "object");
    if (message !== undefined) response.statusMessage = message as string;
    response.statusCode = status;
    hasHead = true;
    setHeaders(response, pairs(headers));
    return response;
  };
  response.flushHeaders = head;
  response.write = (...args) => {
    if (streams) return write.apply(response, args);
    head();
    take(args[0], args[1]);
    const done = args.find((arg) => typeof arg === "function") as Done | undefined;
    if (size > max) return write.call(response, release(), done);
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  response.end = (...args) => {
    if (hasEnded) return response;
    hasEnded = true;
    const done = args.find((arg) => typeof arg === "function") as Done | undefined;
    if (!streams) {
      head();
      if (typeof args[0] !== "function") take(args[0], args[1]);
    }
    const { statusCode: status } = response;
    const wasHeld = !streams && size <= max;
    const body = wasHeld ? Buffer.concat(parts) : undefined;
    const answer = { status, headers: pairs(response.getHeaders()), body };
    // The client gets it also if it can't be kept: it is done.
    void given(answer)
      .catch(() => undefined)
      .then(() => {
        if (streams) end.apply(response, args);
        else end.call(response, release(), done);
      });
    return response;
  };
}

/** Headers as they may be given: an object, names and values in turn, or pairs. */
function pairs(headers: unknown): Headers {
  const found: [string, string][] = [];
  const add = (name: unknown, value: unknown) => {
    if (value === undefined) return;
    for (const one of Array.isArray(value) ? value : [value]) found.push([String(name), String(one)]);
  };
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers ?? {})) add(name, value);
  } else if (Array.isArray(headers[0])) {
    for (const [name, value] of headers) add(name, value);
  } else {
    for (let index = 0; index + 1 < headers.length; index += 2) add(headers[index], headers[index + 1]);
  }
  return found;
}
