import { BestEffortCache } from "./best-effort-cache.js";
import { Call } from "./call.js";
import { ClaimMethods, claimMethods } from "./claim.js";
import { asyncDispose } from "./dispose.js";
import { Conflict, IdempotencyInProgress } from "./errors.js";
import { Events } from "./events.js";
import { Pending, Session } from "./handover.js";
import * as methods from "./methods.js";
import { Outage } from "./outage.js";
import { callKey, failureText } from "./shared.js";
import { Streams } from "./streams.js";
import { CallOptions, Invoke, Scope } from "./stub.js";
import { RoomOptions, Transport } from "./transport.js";

/** How a function's answers are kept. */
export interface CachedOptions<A extends unknown[]> {
  /** How long: 300 s. */
  ttl?: number | string;
  /** What voids them. */
  tags?: ReadonlyArray<string>;
  /** What names the function, where its own name is not enough. */
  name?: string;
  /** What names an answer, in place of the function's name and its arguments. */
  key?: (...args: A) => string;
  /** How long to wait for the one who makes an answer: 5 s. */
  waitMs?: number;
  /** How long a stale answer may be given. */
  grace?: number | string;
}

/** How work is done once. */
export interface IdempotentOptions extends Pick<CallOptions, "scope" | "actor" | "signal"> {
  /** What the request is: another one under the same key is IdempotencyMismatch. */
  fingerprint?: string;
  /** How long to wait for another who is at it: not at all, IdempotencyInProgress. */
  waitMs?: number;
  /** For how long nobody else begins: 60 s. */
  lockTtl?: number | string;
  /** How long the result is kept: 96 h. */
  ttl?: number | string;
}

/** What the one caller who is to do the work is given. */
export interface Guard {
  /** Which try this is, from 1. */
  readonly attempt: number;
  readonly receipt: string;
}

/** Whose data a room is about: names and ids, outermost first. */
export type RoomScope = Readonly<Record<string, string | number | bigint>> | Scope;

/**
 * A sidecar, with one connection for all calls, made at the first one.
 *
 * Values are exact: integers beyond 2^53 are bigints when they are read, and bigints can be given. A decimal that no
 * double holds is a `Decimal` with its text, which is written as it stands. Bytes are `Buffer` (any view can be given) and
 * travel as `{"$base64": …}`. What `JSON.stringify` would lose in silence is InvalidParams: NaN, infinities, Map, Set,
 * functions, lone surrogates, undefined in an array.
 */
export class Room {
  readonly batch: methods.Batch;
  readonly cache: methods.Cache;
  readonly claim: ClaimMethods;
  readonly counter: methods.Counter;
  readonly dev: methods.Dev;
  readonly events: Events;
  readonly flow: methods.Flow;
  readonly idempotency: methods.Idempotency;
  readonly jwt: methods.Jwt;
  readonly kv: methods.Kv;
  readonly pending: Pending;
  readonly ratelimit: methods.Ratelimit;
  readonly session: Session;
  readonly streams: Streams;
  readonly system: methods.System;
  /** @internal */
  readonly bestEffortCache: BestEffortCache;
  /** @internal */
  readonly limitOutage: Outage;
  /** @internal */
  readonly guardOutage: Outage;
  private readonly transport: Transport;
  private readonly defaults: Record<string, unknown>;
  // The same for a call, which is made faster where there are none.
  private readonly given: Record<string, unknown> | undefined;

  constructor(path?: string | RoomOptions);
  /** @internal */
  constructor(transport: Transport, defaults: Record<string, unknown>);
  constructor(given: string | RoomOptions | Transport = {}, defaults: Record<string, unknown> = {}) {
    const transport = given instanceof Transport
      ? given
      : new Transport(typeof given === "string" ? { path: given } : given);
    const invoke: Invoke = (method, params, options) => this.invoke(method, params, options);
    this.transport = transport;
    this.defaults = defaults;
    this.given = Object.keys(defaults).length > 0 ? defaults : undefined;
    this.batch = new methods.Batch(invoke);
    this.cache = new methods.Cache(invoke);
    this.bestEffortCache = new BestEffortCache(this.cache, transport.cacheOutage, transport.timeoutMs);
    this.limitOutage = transport.limitOutage;
    this.guardOutage = transport.guardOutage;
    this.claim = claimMethods(invoke);
    this.counter = new methods.Counter(invoke);
    this.dev = new methods.Dev(invoke);
    this.events = new Events(invoke, transport, defaults);
    this.flow = new methods.Flow(invoke);
    this.idempotency = new methods.Idempotency(invoke);
    this.jwt = new methods.Jwt(invoke);
    this.kv = new methods.Kv(invoke);
    this.pending = new Pending(invoke);
    this.ratelimit = new methods.Ratelimit(invoke);
    this.session = new Session(invoke);
    this.streams = new Streams(invoke);
    this.system = new methods.System(invoke);
  }

