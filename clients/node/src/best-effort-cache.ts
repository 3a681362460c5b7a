import { LeaseLost } from "./errors.js";
import { Cache, CacheGetOptions, CacheGetResult, CacheSetOptions } from "./methods.js";
import { Outage } from "./outage.js";
import { CallOptions } from "./stub.js";

// How long a request waits for a sidecar that can't be reached: time enough for one that is started anew.
const REACH_MS = 1000;

/** A cache that an application can do without: where it can't be asked it is passed by, and soon. */
export class BestEffortCache {
  /** @param outage what the rooms of one sidecar know of it together. */
  constructor(
    private readonly cache: Cache,
    private readonly outage: Outage,
    private readonly timeoutMs: number,
  ) {}

  /** As `cache.get`; undefined where the cache can't be asked. */
  async get<T>(key: string, options: CacheGetOptions): Promise<CacheGetResult<T> | undefined> {
    if (this.isAway(key, options)) return undefined;
    const waitMs = Number(options.waitMs ?? 0);
    // Not the usual time beside what it waits for a value: a sidecar that hangs takes no longer than another call.
    const timeoutMs = Math.max(this.timeoutMs, waitMs > 0 ? waitMs + REACH_MS : 0);
    return await this.outage.ask(() => this.cache.get<T>(key, { ...options, timeoutMs, reachMs: REACH_MS }));
  }

  /** As `cache.set`; false where nothing was kept: the cache can't be asked, or the value was voided since. */
  async set(key: string, options: CacheSetOptions): Promise<boolean> {
    if (this.isAway(key, options)) return false;
    try {
      const kept = await this.outage.ask(() => this.cache.set(key, { ...options, reachMs: REACH_MS }));
      return kept !== undefined;
    } catch (fault) {
      if (fault instanceof LeaseLost) return false;
      throw fault;
    }
  }

  /** As `cache.release`, if it can be done: a lease ends by itself. */
  async release(key: string, lease: string, options: CallOptions = {}): Promise<void> {
    const asked = this.outage.ask(() => this.cache.release(key, lease, { ...options, reachMs: REACH_MS }));
    await asked.catch(() => undefined);
  }

  private isAway(key: string, { scope }: CallOptions): boolean {
    return this.outage.isOn(() => this.cache.get(key, { scope, lease: false, reachMs: REACH_MS }));
  }
}
