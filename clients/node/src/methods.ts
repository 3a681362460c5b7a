// Generated from the sidecar's method table by `swift run CloakroomStubs`. Don't edit.
import { CallOptions, Effect, Namespace } from "./stub.js";

/** What becomes of a call that is made again. */
export const EFFECTS: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  ["batch.get", "read"],
  ["batch.remove", "step"],
  ["batch.set", "set"],
  ["cache.get", "receipt"],
  ["cache.invalidate", "set"],
  ["cache.key", "read"],
  ["cache.release", "step"],
  ["cache.set", "set"],
  ["claim.inspect", "read"],
  ["claim.once", "step"],
  ["claim.release", "step"],
  ["claim.renew", "set"],
  ["counter.decrement", "step"],
  ["counter.expire", "set"],
  ["counter.get", "read"],
  ["counter.increment", "step"],
  ["counter.reset", "set"],
  ["dev.scan", "read"],
  ["events.define", "set"],
  ["events.publish", "step"],
  ["events.subscribe", "connection"],
  ["events.unsubscribe", "connection"],
  ["flow.define", "set"],
  ["flow.get", "read"],
  ["flow.list", "read"],
  ["flow.remove", "step"],
  ["flow.stats", "read"],
  ["idempotency.begin", "receipt"],
  ["idempotency.complete", "receipt"],
  ["idempotency.fail", "step"],
  ["idempotency.renew", "set"],
  ["jwt.jwks", "read"],
  ["jwt.revoke", "set"],
  ["jwt.sign", "token"],
  ["jwt.verify", "read"],
  ["kv.exists", "read"],
  ["kv.expire", "set"],
  ["kv.get", "read"],
  ["kv.remove", "step"],
  ["kv.set", "set"],
  ["kv.take", "step"],
  ["kv.touch", "set"],
  ["pending.checkout", "receipt"],
  ["pending.commit", "receipt"],
  ["pending.consume", "step"],
  ["pending.create", "token"],
  ["pending.dead", "read"],
  ["pending.delete", "step"],
  ["pending.exists", "read"],
  ["pending.release", "step"],
  ["pending.reopen", "step"],
  ["pending.update", "step"],
  ["pending.verify", "read"],
  ["ratelimit.check", "step"],
  ["ratelimit.peek", "read"],
  ["ratelimit.reset", "set"],
  ["rpc.discover", "read"],
  ["session.checkout", "receipt"],
  ["session.commit", "receipt"],
  ["session.completeStep", "step"],
  ["session.create", "step"],
  ["session.dead", "read"],
  ["session.delete", "step"],
  ["session.deleteAll", "step"],
  ["session.get", "read"],
  ["session.goTo", "step"],
  ["session.list", "read"],
  ["session.release", "step"],
  ["session.reopen", "step"],
  ["session.rotate", "step"],
  ["session.touch", "set"],
  ["session.update", "step"],
  ["streams.ack", "set"],
  ["streams.append", "step"],
  ["streams.ensure", "set"],
  ["streams.length", "read"],
  ["streams.pending", "read"],
  ["streams.read", "step"],
  ["streams.reclaim", "step"],
  ["system.cancel", "connection"],
  ["system.health", "read"],
  ["system.hello", "connection"],
  ["system.metrics", "read"],
  ["system.ping", "read"],
]);

/** The same for a call that gives a parameter, other than as null or false. */
export const EFFECTS_WITH: ReadonlyMap<string, ReadonlyArray<readonly [string, Effect]>> = new Map<
  string,
  ReadonlyArray<readonly [string, Effect]>
>([
  ["cache.set", [["lease", "step"]]],
  ["claim.once", [["bindToConnection", "connection"]]],
  ["kv.set", [["ifMatch", "step"], ["onlyIf", "step"]]],
]);

/** What `batch.get` may be given. */
export type BatchGetOptions = CallOptions;

/** What `batch.get` answers. */
export type BatchGetResult<T = unknown> = Array<{ found: boolean; value: T | null; error?: Record<string, unknown> }>;

/** What `batch.remove` may be given. */
export type BatchRemoveOptions = CallOptions;

/** What `batch.remove` answers. */
export type BatchRemoveResult = Array<{ removed: boolean; error?: Record<string, unknown> }>;

/** What `batch.set` may be given. */
export type BatchSetOptions = CallOptions;

/** What `batch.set` answers. */
export type BatchSetResult = Array<{ ok: boolean; error?: Record<string, unknown> }>;

/** batch.* */
export class Batch extends Namespace {
  /** Reads many values; large ones in several steps, between which others may change what was not read yet. */
  get<T = unknown>(keys: ReadonlyArray<string>, options?: BatchGetOptions): Promise<BatchGetResult<T>> {
    return this.invoke("batch.get", { keys }, options);
  }

  /** Removes many values, and tells for each whether there was one. */
  remove(keys: ReadonlyArray<string>, options?: BatchRemoveOptions): Promise<BatchRemoveResult> {
    return this.invoke("batch.remove", { keys }, options);
  }

  /** Writes many values, in the order of the entries. */
  set(entries: ReadonlyArray<{ key: string; value: unknown; ttl?: number | bigint | string | null }>, options?: BatchSetOptions): Promise<BatchSetResult> {
    return this.invoke("batch.set", { entries }, options);
  }
}

/** What `cache.get` may be given. */
export interface CacheGetOptions extends CallOptions {
  /** The tags that the value is set with, at most 32: named here, they are read in the same round trip, and void the lease from its beginning. */
  tags?: ReadonlyArray<string>;
  /** How long to wait, in milliseconds, while another makes a value that is missing. Default: 0. */
  waitMs?: number | bigint;
  /** Whether to be leased the key where there is something to make; a string of 128 random bits is a lease of the caller's own making, and the call that is repeated with it is answered alike. Default: true. */
  lease?: boolean | string;
  /** How long nobody else gets the lease: seconds, or a string with a unit; an hour at most. Default: 10s. */
  leaseTtl?: number | bigint | string;
}

/** What `cache.get` answers. */
export type CacheGetResult<T = unknown> = { status: "hit" | "stale" | "negative" | "miss"; value: T | null; ageMs?: number; lease?: string };

/** What `cache.invalidate` may be given. */
export interface CacheInvalidateOptions extends CallOptions {
  /** The keys, at most 1,000. */
  keys?: ReadonlyArray<string>;
  /** The tags, at most 1,000. */
  tags?: ReadonlyArray<string>;
  /** Whether values become stale and not void. Default: false. */
  soft?: boolean;
}

/** What `cache.invalidate` answers. */
export type CacheInvalidateResult = { keys: number; tags: number };

/** What `cache.key` may be given. */
export interface CacheKeyOptions extends CallOptions {
  /** What the key begins with, as `orders:list:`. */
  prefix?: string;
}

/** What `cache.key` answers. */
export type CacheKeyResult = { key: string };

/** What `cache.release` may be given. */
export type CacheReleaseOptions = CallOptions;

/** What `cache.release` answers. */
export type CacheReleaseResult = { released: boolean };

/** What `cache.set` may be given. */
export interface CacheSetOptions extends CallOptions {
  /** Any JSON; it comes back byte for byte. It has to be given unless negative is, and is null then. */
  value?: unknown;
  /** How long the value is fresh: seconds, or a string with a unit. Default: 5m. */
  ttl?: number | bigint | string;
  /** What the value is invalidated by beside its key, at most 32. */
  tags?: ReadonlyArray<string>;
  /** By what part of it ttl is shortened at most, at random, so that what was set together is not missing together; it is never made longer. Default: 0.1. */
  jitter?: number;
  /** For how long after it is stale the value may still be given: seconds, or a string with a unit. Default: none. */
  grace?: number | bigint | string;
  /** How long it took to make, in milliseconds: by that, one caller is leased the key a little before the value is stale. */
  tookMs?: number | bigint;
  /** The lease that cache.get has given: with it, nothing is written that was read before an invalidation, or before somebody else has set the key. */
  lease?: string;
  /** Whether the value says that there is nothing to be cached, as of an order that does not exist. It has no grace. Default: false. */
  negative?: boolean;
}

/** What `cache.set` answers. */
export type CacheSetResult = { ok: true; expiresAt: string };

/** cache.* */
export class Cache extends Namespace {
  /** Reads a cached value. Where there is none, or a stale one, one caller gets a lease with it and makes the value; the others get the stale value at once, or wait. */
  get<T = unknown>(key: string, options?: CacheGetOptions): Promise<CacheGetResult<T>> {
    return this.invoke("cache.get", { key }, options);
  }

  /** Voids values by their keys and by tags. Hard: what was there is a miss for every call that begins after the answer, in any sidecar. Soft: it is stale, and may be given within its grace. Leases are void in either case. A tag takes the same time whatever it reaches. */
  invalidate(options?: CacheInvalidateOptions): Promise<CacheInvalidateResult> {
    return this.invoke("cache.invalidate", {}, options);
  }

