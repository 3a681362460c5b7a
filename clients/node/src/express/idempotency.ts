import { createHash } from "node:crypto";
import { MAX_TIMER_MS } from "../call.js";
import { IdempotencyMismatch } from "../errors.js";
import { IdempotencyBeginResult } from "../methods.js";
import { Room } from "../room.js";
import { isOutage, milliseconds } from "../shared.js";
import { Answer, Headers, problem, send, wholeSeconds } from "./answer.js";
import { Given, HoldableResponse, holdResponse } from "./held-response.js";
import { bodyOf, ReadableRequest } from "./request-body.js";
import { headerValues, HttpRequest, Next } from "./request.js";

/** How requests are done once. */
export interface IdempotencyOptions<R> {
  /** Whether a request of these methods needs a key. */
  required?: boolean | ((request: R) => boolean);
  /** The methods that it is about: POST and PATCH. */
  methods?: ReadonlyArray<string>;
  /** Whose key it is: the Authorization header unless given. With sessions in cookies give the session's user. */
  client?: (request: R) => string;
  /** Which statuses are final; all others open the key again. */
  keep?: (status: number) => boolean;
  /** The largest request, in bytes: 1 MiB. */
  maxRequest?: number;
  /** The largest answer that is kept, in bytes: 1 MiB. */
  maxResponse?: number;
  /** For how long a process that has died leaves its key locked: 60 s. */
  lockTtl?: number | string;
  /** How long answers are kept: 24 h. */
  ttl?: number | string;
  /** How long a repetition waits for the first answer before it is told 409: not at all. */
  waitMs?: number;
  room?: Room;
}

// As base64 it fits a frame of 4 MiB.
const MAX_KEPT = 3_000_000;
const MAX_HTTP_KEY = 255;
// How many lives of the lock a handler has whose client is gone: nobody tells when it is through.
const LIVES_ALONE = 10;
// Of one connection, or made anew by each server.
const NOT_KEPT: ReadonlySet<string> = new Set(
  ("connection keep-alive proxy-authenticate proxy-connection te trailer transfer-encoding upgrade " +
    "content-length date server").split(" "),
);

/**
 * Does a request with an `Idempotency-Key` once, and answers its repetitions with the first answer. It may stand
 * before a parser of bodies, or behind it.
 */
export function idempotency<R extends HttpRequest & ReadableRequest = HttpRequest & ReadableRequest>(
  options: IdempotencyOptions<R> = {},
): (request: R, response: HoldableResponse, next: Next) => Promise<void> {
  const { required = false, methods = ["POST", "PATCH"], client = authorization, keep = isFinal } = options;
  const { maxRequest = 1 << 20, maxResponse = 1 << 20, lockTtl = 60, ttl = "24h", waitMs = 0 } = options;
  if (maxResponse > MAX_KEPT) {
    throw new TypeError(`maxResponse is at most ${MAX_KEPT}: an answer is kept in one call`);
  }
  const room = options.room ?? new Room();
  const probe = () => room.kv.exists("http:probe");

  /** The answer in place of the application's, or the receipt for its own. */
  const begin = async (request: R, name: string): Promise<Answer | string | undefined> => {
    const body = await bodyOf(request, maxRequest);
    if (body === "gone") return undefined; // before it has said what it wants
    if (body === "too large") {
      return problem(413, `A request with an Idempotency-Key has at most ${maxRequest} bytes.`);
    }
    // Once a request has waited in vain, the next ones don't: nothing is begun in either case.
    if (room.guardOutage.isOn(probe)) return unavailable();
    try {
      const fingerprint = fingerprintOf(request, body);
      const given = { fingerprint, lockTtl, ttl, waitMs };
      const begun = await room.guardOutage.ask(() => room.idempotency.begin(name, given));
      if (begun === undefined) return unavailable();
      return begun.status === "new" && begun.receipt !== undefined ? begun.receipt : known(begun);
    } catch (fault) {
      if (!(fault instanceof IdempotencyMismatch)) throw fault;
      return problem(422, "This Idempotency-Key was used for another request.");
    }
  };

  return async (request, response, next) => {
    if (!methods.includes(request.method ?? "")) return next();
    let name: string, begun: Answer | string | undefined;
    try {
      const values = headerValues(request, "idempotency-key");
      if (values.length === 0) {
        const isRequired = typeof required === "function" ? required(request) : required;
        return isRequired ? send(response, problem(400, "This request needs an Idempotency-Key.")) : next();
      }
      const key = keyOf(values);
      if (key === undefined) {
        const text = `Idempotency-Key is one text of 1 to ${MAX_HTTP_KEY} ASCII characters.`;
        return send(response, problem(400, text));
      }
      // Each client has keys of its own.
      name = `http:${digest(client(request)).slice(0, 32)}:${key}`;
      begun = await begin(request, name);
    } catch (fault) {
      return next(fault);
    }
    if (begun === undefined) return;
    if (typeof begun !== "string") return send(response, begun);
    const receipt = begun;
    const stop = keepLocked(room, name, receipt, lockTtl, response);
    holdResponse(response, maxResponse, async (given) => {
      stop();
      if (!keep(given.status)) await room.idempotency.fail(name, receipt);
      else await room.idempotency.complete(name, receipt, kept(given));
    });
    next();
  };
}

