import { randomBytes } from "node:crypto";
import * as errors from "./errors.js";
import { encode, NoJSON } from "./json.js";
import { EFFECTS, EFFECTS_WITH } from "./methods.js";
import { CallOptions, Effect, Signal } from "./stub.js";

export const DEFAULT_TIMEOUT_MS = 10_000;
/** How much longer the client waits for the sidecar's own word, which knows what was done. */
export const GRACE_MS = 100;
/** How long a call that its caller has given up waits for the sidecar's word, which comes when nothing is held. */
export const ABORT_GRACE_MS = 500;
// As long as a timer of Node's can be, 24 days.
export const MAX_TIMER_MS = 2 ** 31 - 1;
// How often a call is repeated that the sidecar has answered with "nothing was done, try again".
const MAX_REFUSALS = 3;

// Where the caller makes the receipt that makes a repetition safe.
const RECEIPTS: ReadonlyMap<string, string> = new Map([
  ["cache.get", "lease"],
  ["idempotency.begin", "receipt"],
  ["pending.checkout", "receipt"],
  ["session.checkout", "receipt"],
]);

// What says that nothing was done by this attempt: of an earlier one it says nothing.
const NOTHING_DONE: ReadonlySet<string> = new Set([
  "UNAVAILABLE",
  "OVERLOADED",
  "RATE_LIMITED",
  "DEADLINE_EXCEEDED",
  "CANCELLED",
]);

const ASCII = /^[\0-\x7f]*$/;

/** The clock that calls go by, in milliseconds; the property of that name looks for itself each time. */
export const now: () => number = performance.now.bind(performance);

/** A name that nobody can guess: 128 bits. */
export function randomName(): string {
  return randomBytes(16).toString("base64url");
}

/** One call on its way: the same parameters at each attempt, and one end of its time. */
export class Call {
  readonly method: string;
  /** All but its end is the same at each attempt, which idempotency goes by. */
  readonly body: string;
  readonly isASCII: boolean;
  readonly timeoutMs: number;
  readonly signal: Signal | undefined;
  /** How long it waits for a connection at most. */
  readonly reachMs: number;
  /** Whether an attempt was sent whose answer is lost. */
  isInDoubt = false;
  /** Whether it may be made again when its answer is lost. */
  readonly isRepeatable: boolean;
  private readonly isRead: boolean;
  /** When its time is over, by `now`. */
  readonly deadline: number;
  private refusals = 0;

  /** @throws InvalidParams for a parameter that is no JSON. */
  constructor(
    method: string,
    required: Record<string, unknown>,
    options?: CallOptions,
    defaults?: Record<string, unknown>,
    roomTimeoutMs = DEFAULT_TIMEOUT_MS,
  ) {
    const params = paramsOf(required, options, defaults);
    this.method = method;
    this.signal = options?.signal;
    this.reachMs = options?.reachMs ?? Infinity;
    this.timeoutMs = Math.min(MAX_TIMER_MS, options?.timeoutMs ?? roomTimeoutMs + patience(params));
    if (!(this.timeoutMs >= 0)) throw new TypeError("timeoutMs is no number of milliseconds");
    this.deadline = now() + this.timeoutMs;
    const effect = effectOf(method, params);
    this.isRead = effect === "read";
    this.isRepeatable = effect !== "connection";
    if (effect === "step" && params.idempotencyKey === undefined) {
      params.idempotencyKey = randomName();
      params.idempotencyTtl ??= Math.max(60, Math.ceil((2 * this.timeoutMs) / 1000) + 1);
    }
    if (params.deadlineMs !== undefined) params.deadlineMs = undefined;
    try {
      this.body = encode(params).slice(0, -1);
      this.isASCII = ASCII.test(this.body);
    } catch (fault) {
      const what = fault instanceof NoJSON ? fault.message : String((fault as Error)?.name);
      throw new errors.InvalidParams(`a parameter of ${method} is no JSON: ${what}`);
    }
  }

  remaining(): number {
    return this.deadline - now();
  }

  /** The request's line under a number, as it is sent at a time. */
  request(id: number, at: number): string {
    const separator = this.body.length > 1 ? "," : "";
    const left = Math.max(1, Math.floor(this.deadline - at));
    return `{"jsonrpc":"2.0","id":${id},"method":"${this.method}","params":${this.body}${separator}"deadlineMs":${left}}}\n`;
  }