  /** Makes a key of any JSON: a prefix and the SHA-256 of its canonical form (RFC 8785), so that the order of an object's members, white space and the spelling of strings and numbers make no other key. */
  key(value: unknown, options?: CacheKeyOptions): Promise<CacheKeyResult> {
    return this.invoke("cache.key", { value }, options);
  }

  /** Gives a lease back without a value: those who wait are leased the key in turn. Tells whether it was held. */
  release(key: string, lease: string, options?: CacheReleaseOptions): Promise<CacheReleaseResult> {
    return this.invoke("cache.release", { key, lease }, options);
  }

  /** Writes a value to be cached. With the lease of cache.get it is refused (LEASE_LOST) when the key, or one of the tags, was invalidated since, or when somebody else has set the key. */
  set(key: string, options?: CacheSetOptions): Promise<CacheSetResult> {
    return this.invoke("cache.set", { key }, options);
  }
}

/** What `claim.inspect` may be given. */
export type ClaimInspectOptions = CallOptions;

/** What `claim.inspect` answers. */
export type ClaimInspectResult = { held: boolean; owner: string | null; fence: number | null; expiresAt: string | null };

/** What `claim.once` may be given. */
export interface ClaimOnceOptions extends CallOptions {
  /** How long it is held from now on: seconds, or a string with a unit ("500ms", "90s", "30m"). Default: 30s. */
  ttl?: number | bigint | string;
  /** How long to wait while another holds it, in milliseconds, at most an hour; first come, first served. Default: 0. */
  waitMs?: number | bigint;
  /** Whether the claim is released when this connection closes, for whatever reason. Its TTL holds all the same. Default: false. */
  bindToConnection?: boolean;
}

/** What `claim.once` answers. */
export type ClaimOnceResult = { claimed: boolean; owner: string | null; fence: number | null; expiresAt: string | null };

/** What `claim.release` may be given. */
export interface ClaimReleaseOptions extends CallOptions {
  /** The fence that came with the claim: any other one is FENCE_STALE. */
  fence?: number | bigint;
}

/** What `claim.release` answers. */
export type ClaimReleaseResult = { released: true };

/** What `claim.renew` may be given. */
export interface ClaimRenewOptions extends CallOptions {
  /** How long it is held from now on: seconds, or a string with a unit ("500ms", "90s", "30m"). Default: 30s. */
  ttl?: number | bigint | string;
  /** The fence that came with the claim: any other one is FENCE_STALE. */
  fence?: number | bigint;
}

/** What `claim.renew` answers. */
export type ClaimRenewResult = { fence: number; expiresAt: string };

/** claim.* */
export class Claim extends Namespace {
  /** Tells who holds a claim, and the last fence that was given out. */
  inspect(key: string, options?: ClaimInspectOptions): Promise<ClaimInspectResult> {
    return this.invoke("claim.inspect", { key }, options);
  }

  /** Takes a claim unless another owner holds it, or waits for it; an owner that holds it already is told so and doesn't get it twice. */
  once(key: string, owner: string, options?: ClaimOnceOptions): Promise<ClaimOnceResult> {
    return this.invoke("claim.once", { key, owner }, options);
  }

  /** Ends a claim; only its owner can. */
  release(key: string, owner: string, options?: ClaimReleaseOptions): Promise<ClaimReleaseResult> {
    return this.invoke("claim.release", { key, owner }, options);
  }

  /** Gives a claim a new life; only its owner can. */
  renew(key: string, owner: string, options?: ClaimRenewOptions): Promise<ClaimRenewResult> {
    return this.invoke("claim.renew", { key, owner }, options);
  }
}

/** What `counter.decrement` may be given. */
export interface CounterDecrementOptions extends CallOptions {
  /** How much. Default: 1. */
  by?: number | bigint;
  /** The counter is left as it is rather than go below this. */
  min?: number | bigint;
  /** The counter is left as it is rather than go above this. */
  max?: number | bigint;
  /** Seconds, or a string with a unit ("500ms", "90s", "30m", "24h", "7d"); null is for ever, where the configuration allows it. "keep" leaves what there is of a life as it is, "reset" begins the default one anew. Default: keys.defaultTTL of the configuration, 24h. */
  ttl?: number | bigint | string | null;
}

/** What `counter.decrement` answers. */
export type CounterDecrementResult = { value: number; applied: boolean };

/** What `counter.expire` may be given. */
export type CounterExpireOptions = CallOptions;

/** What `counter.expire` answers. */
export type CounterExpireResult = boolean;

/** What `counter.get` may be given. */
export type CounterGetOptions = CallOptions;

/** What `counter.get` answers. */
export type CounterGetResult = { value: number; applied: boolean };

/** What `counter.increment` may be given. */
export interface CounterIncrementOptions extends CallOptions {
  /** How much. Default: 1. */
  by?: number | bigint;
  /** The counter is left as it is rather than go below this. */
  min?: number | bigint;
  /** The counter is left as it is rather than go above this. */
  max?: number | bigint;
  /** Seconds, or a string with a unit ("500ms", "90s", "30m", "24h", "7d"); null is for ever, where the configuration allows it. "keep" leaves what there is of a life as it is, "reset" begins the default one anew. Default: keys.defaultTTL of the configuration, 24h. */
  ttl?: number | bigint | string | null;
}

/** What `counter.increment` answers. */
export type CounterIncrementResult = { value: number; applied: boolean };

/** What `counter.reset` may be given. */
export type CounterResetOptions = CallOptions;

/** What `counter.reset` answers. */
export type CounterResetResult = { value: number; applied: boolean };

/** counter.* */
export class Counter extends Namespace {
  /** Takes from a counter, unless it would leave its bounds; one that is not there begins at 0. */
  decrement(key: string, options?: CounterDecrementOptions): Promise<CounterDecrementResult> {
    return this.invoke("counter.decrement", { key }, options);
  }

  /** Gives a counter a new life, and tells whether there is one. */
  expire(key: string, ttl: number | bigint | string | null, options?: CounterExpireOptions): Promise<CounterExpireResult> {
    return this.invoke("counter.expire", { key, ttl }, options);
  }

  /** Reads a counter; one that is not there is 0 and not applied. */
  get(key: string, options?: CounterGetOptions): Promise<CounterGetResult> {
    return this.invoke("counter.get", { key }, options);
  }

  /** Adds to a counter, unless it would leave its bounds; one that is not there begins at 0. */
  increment(key: string, options?: CounterIncrementOptions): Promise<CounterIncrementResult> {
    return this.invoke("counter.increment", { key }, options);
  }

  /** Puts a counter back to 0 and ends its life; applied tells if there was one. */
  reset(key: string, options?: CounterResetOptions): Promise<CounterResetResult> {
    return this.invoke("counter.reset", { key }, options);
  }
}

/** What `dev.scan` may be given. */
export interface DevScanOptions extends CallOptions {
  /** What the key behind its namespace has to be; * stands for anything, nothing else does. Default: *. */
  pattern?: string;
  /** The cursor of the answer before. Default: from the beginning. */
  cursor?: string | null;
  /** How many keys of the whole store to look at, about; 1000 at most. Default: 100. */
  count?: number | bigint;
  /** The one namespace to look in, as kv. Default: all. */
  namespace?: string;
}

/** What `dev.scan` answers. */
export type DevScanResult = { keys: Array<string>; cursor: string | null };

/** dev.* */
export class Dev extends Namespace {
  /** Lists keys of the caller's own service and scope, a part with each call; off unless the setting dev.scan is on. A key that is there all the while comes at least once; a part may be empty before the last. */
  scan(options?: DevScanOptions): Promise<DevScanResult> {
    return this.invoke("dev.scan", {}, options);
  }
}

/** What `events.define` may be given. */
export type EventsDefineOptions = CallOptions;

/** What `events.define` answers. */
export type EventsDefineResult = { ok: true };

/** What `events.publish` may be given. */
export interface EventsPublishOptions extends CallOptions {
  /** Hold the data against the channel's schema, if it has one; else VALIDATION_FAILED, with the JSON Pointers of what is wrong. */
  validatePublish?: boolean;
}

/** What `events.publish` answers. */
export type EventsPublishResult = { receivers: number };

/** What `events.subscribe` may be given. */
export interface EventsSubscribeOptions extends CallOptions {
  /** The channel; or give a pattern. */
  channel?: string;
  /** Which channels: * stands for any characters, all others for themselves. */
  pattern?: string;
}

/** What `events.subscribe` answers. */
export type EventsSubscribeResult = { subscription: string };

/** What `events.unsubscribe` may be given. */
export type EventsUnsubscribeOptions = CallOptions;

/** What `events.unsubscribe` answers. */
export type EventsUnsubscribeResult = boolean;