function unavailable(): Answer {
  return problem(503, "Nothing was done. Try again with the same key.", [["Retry-After", "1"]]);
}

function authorization(request: HttpRequest): string {
  return headerValues(request, "authorization").join("\n");
}

/** A failure of the server's own opens the key to the next try, and so does what asks for one. */
function isFinal(status: number): boolean {
  return status < 500 && status !== 408 && status !== 425 && status !== 429;
}

/** The key in the header: a string of RFC 8941, or as most clients send it, without its quotes. */
function keyOf(values: readonly string[]): string | undefined {
  let key = values.length === 1 ? values[0].trim() : "";
  if (key.length > 1 && key.startsWith('"') && key.endsWith('"')) {
    key = key.slice(1, -1).replace(/\\(["\\])/g, "$1");
  }
  return key.length <= MAX_HTTP_KEY && /^[ -~]+$/.test(key) ? key : undefined;
}

function fingerprintOf(request: HttpRequest, body: Uint8Array): string {
  const target = request.originalUrl ?? request.url ?? "";
  const hash = createHash("sha256");
  // Each part with its length: no other request has the same text.
  for (const part of [Buffer.from(request.method ?? ""), Buffer.from(target), body]) {
    hash.update(`${part.length}:`).update(part);
  }
  return hash.digest("hex");
}

/** The answer to a request that is not new. */
function known(begun: IdempotencyBeginResult): Answer {
  if (begun.status === "in_progress") {
    const wait = ["Retry-After", wholeSeconds(begun.retryAfterMs)] as const;
    return problem(409, "A request with this Idempotency-Key is under way.", [wait]);
  }
  const result = begun.result as { status: number; headers: Headers; body: unknown } | null;
  if (!(result?.body instanceof Uint8Array)) {
    return problem(409, "This was done; its answer was too large to be kept.");
  }
  return {
    status: result.status,
    headers: [...result.headers, ["Idempotency-Replayed", "true"]],
    body: result.body,
  };
}

/** What is kept of an answer; without its body where that is too large. */
function kept({ status, headers, body }: Given): object {
  if (body === undefined) return { status, headers: [], body: null };
  return { status, headers: headers.filter(([name]) => !NOT_KEPT.has(name.toLowerCase())), body };
}

/** Renews the lock at a third of its life, until it is told to stop. */
function keepLocked(
  room: Room,
  name: string,
  receipt: string,
  lockTtl: number | string,
  response: HoldableResponse,
): () => void {
  const life = Math.min(MAX_TIMER_MS, milliseconds(lockTtl));
  let timer: Timer | undefined;
  let end = Infinity;
  let isOver = false;
  const renew = () => {
    room.idempotency.renew(name, receipt, { lockTtl, timeoutMs: life / 3 }).then(again, (fault: unknown) => {
      if (isOutage(fault)) again();
    });
  };
  const again = () => {
    if (!isOver && performance.now() < end) timer = setTimeout(renew, life / 3).unref();
  };
  response.on("close", () => (end = performance.now() + LIVES_ALONE * life));
  again();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
