import { createHash } from "node:crypto";
import { RatelimitCheckResult } from "../methods.js";
import { Room } from "../room.js";
import { milliseconds } from "../shared.js";
import { Answer, Answerable, Headers, problem, send, setHeaders, wholeSeconds } from "./answer.js";
import { clientAddress, HttpRequest, Next } from "./request.js";

/** How often somebody may ask: `limit` and `window`, or `policy`. */
export interface RateLimitOptions<R> {
  limit?: number;
  window?: number | string;
  /** How many at once: as many as the limit. */
  burst?: number;
  /** The name of a limit in the sidecar's configuration. */
  policy?: string;
  /** What the limit is called in headers; limits of one name share what is left. */
  name?: string;
  /** Whom a request counts for, the client's address unless given; undefined for nobody. */
  key?: (request: R) => string | undefined;
  /** Without a store or a sidecar: 503 unless told, or no limit. */
  onUnavailable?: "deny" | "allow";
  /**
   * How long a request is held up for it at most: 1 s. Once one has waited in vain, the next ones are answered at once,
   * as `onUnavailable` says, until the sidecar has answered again: it is asked in the background.
   */
  timeoutMs?: number;
  room?: Room;
}

/** Answers 429 to who asks too often, and tells the others what is left. */
export function rateLimit<R extends HttpRequest = HttpRequest>(
  options: RateLimitOptions<R>,
): (request: R, response: Answerable, next: Next) => Promise<void> {
  const { limit, window, burst, policy, name = "default", key = clientAddress, onUnavailable = "deny" } =
    options;
  if ((policy === undefined) === (limit === undefined || window === undefined)) {
    throw new TypeError("a rate limit takes limit and window, or the name of a policy");
  }
  if (!/^[ !#-[\]-~]+$/.test(name)) {
    throw new TypeError("name goes into a header: printable ASCII without quotes");
  }
  const room = options.room ?? new Room();
  const asked = { limit, window, burst, policy, timeoutMs: options.timeoutMs ?? 1000 };
  // Takes nothing from anybody's limit.
  const probe = () => room.ratelimit.peek({ ...asked, key: keyOf(name, "probe") });
  const check = async (client: string): Promise<Decision> => {
    const outage = room.limitOutage;
    const checked = outage.isOn(probe)
      ? undefined
      : await outage.ask(() => room.ratelimit.check({ ...asked, onUnavailable, key: keyOf(name, client) }));
    if (checked !== undefined) return decide(name, seconds, checked);
    return { headers: [], refusal: onUnavailable === "allow" ? undefined : unavailable() };
  };
  const seconds = window === undefined ? undefined : Math.max(1, Math.ceil(milliseconds(window) / 1000));

  return async (request, response, next) => {
    let decision: Decision;
    try {
      const client = key(request);
      if (client === undefined) return next();
      decision = await check(client);
    } catch (fault) {
      return next(fault);
    }
    if (decision.refusal !== undefined) return send(response, decision.refusal);
    setHeaders(response, decision.headers);
    next();
  };
}

/** The headers for the application's own answer, and the answer in its place if there is to be none. */
interface Decision {
  readonly headers: Headers;
  readonly refusal: Answer | undefined;
}

function decide(name: string, seconds: number | undefined, checked: RatelimitCheckResult): Decision {
  if (!checked.checked) return { headers: [], refusal: checked.allowed ? undefined : unavailable() };
  const window = seconds === undefined ? "" : `;w=${seconds}`;
  const reset = Math.ceil((checked.resetMs ?? 0) / 1000);
  const headers: Headers = [
    ["RateLimit-Policy", `"${name}";q=${checked.limit}${window}`],
    ["RateLimit", `"${name}";r=${checked.remaining};t=${reset}`],
  ];
  if (checked.allowed) return { headers, refusal: undefined };
  const wait = ["Retry-After", wholeSeconds(checked.retryAfterMs)] as const;
  return { headers, refusal: problem(429, "There were too many requests.", [...headers, wait]) };
}

function unavailable(): Answer {
  return problem(503, "The rate limit can't be checked at the moment.", [["Retry-After", "1"]]);
}

function keyOf(name: string, client: string): string {
  const key = `http:${name}:${client}`;
  if (Buffer.byteLength(key) <= 512) return key;
  return `http:${createHash("sha256").update(key).digest("hex")}`;
}