/** events.* */
export class Events extends Namespace {
  /** Gives a channel a schema that what is published has to fit, for all sidecars of the store. It is kept for 30 days after it was last defined or used. */
  define(channel: string, schema: object | boolean | null, options?: EventsDefineOptions): Promise<EventsDefineResult> {
    return this.invoke("events.define", { channel, schema }, options);
  }

  /** Tells all who listen to a channel that something happened. It is kept nowhere: who does not listen at that moment misses it. */
  publish(channel: string, data: unknown, options?: EventsPublishOptions): Promise<EventsPublishResult> {
    return this.invoke("events.publish", { channel, data }, options);
  }
}

/** What `flow.define` may be given. */
export interface FlowDefineOptions extends CallOptions {
  /** A JSON Schema that the whole data must fit at the end. */
  schema?: object | boolean;
  /** How long a session lives without being touched: seconds, or a string with a unit. Default: as long as absoluteTtl. */
  idleTtl?: number | bigint | string;
  /** How long a session lives at most: seconds, or a string with a unit. Default: 24h. */
  absoluteTtl?: number | bigint | string;
  /** What a session is bound to: warn logs a call from elsewhere and says so in its answer, require refuses it (FORBIDDEN). Default: off. */
  bind?: { userAgent?: "off" | "warn" | "require"; ipAddress?: "off" | "warn" | "require" };
  /** JSON Pointers to what is never stored in clear: sealed, and given back at checkout alone (seal, the default), or not taken at all (refuse). */
  sensitive?: ReadonlyArray<string | { pointer: string; mode?: "seal" | "refuse" }>;
}

/** What `flow.define` answers. */
export type FlowDefineResult = { name: string; version: number };

/** What `flow.get` may be given. */
export interface FlowGetOptions extends CallOptions {
  /** Which version. Default: the current one. */
  version?: number | bigint;
}

/** What `flow.get` answers. */
export type FlowGetResult = { name: string; version: number; current: boolean; closed: boolean; source: "call" | "file"; definedAt: string; versions: Array<number>; definition: Record<string, unknown> };

/** What `flow.list` may be given. */
export interface FlowListOptions extends CallOptions {
  /** The cursor of the answer before. Default: from the beginning. */
  cursor?: string | null;
  /** How many to list at most. Default: 100. */
  count?: number | bigint;
}

/** What `flow.list` answers. */
export type FlowListResult = { flows: Array<{ name: string; version: number; closed: boolean; source: "call" | "file"; liveSessions: number; versions: Array<{ version: number; definedAt: string; liveSessions: number }> }>; cursor: string | null };

/** What `flow.remove` may be given. */
export type FlowRemoveOptions = CallOptions;

/** What `flow.remove` answers. */
export type FlowRemoveResult = { removed: boolean; closed: true; liveSessions: number };

/** What `flow.stats` may be given. */
export interface FlowStatsOptions extends CallOptions {
  /** Of this version alone. Default: of all together. */
  version?: number | bigint | null;
  /** From the beginning of this hour. Default: as far back as numbers are kept. */
  from?: string | null;
  /** To the end of this hour. Default: to now. */
  to?: string | null;
}

/** What `flow.stats` answers. */
export type FlowStatsResult = { name: string; version: number | null; fromAt: string; toAt: string; live: number; created: number; completed: number; deleted: number; dead: number; abandoned: number; steps: Array<{ id: string; entered: number; completed: number; abandoned: number; medianMs: number | null; p90Ms: number | null; errors: Array<{ keyword: string; count: number }> }> };

/** flow.* */
export class Flow extends Namespace {
  /** Defines a flow, for new sessions from now on: those under way stay on the definition that they began with. The same definition again is the same version, another one the next; one that was there before becomes current again under its old number. */
  define(name: string, steps: ReadonlyArray<{ id: string; title?: string; schema?: object | boolean; requires?: ReadonlyArray<string>; dependsOn?: ReadonlyArray<string>; when?: object | boolean }>, options?: FlowDefineOptions): Promise<FlowDefineResult> {
    return this.invoke("flow.define", { name, steps }, options);
  }

  /** Reads a flow's definition: the current one, or another that sessions may still be on. */
  get(name: string, options?: FlowGetOptions): Promise<FlowGetResult> {
    return this.invoke("flow.get", { name }, options);
  }

  /** Lists the flows of the caller's own service and scope with their versions and the sessions that live on each, the last defined first. A page may be shorter than was asked for; the cursor is null behind the last. */
  list(options?: FlowListOptions): Promise<FlowListResult> {
    return this.invoke("flow.list", {}, options);
  }

  /** Removes a flow. While sessions live on it, it is only closed to new ones: those go on. A flow that a file defines is CONFLICT. */
  remove(name: string, options?: FlowRemoveOptions): Promise<FlowRemoveResult> {
    return this.invoke("flow.remove", { name }, options);
  }

  /** Tells how people come through a flow: how many sessions were created, completed, deleted, dead, and abandoned (their life has ended) at which step; how often each step was come to and completed, and how long that took; and which keywords of its schema its data didn't fit. Counted over all sidecars, each of these once, by the hours (UTC) in which it happened; kept for 90 days. Times are right within 5 %. `live` is how many sessions there are now, whatever from and to. */
  stats(name: string, options?: FlowStatsOptions): Promise<FlowStatsResult> {
    return this.invoke("flow.stats", { name }, options);
  }
}

/** What `idempotency.begin` may be given. */
export interface IdempotencyBeginOptions extends CallOptions {
  /** What tells one request from another under the same key, as a digest of the body: a begin with another one is IDEMPOTENCY_MISMATCH. Compared byte for byte, where both have given one. */
  fingerprint?: string;
  /** 128 random bits that the caller has made for this try: the call that is repeated with them is answered alike, whatever became of the first answer. Default: the sidecar makes one. */
  receipt?: string;
  /** How long the lock is the caller's, if it neither ends nor renews it: seconds, or a string with a unit. Default: 60s. */
  lockTtl?: number | bigint | string;
  /** How long the key is remembered after the last try began or ended: seconds, or a string with a unit. Default: 96h. */
  ttl?: number | bigint | string;
  /** How long to wait while another try is under way, in milliseconds, at most an hour. Default: 0. */
  waitMs?: number | bigint;
}

/** What `idempotency.begin` answers. */
export type IdempotencyBeginResult<T = unknown> = { status: "new" | "in_progress" | "completed" | "failed"; receipt?: string; attempt?: number; lockExpiresAt?: string; lastError?: unknown; retryAfterMs?: number; result?: T; completedAt?: string; failedAt?: string };

/** What `idempotency.complete` may be given. */
export type IdempotencyCompleteOptions = CallOptions;

/** What `idempotency.complete` answers. */
export type IdempotencyCompleteResult<T = unknown> = { status: "completed"; result: T; completedAt: string };

/** What `idempotency.fail` may be given. */
export interface IdempotencyFailOptions extends CallOptions {
  /** Any JSON: what the next try is told as lastError, or later begins as the result if it is final. Default: null. */
  error?: unknown;
  /** Whether trying again is of no use: later begins are told `failed`. Default: false. */
  final?: boolean;
}

/** What `idempotency.fail` answers. */
export type IdempotencyFailResult<T = unknown> = { status: "open" | "failed"; attempt?: number; result?: T; failedAt?: string };

/** What `idempotency.renew` may be given. */
export interface IdempotencyRenewOptions extends CallOptions {
  /** How long the lock is the caller's from now on. Default: as long as it was given last. */
  lockTtl?: number | bigint | string;
}

/** What `idempotency.renew` answers. */
export type IdempotencyRenewResult = { lockExpiresAt: string };

/** idempotency.* */
export class Idempotency extends Namespace {
  /** Asks for the lock on something that is to be done once. Of any number of callers one is told `new`, and has to complete or fail what it does; the others are told that it is under way, or what came of it. When the one has died, the next begin after its lock has lapsed is `new`, with the next attempt. */
  begin<T = unknown>(key: string, options?: IdempotencyBeginOptions): Promise<IdempotencyBeginResult<T>> {
    return this.invoke("idempotency.begin", { key }, options);
  }

  /** Keeps the result of what was begun: later begins are told it, for as long as the ttl of the begin. Repeated with the same receipt it answers what it answered first. A lock that has lapsed is no reason to refuse as long as nobody else has had it. */
  complete<T = unknown>(key: string, receipt: string, result: unknown, options?: IdempotencyCompleteOptions): Promise<IdempotencyCompleteResult<T>> {
    return this.invoke("idempotency.complete", { key, receipt, result }, options);
  }

  /** Ends a try that has failed: the next begin is `new`, with the next attempt; or, if the failure is final, later begins are told it. Repeated with the same receipt it answers what it answered first. */
  fail<T = unknown>(key: string, receipt: string, options?: IdempotencyFailOptions): Promise<IdempotencyFailResult<T>> {
    return this.invoke("idempotency.fail", { key, receipt }, options);
  }

