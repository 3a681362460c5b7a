import { ClaimNotHeld, CloakroomError, Internal } from "../errors.js";
import { Redis } from "../redis.js";
import { Room } from "../room.js";
import { Scope } from "../stub.js";
import { Backend, Listener, Ttl } from "./backend.js";

/** Which sidecar. */
export interface IgniterStoreRedisAdapterOptions {
  /** A `cloakroom/redis`, whose sidecar it is; another client of Redis is not used, the sidecar has its own. */
  redis?: unknown;
  /** The sidecar's socket, in place of where every client looks. */
  path?: string;
  timeoutMs?: number;
}

/** The store's adapter on the sidecar, whose Redis it is. */
export class IgniterStoreRedisAdapter {
  private constructor(private readonly options: IgniterStoreRedisAdapterOptions) {}

  static create(options: IgniterStoreRedisAdapterOptions = {}): IgniterStoreRedisAdapter {
    return new IgniterStoreRedisAdapter(options);
  }

  /** @internal */
  open(service: string): SidecarBackend {
    const { redis, path, timeoutMs } = this.options;
    const place = redis instanceof Redis ? redis.place : {};
    return new SidecarBackend(
      new Room({ path: path ?? place.path, timeoutMs: timeoutMs ?? place.timeoutMs, service }),
    );
  }
}

/** The sidecar: it is given service, scope and key as they are, and makes the names in Redis of them. */
export class SidecarBackend implements Backend {
  constructor(private readonly room: Room) {}

  close(): void {
    this.room.close();
  }

  async get(scope: Scope, key: string): Promise<unknown> {
    return (await this.room.kv.get(key, { scope })).value;
  }

  async set(scope: Scope, key: string, value: unknown, ttl?: Ttl): Promise<void> {
    await this.room.kv.set(key, value, { scope, ttl });
  }

  exists(scope: Scope, key: string): Promise<boolean> {
    return this.room.kv.exists(key, { scope });
  }

  remove(scope: Scope, key: string): Promise<boolean> {
    return this.room.kv.remove(key, { scope });
  }

  expire(scope: Scope, key: string, ttl: Ttl): Promise<boolean> {
    return this.room.kv.expire(key, ttl, { scope });
  }

  touch(scope: Scope, key: string, ttl?: Ttl): Promise<boolean> {
    return this.room.kv.touch(key, { scope, ttl });
  }

  async count(scope: Scope, key: string, by: number, ttl?: Ttl): Promise<number> {
    return (await this.room.counter.increment(key, { scope, by, ttl })).value;
  }

  expireCounter(scope: Scope, key: string, ttl: Ttl): Promise<boolean> {
    return this.room.counter.expire(key, ttl, { scope });
  }

  async claim(scope: Scope, key: string, owner: string, ttl: Ttl): Promise<boolean> {
    return (await this.room.claim.once(key, owner, { scope, ttl })).claimed;
  }

  async release(scope: Scope, key: string, owner: string): Promise<boolean> {
    try {
      await this.room.claim.release(key, owner, { scope });
      return true;
    } catch (fault) {
      if (fault instanceof ClaimNotHeld) return false;
      throw fault;
    }
  }

  async getMany(scope: Scope, keys: ReadonlyArray<string>): Promise<unknown[]> {
    const found = await this.room.batch.get(keys, { scope });
    return found.map(({ value, error }) => {
      if (error !== undefined) throw entryFault(error);
      return value;
    });
  }

  async setMany(
    scope: Scope,
    entries: ReadonlyArray<{ key: string; value: unknown; ttl?: Ttl }>,
  ): Promise<void> {
    for (const { error } of await this.room.batch.set(entries, { scope })) {
      if (error !== undefined) throw entryFault(error);
    }
  }

  async publish(scope: Scope, channel: string, data: unknown, actor?: string): Promise<void> {
    await this.room.events.publish(channel, data, { scope, actor });
  }

  async subscribe(scope: Scope, channel: string, listener: Listener): Promise<() => Promise<void>> {
    const wanted = channel.includes("*") ? { pattern: channel } : { channel };
    const events = await this.room.events.subscribe(wanted, { scope });
    const heard = (async () => {
      for await (const event of events) {
        if (event.kind === "gap") listener.gap(event.reason);
        else listener.event({ ...event, timestamp: event.timestamp ?? new Date().toISOString() });
      }
    })().catch((fault: unknown) => listener.failed(fault));
    return async () => {
      events.close();
      await heard;
    };
  }

  async append(
    scope: Scope,
    stream: string,
    message: unknown,
    options: { maxLen?: number; approximate?: boolean },
  ): Promise<string> {
    return (await this.room.streams.append(stream, message, { ...options, scope })).id;
  }

  async ensure(scope: Scope, stream: string, group: string, startId: string): Promise<void> {
    await this.room.streams.ensure(stream, group, { scope, startId });
  }

  async read(
    scope: Scope,
    stream: string,
    group: string,
    consumer: string,
    options: { count: number; blockMs: number },
  ): Promise<Array<{ id: string; message: unknown }>> {
    return (await this.room.streams.read(stream, group, consumer, { ...options, scope })).messages;
  }

  async ack(scope: Scope, stream: string, group: string, ids: ReadonlyArray<string>): Promise<void> {
    await this.room.streams.ack(stream, group, ids, { scope });
  }

  async scan(
    scope: Scope,
    pattern: string,
    { cursor, count }: { cursor: string; count: number },
  ): Promise<{ keys: string[]; cursor: string }> {
    // "0" is where a scan of Redis begins and ends; the sidecar's cursors have none.
    const from = cursor === "0" ? undefined : cursor;
    const found = await this.room.dev.scan({ scope, namespace: "kv", pattern, cursor: from, count });
    return { keys: found.keys.map((key) => key.slice("kv:".length)), cursor: found.cursor ?? "0" };
  }
}

/** What is wrong with one of several keys. */
function entryFault(error: Record<string, unknown>): CloakroomError {
  const { reason } = error;
  return new Internal("one of the entries failed", {
    reason: typeof reason === "string" ? reason : undefined,
    details: error,
  });
}
