import { createHash } from "node:crypto";
import { Room } from "./room.js";
import { CallOptions } from "./stub.js";

/** How a cache service keeps values. */
export interface CacheServiceOptions extends Pick<CallOptions, "scope"> {
  room?: Room;
  /** The life of a value that says nothing else: 300 s. */
  ttl?: number | string;
  /** How long `getOrSet` waits for the one who makes a value: 5 s. */
  waitMs?: number;
}

/** How one value is kept. */
export interface CacheEntryOptions {
  /** What voids it, beside its key: lists whose keys nobody can enumerate. */
  tags?: ReadonlyArray<string>;
}

/** A cache as services of an application have it: a value by its key, for some seconds. */
export interface CacheService {
  /**
   * The value; null where there is none, and where the cache can't be asked. One that is stale is given within its
   * grace, and left to be made anew by `getOrSet`.
   */
  get<T = unknown>(key: string, options?: CacheEntryOptions): Promise<T | null>;
  /**
   * Keeps a value; false where it could not be kept. After a `get` of the same key that found none, it isn't kept
   * when the key, or one of its tags, was invalidated since: what was read before is not put back.
   */
  set(key: string, value: unknown, ttl?: number | string, options?: CacheEntryOptions): Promise<boolean>;
  /** The value, which one caller makes where there is none while the others wait: read-through. */
  getOrSet<T>(
    key: string,
    make: () => T | PromiseLike<T>,
    ttl?: number | string,
    options?: CacheEntryOptions,
  ): Promise<T>;
  /** Writes to where the value belongs, and then keeps what that answers: write-through. */
  write<T>(
    key: string,
    save: () => T | PromiseLike<T>,
    ttl?: number | string,
    options?: CacheEntryOptions,
  ): Promise<T>;
  /** Voids values: a get after this was answered finds none. It throws when that can't be promised. */
  delete(...keys: string[]): Promise<void>;
  /** The same for all values with a tag, whatever their keys. */
  invalidateTags(...tags: string[]): Promise<void>;
  /** A key that is the same whatever the order of an object's members. */
  key(prefix: string, value: unknown): Promise<string>;
}

/** A cache service on the sidecar. */
export function createCacheService(options: CacheServiceOptions = {}): CacheService {
  const { ttl: life = 300, waitMs = 5000, scope } = options;
  const room = options.room ?? new Room();
  const { cache, bestEffortCache } = room;
  // Of keys that were asked for in vain: what is set next is what was read since.
  const leases = new Map<string, string>();

  return {
    async get<T>(name: string, { tags }: CacheEntryOptions = {}) {
      const key = keyOf(name);
      const found = await bestEffortCache.get<T>(key, { scope, tags });
      if (found === undefined) return null;
      const { status, value, lease } = found;
      if (status === "miss" || status === "negative") {
        if (lease !== undefined) remember(leases, key, lease);
        return null;
      }
      // Who is given a value makes none: the lease is for the next one who does, and nobody has to wait for its end.
      if (lease !== undefined) void bestEffortCache.release(key, lease, { scope });
      return value;
    },

    async set(name, value = null, ttl = life, { tags } = {}) {
      const key = keyOf(name);
      const lease = leases.get(key);
      leases.delete(key);
      return await bestEffortCache.set(key, { value, ttl, tags, lease, scope });
    },

    getOrSet: (key, make, ttl = life, { tags = [] } = {}) =>
      room.scope(scope ?? []).cached(make, { key: () => keyOf(key), ttl, tags, waitMs })(),

    async write(name, save, ttl = life, { tags } = {}) {
      const key = keyOf(name);
      const value = await save();
      // Void first: a reader of the old value doesn't put it back, and nobody finds it if the next call fails.
      await cache.invalidate({ keys: [key], tags, scope });
      await bestEffortCache.set(key, { value: value ?? null, ttl, tags, scope });
      return value;
    },

    async delete(...keys) {
      // Their leases stay: what was read with one is refused, when it is set.
      await cache.invalidate({ keys: keys.map(keyOf), scope });
    },

    async invalidateTags(...tags) {
      await cache.invalidate({ tags, scope });
    },

    async key(prefix, value) {
      return (await cache.key(value, { prefix, scope })).key;
    },
  };
}

// The longest key of a sidecar that is not told otherwise.
const MAX_KEY_BYTES = 1024;

/** A key that the sidecar takes: one with many filters in it may be too long. */
function keyOf(name: string): string {
  if (Buffer.byteLength(name) <= MAX_KEY_BYTES) return name;
  return `sha256:${createHash("sha256").update(name).digest("hex")}`;
}

// A lease that is never used ends in the sidecar by itself; here others take its place.
const MAX_LEASES = 10_000;

function remember(leases: Map<string, string>, key: string, lease: string): void {
  leases.delete(key);
  leases.set(key, lease);
  const [oldest] = leases.keys();
  if (leases.size > MAX_LEASES) leases.delete(oldest);
}