  /** Has the lock last longer, for work that takes longer than it seemed. A lock that has lapsed is had again as long as nobody else has had it. */
  renew(key: string, receipt: string, options?: IdempotencyRenewOptions): Promise<IdempotencyRenewResult> {
    return this.invoke("idempotency.renew", { key, receipt }, options);
  }
}

/** What `jwt.jwks` may be given. */
export type JwtJwksOptions = CallOptions;

/** What `jwt.jwks` answers. */
export type JwtJwksResult = { keys: Array<Record<string, unknown>> };

/** What `jwt.revoke` may be given. */
export interface JwtRevokeOptions extends CallOptions {
  /** The token; its signature has to be right, so that nobody can fill the store with what never was a token. */
  token?: string;
  /** The token's `jti`, for callers that haven't kept the token itself; needs expiresAt. */
  jti?: string;
  /** When the token expires, as jwt.sign has told: so long is its revocation kept. */
  expiresAt?: string;
}

/** What `jwt.revoke` answers. */
export type JwtRevokeResult = { revoked: boolean };

/** What `jwt.sign` may be given. */
export interface JwtSignOptions extends CallOptions {
  /** The claims, any JSON object; what you put in comes back byte for byte. `iss`, `sub`, `aud` and `nbf` may be among them; `exp`, `iat`, `jti` and `purpose` are the sidecar's. Default: none. */
  claims?: object;
  /** How long the token is good for: seconds, or a string with a unit ("90s", "30m", "24h"). Default: 1h. */
  expiresIn?: number | bigint | string;
  /** Whom the token is about: `sub`. */
  subject?: string;
  /** Whom the token is for, one name or several: `aud`. */
  audience?: string | ReadonlyArray<string>;
  /** What the token is for: it verifies for nothing else. */
  purpose?: string;
  /** The active key to sign with. Default: the newest one. */
  keyId?: string;
  /** Whether the claims are encrypted, so that nobody without the sealing key can read them. Default: false. */
  seal?: boolean;
}

/** What `jwt.sign` answers. */
export type JwtSignResult = { token: string; jti: string; expiresAt: string };

/** What `jwt.verify` may be given. */
export interface JwtVerifyOptions extends CallOptions {
  /** Who asks. A token with `aud` has to name it there; without this, such a token is not valid. */
  audience?: string;
  /** Who has to have issued it: `iss`. */
  issuer?: string;
  /** What the token has to be for; without this, only a token without a purpose is taken. */
  purpose?: string;
}

/** What `jwt.verify` answers. */
export type JwtVerifyResult = { claims: Record<string, unknown>; header: Record<string, unknown> };

/** jwt.* */
export class Jwt extends Namespace {
  /** Answers the public keys as a JSON Web Key Set (RFC 7517), for verifying tokens without the sidecar. */
  jwks(options?: JwtJwksOptions): Promise<JwtJwksResult> {
    return this.invoke("jwt.jwks", {}, options);
  }

  /** Has a token never verify again, in any sidecar of the store; false when it has expired anyway. A pending operation's token is not revoked but ended, by pending.delete: WRONG_TYPE. */
  revoke(options?: JwtRevokeOptions): Promise<JwtRevokeResult> {
    return this.invoke("jwt.revoke", {}, options);
  }

  /** Signs claims: a token that any holder of the keys can verify. Repeated with its idempotencyKey it answers the same token, which the store keeps sealed; CONFLICT when the key that this is kept by is not here any more. */
  sign(options?: JwtSignOptions): Promise<JwtSignResult> {
    return this.invoke("jwt.sign", {}, options);
  }

  /** Verifies a token: its signature, its times, whom and what it is for, and that nobody has revoked it. A pending operation's token is WRONG_TYPE. */
  verify(token: string, options?: JwtVerifyOptions): Promise<JwtVerifyResult> {
    return this.invoke("jwt.verify", { token }, options);
  }
}

/** What `kv.exists` may be given. */
export type KvExistsOptions = CallOptions;

/** What `kv.exists` answers. */
export type KvExistsResult = boolean;

/** What `kv.expire` may be given. */
export type KvExpireOptions = CallOptions;

/** What `kv.expire` answers. */
export type KvExpireResult = boolean;

/** What `kv.get` may be given. */
export interface KvGetOptions extends CallOptions {
  /** Also answer the value's etag and how long it still lives (null: for ever). */
  withMeta?: boolean;
}

/** What `kv.get` answers. */
export type KvGetResult<T = unknown> = { found: boolean; value: T | null; etag?: string; ttlMs?: number | null };

/** What `kv.remove` may be given. */
export type KvRemoveOptions = CallOptions;

/** What `kv.remove` answers. */
export type KvRemoveResult = boolean;

/** What `kv.set` may be given. */
export interface KvSetOptions extends CallOptions {
  /** Seconds, or a string with a unit ("500ms", "90s", "30m", "24h", "7d"); null is for ever, where the configuration allows it. "keep" leaves what there is of a life as it is, "reset" begins the default one anew. Default: keys.defaultTTL of the configuration, 24h. */
  ttl?: number | bigint | string | null;
  /** Write only when there is no value yet, or only when there is one; else CONFLICT. */
  onlyIf?: "absent" | "present";
  /** Write only when the value there has this etag; else CONFLICT, or NOT_FOUND when there is none. */
  ifMatch?: string;
  /** Also answer the etag of what was written. */
  withMeta?: boolean;
}

/** What `kv.set` answers. */
export type KvSetResult = { ok: true; etag?: string };

/** What `kv.take` may be given. */
export type KvTakeOptions = CallOptions;

/** What `kv.take` answers. */
export type KvTakeResult<T = unknown> = { found: boolean; value: T | null };

/** What `kv.touch` may be given. */
export interface KvTouchOptions extends CallOptions {
  /** Seconds, or a string with a unit ("500ms", "90s", "30m", "24h", "7d"); null is for ever, where the configuration allows it. "keep" leaves what there is of a life as it is, "reset" begins the default one anew. Default: keys.defaultTTL of the configuration, 24h. */
  ttl?: number | bigint | string | null;
}

/** What `kv.touch` answers. */
export type KvTouchResult = boolean;

/** kv.* */
export class Kv extends Namespace {
  /** Tells whether there is a value. */
  exists(key: string, options?: KvExistsOptions): Promise<KvExistsResult> {
    return this.invoke("kv.exists", { key }, options);
  }

  /** Gives a value a new life, and tells whether there is one. */
  expire(key: string, ttl: number | bigint | string | null, options?: KvExpireOptions): Promise<KvExpireResult> {
    return this.invoke("kv.expire", { key, ttl }, options);
  }

  /** Reads a value. */
  get<T = unknown>(key: string, options?: KvGetOptions): Promise<KvGetResult<T>> {
    return this.invoke("kv.get", { key }, options);
  }

  /** Removes a value, and tells whether there was one. */
  remove(key: string, options?: KvRemoveOptions): Promise<KvRemoveResult> {
    return this.invoke("kv.remove", { key }, options);
  }

  /** Writes a value. */
  set(key: string, value: unknown, options?: KvSetOptions): Promise<KvSetResult> {
    return this.invoke("kv.set", { key, value }, options);
  }

  /** Reads a value and removes it, in one step: of many callers one gets it. */
  take<T = unknown>(key: string, options?: KvTakeOptions): Promise<KvTakeResult<T>> {
    return this.invoke("kv.take", { key }, options);
  }

  /** Begins a value's life anew (with the default, if no other is given). */
  touch(key: string, options?: KvTouchOptions): Promise<KvTouchResult> {
    return this.invoke("kv.touch", { key }, options);
  }
}

/** What `pending.checkout` may be given. */
export interface PendingCheckoutOptions extends CallOptions {
  /** How long it is the caller's: seconds, or a string with a unit. Default: 60s. */
  leaseTtl?: number | bigint | string;
  /** 128 random bits that the caller has made for this try: the call that is repeated with them is answered alike, whatever became of the first answer. Default: the sidecar makes one. */
  receipt?: string;
}

/** What `pending.checkout` answers. */
export type PendingCheckoutResult<T = unknown> = { id: string; operationType: string; data: T; createdAt: string; expiresAt: string; etag: string; backend: "store" | "jwt"; oneTime: boolean; receipt: string; fence: number; attempt: number; maxAttempts: number | null; leaseExpiresAt: string };

/** What `pending.commit` may be given. */
export interface PendingCommitOptions extends CallOptions {
  /** Any JSON, as the id of what was made: the answer to a repetition of the commit. Default: null. */
  result?: unknown;
}

/** What `pending.commit` answers. */
export type PendingCommitResult<T = unknown> = { committed: true; committedAt: string; result: T };

/** What `pending.consume` may be given. */
export type PendingConsumeOptions = CallOptions;