  /** Any method by its name; one that this version doesn't know is never repeated. */
  // deno-lint-ignore no-explicit-any
  call<T = any>(method: string, params: object = {}, options?: CallOptions): Promise<T> {
    return this.invoke(method, { ...params }, options) as Promise<T>;
  }

  /** The same without an answer, not even to an error: it is kept when the request is on its way. */
  notify(method: string, params: object = {}, options?: CallOptions): Promise<void> {
    return this.transport.notify(method, { ...params }, options, this.defaults);
  }

  /** The same sidecar for one tenant: `room.scope({ org: "acme" })`; its scopes stand inside this room's. */
  scope(scope: RoomScope, options: { actor?: string } = {}): Room {
    const inner: Scope = Array.isArray(scope)
      ? (scope as Scope)
      : Object.entries(scope as Record<string, string | number | bigint>).map(([key, id]) => ({ key, id }));
    const defaults = { ...this.defaults };
    if (inner.length > 0) defaults.scope = [...((this.defaults.scope as Scope | undefined) ?? []), ...inner];
    if (options.actor !== undefined) defaults.actor = options.actor;
    return new Room(this.transport, defaults);
  }

  /**
   * A function whose answers are kept: one caller makes an answer while the others wait. When the cache can't be
   * asked, the function is called: at once, when that has been found out a moment ago.
   */
  cached<A extends unknown[], T>(
    make: (...args: A) => T | PromiseLike<T>,
    options: CachedOptions<A> = {},
  ): (...args: A) => Promise<T> {
    const { ttl = 300, tags = [], key, waitMs = 5000, grace } = options;
    const name = options.name ?? make.name;
    if (key === undefined && name === "") {
      throw new TypeError("what is cached needs a name: a function's own, `name`, or `key`");
    }
    return async (...args) => {
      const entry = key === undefined ? callKey(name, args) : key(...args);
      const found = await this.bestEffortCache.get<T>(entry, { tags, waitMs });
      if (found === undefined) return await make(...args);
      const { lease } = found;
      if (lease === undefined && found.status !== "miss") return found.value as T;
      const begun = performance.now();
      let value: T;
      try {
        value = await make(...args);
      } catch (fault) {
        if (lease !== undefined) await this.bestEffortCache.release(entry, lease);
        throw fault;
      }
      if (lease !== undefined) {
        const tookMs = Math.floor(performance.now() - begun);
        const kept = value === undefined ? null : value;
        // Not kept if somebody has voided it since: the value is the caller's, and nobody else's.
        await this.bestEffortCache.set(entry, { value: kept, ttl, tags, lease, tookMs, grace });
      }
      return value;
    };
  }

  /**
   * Work that is done once: answers what the function has answered, the first time or this time. Conflict where
   * `idempotency.fail` has kept a failure for good, which is then in its details.
   */
  async idempotent<T>(
    key: string,
    work: (guard: Guard) => T | PromiseLike<T>,
    options: IdempotentOptions = {},
  ): Promise<T> {
    const { scope, actor } = options;
    const answer = await this.idempotency.begin<T>(key, { waitMs: 0, lockTtl: 60, ...options });
    if (answer.status === "in_progress") {
      const facts = { retryable: true, retryAfterMs: answer.retryAfterMs };
      throw new IdempotencyInProgress("another caller is at it", facts);
    }
    if (answer.status === "failed") {
      const details = { state: "failed", result: answer.result };
      throw new Conflict("the work has failed for good", { details });
    }
    const { receipt, attempt = 1 } = answer;
    if (answer.status !== "new" || receipt === undefined) return answer.result as T;
    let result: T;
    try {
      result = await work({ attempt, receipt });
    } catch (fault) {
      // What was thrown matters more: the lock ends by itself.
      await this.idempotency
        .fail(key, receipt, { scope, actor, error: failureText(fault) })
        .catch(() => undefined);
      throw fault;
    }
    const kept = result === undefined ? null : result;
    await this.idempotency.complete(key, receipt, kept, { scope, actor });
    return result;
  }

  /** Closes the connection, also that of rooms made by `scope`; calls under way end. */
  close(): void {
    this.transport.close();
  }

  private invoke(method: string, params: Record<string, unknown>, options?: CallOptions): Promise<unknown> {
    let call;
    try {
      call = new Call(method, params, options, this.given, this.transport.timeoutMs);
    } catch (fault) {
      return Promise.reject(fault);
    }
    return this.transport.call(call);
  }
}

export interface Room {
  /** Closes it, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

Object.defineProperty(Room.prototype, asyncDispose, {
  value: async function (this: Room): Promise<void> {
    this.close();
  },
});