  /** The connection broke after the request was sent: throws unless it may be sent again. */
  afterLoss(): void {
    this.isInDoubt = true;
    if (!this.isRepeatable) {
      throw new errors.OutcomeUnknown(`the connection was lost after ${this.method} had been sent`);
    }
  }

  /** The sidecar has answered with an error: throws it, or says after how many milliseconds to try again. */
  afterError(error: errors.CloakroomError): number {
    const { reason } = error;
    if (reason === "CANCELLED" && this.signal?.aborted) throw this.cancelled(false);
    const isInProgress = reason === "IDEMPOTENCY_IN_PROGRESS";
    const again = reason === "OUTCOME_UNKNOWN"
      ? this.isRepeatable
      : isInProgress || ((reason === "UNAVAILABLE" || reason === "OVERLOADED") && error.retryable);
    if (!again || (this.refusals >= MAX_REFUSALS && !isInProgress)) throw this.truth(error);
    if (reason === "OUTCOME_UNKNOWN") this.isInDoubt = true;
    const pause = Math.max(backoff(this.refusals), error.retryAfterMs ?? 0);
    this.refusals += 1;
    if (pause >= this.remaining()) throw this.truth(error);
    return pause;
  }

  /** The call's time is over. */
  outOfTime(wasSent: boolean): errors.CloakroomError {
    const text = `${this.method} was not answered within ${this.timeoutMs} ms`;
    if (wasSent) this.isInDoubt = true;
    return this.truth(new errors.DeadlineExceeded(text, { retryable: true }));
  }

  /** The caller has given it up. */
  cancelled(wasSent: boolean): errors.CloakroomError {
    if (wasSent) this.isInDoubt = true;
    return this.truth(
      new errors.Cancelled(`${this.method} was given up by its caller`, { cause: this.signal?.reason }),
    );
  }

  /** What was answered is more than a client reads. */
  replyTooLarge(limit: number): errors.CloakroomError {
    const text = `${this.method} was answered more than ${limit} bytes`;
    return this.isRead ? new errors.TooLarge(text) : new errors.OutcomeUnknown(text);
  }

  /** An error as it is to be told: that nothing was done is not known of a change that was sent before. */
  truth(error: errors.CloakroomError): errors.CloakroomError {
    if (!this.isInDoubt || this.isRead || !NOTHING_DONE.has(error.reason)) return error;
    return new errors.OutcomeUnknown(`${this.method} was sent, and its answer did not arrive`, {
      cause: error,
    });
  }
}

/** How long to wait before the next attempt: at random, up to twice as long each time. */
export function backoff(attempt: number): number {
  const longest = Math.min(1000, 20 * 2 ** Math.min(attempt, 10));
  return (attempt === 0 ? Math.random() : 0.5 + Math.random() / 2) * longest;
}

/** The call's own parameters, and the room's where the call has none. A new object, that is the call's. */
function paramsOf(
  required: Record<string, unknown>,
  options: CallOptions | undefined,
  defaults: Record<string, unknown> | undefined,
): Record<string, unknown> {
  if (options === undefined && defaults === undefined) return required;
  const params: Record<string, unknown> = { ...defaults, ...options, ...required };
  params.timeoutMs = undefined;
  params.signal = undefined;
  params.reachMs = undefined;
  if (defaults?.scope !== undefined && options?.scope !== undefined) {
    params.scope = [...(defaults.scope as unknown[]), ...options.scope];
  }
  return params;
}

/** How long a call asks to wait: the usual time is for all the rest. */
function patience({ waitMs, blockMs }: Record<string, unknown>): number {
  if (waitMs === undefined && blockMs === undefined) return 0;
  return Math.max(0, Number(waitMs ?? 0) || 0) + Math.max(0, Number(blockMs ?? 0) || 0);
}

/** What becomes of the call when it is made again; makes the receipt that it goes by. */
function effectOf(method: string, params: Record<string, unknown>): Effect {
  let effect = EFFECTS.get(method) ?? "connection";
  if (effect === "receipt") {
    const slot = RECEIPTS.get(method);
    if (slot !== undefined) {
      if (params[slot] === undefined || params[slot] === true) params[slot] = randomName();
    } else if (params.receipt === undefined) {
      effect = "step";
    }
  }
  for (const [name, other] of EFFECTS_WITH.get(method) ?? []) {
    const value = params[name];
    if (value !== undefined && value !== null && value !== false) effect = other;
  }
  return effect;
}