/** What `pending.consume` answers. */
export type PendingConsumeResult<T = unknown> = { id: string; operationType: string; data: T; createdAt: string; expiresAt: string; etag: string; backend: "store" | "jwt"; oneTime: boolean };

/** What `pending.create` may be given. */
export interface PendingCreateOptions extends CallOptions {
  /** What the operation is. Default: the preset's name. */
  operationType?: string;
  /** Any JSON; it comes back byte for byte. It has to be given. */
  data?: unknown;
  /** How long it can be used: seconds, or a string with a unit ("90s", "30m", "24h"). Default: the preset's, or 24h. */
  expiresIn?: number | bigint | string;
  /** Where the data are: in the store, in the token itself, or (auto) in the store when it can be reached and else in the token. Default: the preset's, or auto. */
  backend?: "auto" | "store" | "jwt";
  /** Whether the token is never taken at its word: without a store that can say that it is unused, it is of no use. Default: the preset's, or false. */
  oneTime?: boolean;
  /** Whether data in a token are encrypted, so that nobody without the sealing key can read them. Default: the preset's, or false. */
  seal?: boolean;
  /** A kind of operation that the configuration knows: registration, campaign, form, password-reset, email-verification, and its own. */
  preset?: string;
  /** How often it can be checked out before it is left to an operator; null is any number of times. Default: the preset's, or 10. */
  maxAttempts?: number | bigint | null;
}

/** What `pending.create` answers. */
export type PendingCreateResult = { token: string; backend: "store" | "jwt"; expiresAt: string; id: string };

/** What `pending.dead` may be given. */
export interface PendingDeadOptions extends CallOptions {
  /** The cursor of the answer before. Default: from the beginning. */
  cursor?: string | null;
  /** How many to list, about. Default: 100. */
  count?: number | bigint;
  /** Also answer their data, where the store has them and not the token. Default: false. */
  withData?: boolean;
}

/** What `pending.dead` answers. */
export type PendingDeadResult<T = unknown> = { operations: Array<{ id: string; operationType: string; createdAt: string; expiresAt: string; attempts: number; maxAttempts: number | null; error: unknown; data?: T }>; cursor: string | null };

/** What `pending.delete` may be given. */
export type PendingDeleteOptions = CallOptions;

/** What `pending.delete` answers. */
export type PendingDeleteResult = { deleted: boolean; reason?: string };

/** What `pending.exists` may be given. */
export type PendingExistsOptions = CallOptions;

/** What `pending.exists` answers. */
export type PendingExistsResult = { exists: boolean; reason?: string };

/** What `pending.release` may be given. */
export interface PendingReleaseOptions extends CallOptions {
  /** Why it could not be saved, any JSON of at most 4 KiB: kept as the last error, which the list of the dead tells. Default: null. */
  error?: unknown;
}

/** What `pending.release` answers. */
export type PendingReleaseResult = { released: true; state: "open" | "dead"; attempts: number };

/** What `pending.reopen` may be given. */
export type PendingReopenOptions = CallOptions;

/** What `pending.reopen` answers. */
export type PendingReopenResult = { reopened: true; operationType: string; expiresAt: string };

/** What `pending.update` may be given. */
export interface PendingUpdateOptions extends CallOptions {
  /** Any JSON, in place of what there is. */
  data?: unknown;
  /** A merge patch (RFC 7396): members that it has are set, those that are null are removed, all others keep their bytes. */
  patch?: unknown;
  /** Change only data that have this etag; else CONFLICT. Without it, a patch is merged into whatever there is. */
  ifMatch?: string;
  /** What becomes of its life: "keep", "reset" (as long as it was given last begins anew), or a new one. Default: keep. */
  ttl?: number | bigint | string;
  /** Where the data are in the token: answer another token with the changed data, and use up the old one. Default: false. */
  reissue?: boolean;
  /** A JSON Schema that the present data must fit; else CONFLICT with the violations. */
  onlyIf?: object | boolean;
}

/** What `pending.update` answers. */
export type PendingUpdateResult = { etag: string; expiresAt: string; token?: string; id?: string };

/** What `pending.verify` may be given. */
export type PendingVerifyOptions = CallOptions;

/** What `pending.verify` answers. */
export type PendingVerifyResult<T = unknown> = { id: string; operationType: string; data: T; createdAt: string; expiresAt: string; etag: string; backend: "store" | "jwt"; oneTime: boolean; state?: "open" | "checked_out" | "dead"; attempts?: number; checked?: boolean };

/** pending.* */
export class Pending extends Namespace {
  /** Ends an operation that the caller has checked out and brought into its database. Repeated with the same receipt it answers what it answered first, for a day. A lease that is over is no reason to refuse as long as nobody else has had the operation. */
  commit<T = unknown>(token: string, operationType: string, receipt: string, options?: PendingCommitOptions): Promise<PendingCommitResult<T>> {
    return this.invoke("pending.commit", { token, operationType, receipt }, options);
  }

  /** Reads the operation of a token and ends it: of many callers one gets it. */
  consume<T = unknown>(token: string, operationType: string, options?: PendingConsumeOptions): Promise<PendingConsumeResult<T>> {
    return this.invoke("pending.consume", { token, operationType }, options);
  }

  /** Keeps an operation's data until somebody comes with the token that this answers. Repeated with its idempotencyKey it answers the same token; CONFLICT when the key that this is kept by is not here any more. With an idempotencyKey nothing is made while the store can't be reached, whatever the backend. */
  create(options?: PendingCreateOptions): Promise<PendingCreateResult> {
    return this.invoke("pending.create", {}, options);
  }

  /** Lists operations whose attempts are used up, of the caller's own service and scope, each with what the last release has said. The store is looked through for them, a part with each call; a part may be empty before the last. */
  dead<T = unknown>(options?: PendingDeadOptions): Promise<PendingDeadResult<T>> {
    return this.invoke("pending.dead", {}, options);
  }

  /** Ends the operation of a token; false with the reason when it is gone. */
  delete(token: string, operationType: string, options?: PendingDeleteOptions): Promise<PendingDeleteResult> {
    return this.invoke("pending.delete", { token, operationType }, options);
  }

  /** Tells whether a token has an operation of that type, and why not. */
  exists(token: string, operationType: string, options?: PendingExistsOptions): Promise<PendingExistsResult> {
    return this.invoke("pending.exists", { token, operationType }, options);
  }

  /** Gives back an operation that the caller has checked out: it is open again, or dead when its attempts are used up. */
  release(token: string, operationType: string, receipt: string, options?: PendingReleaseOptions): Promise<PendingReleaseResult> {
    return this.invoke("pending.release", { token, operationType, receipt }, options);
  }

  /** Opens an operation again whose attempts are used up: with all its attempts and its whole life. */
  reopen(id: string, options?: PendingReopenOptions): Promise<PendingReopenResult> {
    return this.invoke("pending.reopen", { id }, options);
  }

  /** Changes an operation's data: replaces them, or merges a patch into them without losing what others change meanwhile. Data in a token can't be changed: with reissue there is another token, and the old one is used up. */
  update(token: string, operationType: string, options?: PendingUpdateOptions): Promise<PendingUpdateResult> {
    return this.invoke("pending.update", { token, operationType }, options);
  }

  /** Reads the operation of a token; it stays as it is. */
  verify<T = unknown>(token: string, operationType: string, options?: PendingVerifyOptions): Promise<PendingVerifyResult<T>> {
    return this.invoke("pending.verify", { token, operationType }, options);
  }
}

/** What `ratelimit.check` may be given. */
export interface RatelimitCheckOptions extends CallOptions {
  /** What is limited, at most 1,024 bytes. It may have limits of several windows at a time, 16 at most; those of a policy are apart from them. */
  key?: string;
  /** How many in a window. */
  limit?: number | bigint;
  /** The window: seconds, or a string with a unit ("500ms", "90s", "1m", "24h"). burst * window / limit is at most ten years. */
  window?: number | bigint | string;
  /** How many at once. Default: limit. */
  burst?: number | bigint;
  /** How many the call counts for, at most the burst. Default: 1. */
  cost?: number | bigint;
  /** A name of the configuration's ratelimit.policies, in place of limit, window and burst. */
  policy?: string;
  /** Several limits in place of key, limit, window, burst and policy, at most 16, taken all or none; the cost is the same for each. */
  all?: ReadonlyArray<{ key: string; limit?: number | bigint; window?: number | bigint | string; burst?: number | bigint; policy?: string }>;
  /** What to answer, with checked false, when the store can't be asked. Default: deny. */
  onUnavailable?: "deny" | "allow";
}

/** What `ratelimit.check` answers. */
export type RatelimitCheckResult = { allowed: boolean; limit: number | null; remaining: number | null; resetMs: number | null; retryAfterMs: number; checked: boolean; results?: Array<{ allowed: boolean; limit: number; remaining: number | null; resetMs: number | null; retryAfterMs: number }> };

/** What `ratelimit.peek` may be given. */
export interface RatelimitPeekOptions extends CallOptions {
  /** What is limited, at most 1,024 bytes. It may have limits of several windows at a time, 16 at most; those of a policy are apart from them. */
  key?: string;
  /** How many in a window. */
  limit?: number | bigint;
  /** The window: seconds, or a string with a unit ("500ms", "90s", "1m", "24h"). burst * window / limit is at most ten years. */
  window?: number | bigint | string;
  /** How many at once. Default: limit. */
  burst?: number | bigint;
  /** How many the call counts for, at most the burst. Default: 1. */
  cost?: number | bigint;
  /** A name of the configuration's ratelimit.policies, in place of limit, window and burst. */
  policy?: string;
  /** Several limits in place of key, limit, window, burst and policy, at most 16, taken all or none; the cost is the same for each. */
  all?: ReadonlyArray<{ key: string; limit?: number | bigint; window?: number | bigint | string; burst?: number | bigint; policy?: string }>;
}

/** What `ratelimit.peek` answers. */
export type RatelimitPeekResult = { allowed: boolean; limit: number | null; remaining: number | null; resetMs: number | null; retryAfterMs: number; results?: Array<{ allowed: boolean; limit: number; remaining: number; resetMs: number; retryAfterMs: number }> };

/** What `ratelimit.reset` may be given. */
export interface RatelimitResetOptions extends CallOptions {
  /** What is limited, at most 1,024 bytes. It may have limits of several windows at a time, 16 at most; those of a policy are apart from them. */
  key?: string;
  /** How many in a window. */
  limit?: number | bigint;
  /** The window: seconds, or a string with a unit ("500ms", "90s", "1m", "24h"). burst * window / limit is at most ten years. */
  window?: number | bigint | string;
  /** How many at once. Default: limit. */
  burst?: number | bigint;
  /** How many the call counts for, at most the burst. Default: 1. */
  cost?: number | bigint;
  /** A name of the configuration's ratelimit.policies, in place of limit, window and burst. */
  policy?: string;
  /** Several limits in place of key, limit, window, burst and policy, at most 16, taken all or none; the cost is the same for each. */
  all?: ReadonlyArray<{ key: string; limit?: number | bigint; window?: number | bigint | string; burst?: number | bigint; policy?: string }>;
}

/** What `ratelimit.reset` answers. */
export type RatelimitResetResult = { reset: boolean };

/** ratelimit.* */
export class Ratelimit extends Namespace {
  /** Takes what a call costs from a limit, or from several, all of them or none, and tells whether it may go on. GCRA: what was taken comes back evenly over the window, up to the burst. Counted without rounding on the store's clock, over all sidecars; waits are rounded up, so that a caller who waits retryAfterMs is let through if nobody else came. allowed is the decision; of several limits, limit, remaining and resetMs (when all has come back) are those of the tightest, and each has its own in results. A cost of 0 takes nothing and is allowed. A key that was refused may be refused again by the sidecar itself, for a second at most. */
  check(options?: RatelimitCheckOptions): Promise<RatelimitCheckResult> {
    return this.invoke("ratelimit.check", {}, options);
  }

  /** Tells what ratelimit.check would answer now, and takes nothing. */
  peek(options?: RatelimitPeekOptions): Promise<RatelimitPeekResult> {
    return this.invoke("ratelimit.peek", {}, options);
  }

  /** Forgets what was taken from all limits on a key, or from those of a policy, and tells whether there was anything. It takes what a check takes; all but key, policy and all is of no matter. Another sidecar may go on refusing the key for a second at most. */
  reset(options?: RatelimitResetOptions): Promise<RatelimitResetResult> {
    return this.invoke("ratelimit.reset", {}, options);
  }
}

/** What `rpc.discover` may be given. */
export type RpcDiscoverOptions = CallOptions;

/** What `rpc.discover` answers. */
export type RpcDiscoverResult = Record<string, unknown>;

/** What `session.checkout` may be given. */
export interface SessionCheckoutOptions extends CallOptions {
  /** How long it is the caller's: seconds, or a string with a unit. Default: 60s. */
  leaseTtl?: number | bigint | string;
  /** 128 random bits that the caller has made for this try: the call that is repeated with them is answered alike, whatever became of the first answer. Default: the sidecar makes one. */
  receipt?: string;
  /** What the application knows of the browser that the call is for, each of at most 1,024 bytes: a session that its flow binds is held against it. */
  metadata?: { userAgent?: string | null; ipAddress?: string | null; deviceInfo?: string | null };
}

/** What `session.checkout` answers. */
export type SessionCheckoutResult<T = unknown> = { ref: string; flow: string | null; version: number | null; data: T; principal: string | null; createdAt: string; etag: string; expiresAt: string; receipt: string; fence: number; attempt: number; maxAttempts: number | null; leaseExpiresAt: string; warnings?: Array<{ bind: "userAgent" | "ipAddress" }> };

/** What `session.commit` may be given. */
export interface SessionCommitOptions extends CallOptions {
  /** Any JSON, as the id of what was made: the answer to a repetition of the commit. Default: null. */
  result?: unknown;
  /** What the application knows of the browser that the call is for, each of at most 1,024 bytes: a session that its flow binds is held against it. */
  metadata?: { userAgent?: string | null; ipAddress?: string | null; deviceInfo?: string | null };
}

/** What `session.commit` answers. */
export type SessionCommitResult<T = unknown> = { committed: true; committedAt: string; result: T };

/** What `session.completeStep` may be given. */
export interface SessionCompleteStepOptions extends CallOptions {
  /** A merge patch (RFC 7396) that is merged into the data first. Default: none. */
  patch?: unknown;
  /** What the application knows of the browser that the call is for, each of at most 1,024 bytes: a session that its flow binds is held against it. */
  metadata?: { userAgent?: string | null; ipAddress?: string | null; deviceInfo?: string | null };
}

/** What `session.completeStep` answers. */
export type SessionCompleteStepResult = { currentStep: string | null; completedSteps: Array<string>; validationStatus: Record<string, boolean>; canSubmit: boolean; etag: string; expiresAt: string; warnings?: Array<{ bind: "userAgent" | "ipAddress" }> };

/** What `session.create` may be given. */
export interface SessionCreateOptions extends CallOptions {
  /** The flow that it goes through, of this scope or one around it. Default: none. */
  flow?: string;
  /** What it begins with, any JSON; a draft. Default: {}. */
  data?: unknown;
  /** What the application knows of the browser that the call is for, each of at most 1,024 bytes: a session that its flow binds is held against it. */
  metadata?: { userAgent?: string | null; ipAddress?: string | null; deviceInfo?: string | null };
  /** Whose it is, in the application's own words: what session.list and session.deleteAll find it by. Default: nobody's. */
  principal?: string | null;
  /** How long it lives at most: seconds, or a string with a unit. Default: the flow's absoluteTtl, or SESSION_TTL. */
  ttl?: number | bigint | string;
}

/** What `session.create` answers. */
export type SessionCreateResult = { sessionId: string; ref: string; flow: string | null; version: number | null; currentStep: string | null; etag: string; expiresAt: string };

/** What `session.dead` may be given. */
export interface SessionDeadOptions extends CallOptions {
  /** The cursor of the answer before. Default: from the beginning. */
  cursor?: string | null;
  /** How many to list at most. Default: 100. */
  count?: number | bigint;
  /** Also answer their data, as session.get shows them. Default: false. */
  withData?: boolean;
}

/** What `session.dead` answers. */
export type SessionDeadResult<T = unknown> = { sessions: Array<{ ref: string; flow: string | null; version: number | null; principal: string | null; createdAt: string; lastActivity: string; attempts: number; maxAttempts: number | null; error: unknown; data?: T }>; cursor: string | null };

/** What `session.delete` may be given. */
export interface SessionDeleteOptions extends CallOptions {
  /** The session's id, as session.create has answered it; or else ref. */
  sessionId?: string;
  /** In place of sessionId: which one, as session.list tells it. */
  ref?: string;
  /** What the application knows of the browser that the call is for, each of at most 1,024 bytes: a session that its flow binds is held against it. */
  metadata?: { userAgent?: string | null; ipAddress?: string | null; deviceInfo?: string | null };
}

/** What `session.delete` answers. */
export type SessionDeleteResult = { deleted: boolean; reason?: string };

/** What `session.deleteAll` may be given. */
export interface SessionDeleteAllOptions extends CallOptions {
  /** The id of the session that stays. Default: none. */
  except?: string | null;
}

/** What `session.deleteAll` answers. */
export type SessionDeleteAllResult = { deleted: number; checkedOut: number };

/** What `session.get` may be given. */
export interface SessionGetOptions extends CallOptions {
  /** Also answer the metadata that it was made with. Default: false. */
  withMetadata?: boolean;
  /** What the application knows of the browser that the call is for, each of at most 1,024 bytes: a session that its flow binds is held against it. */
  metadata?: { userAgent?: string | null; ipAddress?: string | null; deviceInfo?: string | null };
}

/** What `session.get` answers. */
export type SessionGetResult<T = unknown> = { sessionId: string; ref: string; flow: string | null; version: number | null; state: "open" | "checked_out" | "dead"; data: T; currentStep: string | null; completedSteps: Array<string>; validationStatus: Record<string, boolean>; canSubmit: boolean; steps: Array<{ id: string; title?: string; status: "open" | "complete" | "invalid" | "not_applicable" }>; principal: string | null; metadata?: { userAgent: string | null; ipAddress: string | null; deviceInfo: string | null }; createdAt: string; lastActivity: string; expiresAt: string; etag: string; warnings?: Array<{ bind: "userAgent" | "ipAddress" }> };

/** What `session.goTo` may be given. */
export interface SessionGoToOptions extends CallOptions {
  /** A merge patch (RFC 7396) that is merged into the data first. Default: none. */
  patch?: unknown;
  /** What the application knows of the browser that the call is for, each of at most 1,024 bytes: a session that its flow binds is held against it. */
  metadata?: { userAgent?: string | null; ipAddress?: string | null; deviceInfo?: string | null };
}

/** What `session.goTo` answers. */
export type SessionGoToResult = { currentStep: string | null; completedSteps: Array<string>; validationStatus: Record<string, boolean>; canSubmit: boolean; etag: string; expiresAt: string; warnings?: Array<{ bind: "userAgent" | "ipAddress" }> };

/** What `session.list` may be given. */
export interface SessionListOptions extends CallOptions {
  /** The cursor of the answer before. Default: from the beginning. */
  cursor?: string | null;
  /** How many to list at most. Default: 100. */
  count?: number | bigint;
}

/** What `session.list` answers. */
export type SessionListResult = { sessions: Array<{ ref: string; flow: string | null; version: number | null; state: "open" | "checked_out" | "dead"; currentStep: string | null; createdAt: string; lastActivity: string; expiresAt: string }>; cursor: string | null };

/** What `session.release` may be given. */
export interface SessionReleaseOptions extends CallOptions {
  /** Why it could not be saved, any JSON of at most 4 KiB: kept as the last error, which the list of the dead tells. Default: null. */
  error?: unknown;
  /** What the application knows of the browser that the call is for, each of at most 1,024 bytes: a session that its flow binds is held against it. */
  metadata?: { userAgent?: string | null; ipAddress?: string | null; deviceInfo?: string | null };
}

/** What `session.release` answers. */
export type SessionReleaseResult = { released: true; state: "open" | "dead"; attempts: number };

/** What `session.reopen` may be given. */
export type SessionReopenOptions = CallOptions;

/** What `session.reopen` answers. */
export type SessionReopenResult = { reopened: true; expiresAt: string };

/** What `session.rotate` may be given. */
export interface SessionRotateOptions extends CallOptions {
  /** Whose it is from now on. Default: as before. */
  principal?: string;
  /** What the application knows of the browser that the call is for, each of at most 1,024 bytes: a session that its flow binds is held against it. */
  metadata?: { userAgent?: string | null; ipAddress?: string | null; deviceInfo?: string | null };
}

/** What `session.rotate` answers. */
export type SessionRotateResult = { sessionId: string; ref: string; etag: string; expiresAt: string; warnings?: Array<{ bind: "userAgent" | "ipAddress" }> };

/** What `session.touch` may be given. */
export interface SessionTouchOptions extends CallOptions {
  /** What the application knows of the browser that the call is for, each of at most 1,024 bytes: a session that its flow binds is held against it. */
  metadata?: { userAgent?: string | null; ipAddress?: string | null; deviceInfo?: string | null };
}

/** What `session.touch` answers. */
export type SessionTouchResult = { lastActivity: string; expiresAt: string; warnings?: Array<{ bind: "userAgent" | "ipAddress" }> };

/** What `session.update` may be given. */
export interface SessionUpdateOptions extends CallOptions {
  /** A merge patch (RFC 7396): members that it has are set, those that are null are removed, all others keep their bytes. */
  patch?: unknown;
  /** Any JSON, in place of what there is. */
  data?: unknown;
  /** Change only data that have this etag; else CONFLICT. Without it, a patch is merged into whatever there is. */
  ifMatch?: string;
  /** A JSON Schema that the present data must fit, as far as session.get shows them; else CONFLICT with the violations. */
  onlyIf?: object | boolean;
  /** Whether it counts as use, and moves the idle end. Default: true. */
  touch?: boolean;
  /** What the application knows of the browser that the call is for, each of at most 1,024 bytes: a session that its flow binds is held against it. */
  metadata?: { userAgent?: string | null; ipAddress?: string | null; deviceInfo?: string | null };
}

/** What `session.update` answers. */
export type SessionUpdateResult = { currentStep: string | null; completedSteps: Array<string>; validationStatus: Record<string, boolean>; canSubmit: boolean; etag: string; expiresAt: string; warnings?: Array<{ bind: "userAgent" | "ipAddress" }> };

/** session.* */
export class Session extends Namespace {
  /** Ends a session that the caller has checked out and saved. Repeated with the same receipt it answers what it answered first, for a day: a form that is sent twice makes one thing. A lease that is over is no reason to refuse as long as nobody else has had the session and nothing was changed in it. */
  commit<T = unknown>(sessionId: string, receipt: string, options?: SessionCommitOptions): Promise<SessionCommitResult<T>> {
    return this.invoke("session.commit", { sessionId, receipt }, options);
  }

  /** Completes a step of the session's flow, and goes on to the next that applies and is not complete. Whether its turn has come, and whether the data fit, is checked here and never believed: INVALID_STEP says which step can be gone to, VALIDATION_FAILED everything that doesn't fit, and nothing is written then. */
  completeStep(sessionId: string, step: string, options?: SessionCompleteStepOptions): Promise<SessionCompleteStepResult> {
    return this.invoke("session.completeStep", { sessionId, step }, options);
  }

  /** Begins a session: one person's way through a flow, or without a flow data that have a life and steps of any names. The id that this answers is all that is needed to use the session. Limited for each service (SESSION_RATE_LIMIT a minute) and for each metadata.ipAddress (SESSION_MAX_ATTEMPTS a minute, IPv6 by /64). */
  create(options?: SessionCreateOptions): Promise<SessionCreateResult> {
    return this.invoke("session.create", {}, options);
  }

  /** Lists sessions whose attempts to be saved are used up, of the caller's own service and scope, the latest first, each with what the last release has said. */
  dead<T = unknown>(options?: SessionDeadOptions): Promise<SessionDeadResult<T>> {
    return this.invoke("session.dead", {}, options);
  }

  /** Ends a session, and forgets its data; false with the reason when it is over. By its id, or by its ref. */
  delete(options?: SessionDeleteOptions): Promise<SessionDeleteResult> {
    return this.invoke("session.delete", {}, options);
  }

  /** Ends all of a principal's sessions but one: "log out everywhere". One that is checked out is being saved just now; it stays, and is counted apart. */
  deleteAll(principal: string, options?: SessionDeleteAllOptions): Promise<SessionDeleteAllResult> {
    return this.invoke("session.deleteAll", { principal }, options);
  }

  /** Reads a session: what was typed, where somebody is and how each step stands. It moves no end. Members that the flow calls sensitive are never in it. */
  get<T = unknown>(sessionId: string, options?: SessionGetOptions): Promise<SessionGetResult<T>> {
    return this.invoke("session.get", { sessionId }, options);
  }

  /** Goes to a step of the session's flow: back always, forward only when everything that the step requires is complete; else INVALID_STEP says which step can be gone to. A patch is saved as a draft, so that nothing that was typed is lost. */
  goTo(sessionId: string, step: string, options?: SessionGoToOptions): Promise<SessionGoToResult> {
    return this.invoke("session.goTo", { sessionId, step }, options);
  }

  /** Lists a principal's sessions, the newest first. A page may have fewer than were asked for before the last. */
  list(principal: string, options?: SessionListOptions): Promise<SessionListResult> {
    return this.invoke("session.list", { principal }, options);
  }

  /** Gives back a session that the caller has checked out and could not save: it is open again, or dead when its attempts are used up. */
  release(sessionId: string, receipt: string, options?: SessionReleaseOptions): Promise<SessionReleaseResult> {
    return this.invoke("session.release", { sessionId, receipt }, options);
  }

  /** Opens a session again whose attempts to be saved are used up: with all its attempts and its whole life. */
  reopen(ref: string, options?: SessionReopenOptions): Promise<SessionReopenResult> {
    return this.invoke("session.reopen", { ref }, options);
  }

  /** Gives a session another id, and ends the old one: after a login, so that an id from before it opens nothing any more. Data, steps and ends stay as they are. */
  rotate(sessionId: string, options?: SessionRotateOptions): Promise<SessionRotateResult> {
    return this.invoke("session.rotate", { sessionId }, options);
  }

  /** Moves a session's idle end, never past the absolute one. */
  touch(sessionId: string, options?: SessionTouchOptions): Promise<SessionTouchResult> {
    return this.invoke("session.touch", { sessionId }, options);
  }

  /** Saves a draft: merges a patch into the session's data without losing what others change meanwhile, or replaces them. Never refused for what a schema says; but a completed step whose data no longer fit becomes invalid, one whose dependsOn has changed is open again, and so are those that require it. It neither makes a session live again that is over, nor changes how long one lives but for its idle end. */
  update(sessionId: string, options?: SessionUpdateOptions): Promise<SessionUpdateResult> {
    return this.invoke("session.update", { sessionId }, options);
  }
}

/** What `streams.ack` may be given. */
export type StreamsAckOptions = CallOptions;

/** What `streams.ack` answers. */
export type StreamsAckResult = { acked: number };

/** What `streams.append` may be given. */
export interface StreamsAppendOptions extends CallOptions {
  /** How many messages the stream keeps; the oldest go, read or not. Default: all, as long as the stream lives. */
  maxLen?: number | bigint;
  /** Whether it may keep some more than maxLen, which is quicker in Redis; the store in memory is always exact. */
  approximate?: boolean;
  /** How long the whole stream lives from now on, as for kv.set; "keep" leaves it as it is. Default: 24h, or what is left if that is more. */
  ttl?: number | bigint | string | null;
}

/** What `streams.append` answers. */
export type StreamsAppendResult = { id: string };

/** What `streams.ensure` may be given. */
export interface StreamsEnsureOptions extends CallOptions {
  /** Where a new group begins: "0" with what the stream has, "$" with what comes next, or behind an id. */
  startId?: string;
}

/** What `streams.ensure` answers. */
export type StreamsEnsureResult = { created: boolean };

/** What `streams.length` may be given. */
export type StreamsLengthOptions = CallOptions;

/** What `streams.length` answers. */
export type StreamsLengthResult = { length: number };

/** What `streams.pending` may be given. */
export type StreamsPendingOptions = CallOptions;

/** What `streams.pending` answers. */
export type StreamsPendingResult = { count: number; consumers: Array<{ consumer: string; count: number }>; oldest: { id: string; idleMs: number; consumer: string; deliveries: number } | null };

/** What `streams.read` may be given. */
export interface StreamsReadOptions extends CallOptions {
  /** How many messages at most; fewer if they are long. Default: 10. */
  count?: number | bigint;
  /** How many milliseconds to wait for a message, at most an hour. Default: 0, not at all. */
  blockMs?: number | bigint;
}

/** What `streams.read` answers. */
export type StreamsReadResult<T = unknown> = { messages: Array<{ id: string; message: T; fields?: Record<string, string>; deliveries: number; from?: { id: string; group: string; deliveries: number }; error?: Record<string, unknown> }> };

/** What `streams.reclaim` may be given. */
export interface StreamsReclaimOptions extends CallOptions {
  /** For how many milliseconds, at least, a message has been unacknowledged. Default: 15,000. */
  minIdleMs?: number | bigint;
  /** How many messages at most; fewer if they are long. Default: 10. */
  count?: number | bigint;
  /** How often a message is handed over; after that it is moved. Default: without end. */
  maxDeliveries?: number | bigint;
}

/** What `streams.reclaim` answers. */
export type StreamsReclaimResult<T = unknown> = { messages: Array<{ id: string; message: T; fields?: Record<string, string>; deliveries: number; from?: { id: string; group: string; deliveries: number }; error?: Record<string, unknown> }>; deadLettered: number };

/** streams.* */
export class Streams extends Namespace {
  /** Acknowledges messages: the group is done with them. Tells how many of them it had not acknowledged yet. */
  ack(stream: string, group: string, ids: ReadonlyArray<string>, options?: StreamsAckOptions): Promise<StreamsAckResult> {
    return this.invoke("streams.ack", { stream, group, ids }, options);
  }

  /** Appends a message to a stream, which is made if there is none, and wakes those who wait for it. */
  append(stream: string, message: unknown, options?: StreamsAppendOptions): Promise<StreamsAppendResult> {
    return this.invoke("streams.append", { stream, message }, options);
  }

  /** Makes a group of consumers, and a stream for it, if there is none; tells whether the group is new. */
  ensure(stream: string, group: string, options?: StreamsEnsureOptions): Promise<StreamsEnsureResult> {
    return this.invoke("streams.ensure", { stream, group }, options);
  }

  /** Counts a stream's messages; a stream that is not there has none. */
  length(stream: string, options?: StreamsLengthOptions): Promise<StreamsLengthResult> {
    return this.invoke("streams.length", { stream }, options);
  }

  /** Tells what a group has read and not acknowledged. Of more than 1,000 consumers the first 1,000 are named. */
  pending(stream: string, group: string, options?: StreamsPendingOptions): Promise<StreamsPendingResult> {
    return this.invoke("streams.pending", { stream, group }, options);
  }

  /** Hands a consumer messages that nobody of its group was handed before, oldest first, and waits for some if there are none. */
  read<T = unknown>(stream: string, group: string, consumer: string, options?: StreamsReadOptions): Promise<StreamsReadResult<T>> {
    return this.invoke("streams.read", { stream, group, consumer }, options);
  }

  /** Hands a consumer messages that others of its group have not acknowledged for too long; what was handed over too often is moved to the stream's dead letters. */
  reclaim<T = unknown>(stream: string, group: string, consumer: string, options?: StreamsReclaimOptions): Promise<StreamsReclaimResult<T>> {
    return this.invoke("streams.reclaim", { stream, group, consumer }, options);
  }
}

/** What `system.cancel` may be given. */
export type SystemCancelOptions = CallOptions;

/** What `system.cancel` answers. */
export type SystemCancelResult = { cancelled: boolean };

/** What `system.health` may be given. */
export type SystemHealthOptions = CallOptions;

/** What `system.health` answers. */
export type SystemHealthResult = { status: "ok" | "degraded"; degraded: Array<{ what: string; reason: string }>; remarks: Array<{ what: string; reason: string }>; store: { kind: "memory" | "redis"; up: boolean; roundTripMs?: number }; memory: { residentBytes: number; clientBytes: number; clientLimitBytes: number; largestHolder?: { uid: number; pid: number; bytes: number }; storeBytes?: number; storeLimitBytes?: number }; connections: number; inFlight: number; errorRate: number; errorRateOverMs: number; uptimeMs: number; startedAt: string; version: string };

/** What `system.hello` may be given. */
export interface SystemHelloOptions extends CallOptions {
  /** The service to act for on this connection from now on. */
  service?: string;
  /** The client's own name, for the operator's log at level debug. */
  client?: string;
}

/** What `system.hello` answers. */
export type SystemHelloResult = { service: string; services: Array<string>; server: string; version: string; store: "memory" | "redis"; uid: number; gid: number; pid: number; limits: { frameBytes: number; replyBytes: number; keyBytes: number; recordBytes: number; tokenBytes: number; batchLength: number; depth: number; inFlight: number } };

/** What `system.metrics` may be given. */
export type SystemMetricsOptions = CallOptions;

/** What `system.metrics` answers. */
export type SystemMetricsResult = string;

/** What `system.ping` may be given. */
export type SystemPingOptions = CallOptions;

/** What `system.ping` answers. */
export type SystemPingResult = "pong";

/** system.* */
export class System extends Namespace {
  /** Tells how the sidecar is, and the reason for each thing that is not well: the store and its round trip, memory (in all, what clients have the sidecar hold beside the store and who most of it, and the store's), the share of calls that failed and over which time (about the last minute). Remarks are things worth knowing that nothing is wrong with. */
  health(options?: SystemHealthOptions): Promise<SystemHealthResult> {
    return this.invoke("system.health", {}, options);
  }

  /** Tells who the caller is to the sidecar, and picks one of the services that the policy allows it; without a policy, a service of any name of 1 to 64 of A-Z a-z 0-9 . _ -. Answers the limits as well: the bytes of a request (frameBytes), of a reply, a key, a record's data and a token, the members of a batch, how deep JSON may be nested, and how many calls of the connection may be under way before it is read no further. */
  hello(options?: SystemHelloOptions): Promise<SystemHelloResult> {
    return this.invoke("system.hello", {}, options);
  }

  /** Answers the metrics in Prometheus' text format, as one string. */
  metrics(options?: SystemMetricsOptions): Promise<SystemMetricsResult> {
    return this.invoke("system.metrics", {}, options);
  }

  /** Answers "pong", without asking the store. */
  ping(options?: SystemPingOptions): Promise<SystemPingResult> {
    return this.invoke("system.ping", {}, options);
  }
}
