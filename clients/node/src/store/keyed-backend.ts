import { Scope } from "../stub.js";
import { IgniterStoreAdapter, IgniterStoreKeyValueOptions } from "./adapter.js";
import { Backend, Listener, Published, Ttl } from "./backend.js";
import { IgniterStoreError } from "./error.js";

/** An adapter of the application's own, which is given whole keys and no more than it can do. */
export class KeyedBackend implements Backend {
  constructor(
    private readonly adapter: IgniterStoreAdapter,
    private readonly service: string,
  ) {}

  get(scope: Scope, key: string): Promise<unknown> {
    return this.adapter.get(this.key(scope, "kv", key));
  }

  async set(scope: Scope, key: string, value: unknown, ttl?: Ttl): Promise<void> {
    await this.adapter.set(this.key(scope, "kv", key), value, life(ttl));
  }

  async exists(scope: Scope, key: string): Promise<boolean> {
    if (this.adapter.has === undefined) return (await this.get(scope, key)) !== null;
    return await this.adapter.has(this.key(scope, "kv", key));
  }

  async remove(scope: Scope, key: string): Promise<boolean> {
    return (await this.able("delete")(this.key(scope, "kv", key))) !== false;
  }

  async expire(scope: Scope, key: string, ttl: Ttl): Promise<boolean> {
    return (await this.able("expire")(this.key(scope, "kv", key), seconds(ttl))) !== false;
  }

  async touch(scope: Scope, key: string, ttl?: Ttl): Promise<boolean> {
    if (ttl === undefined) throw new IgniterStoreError("STORE_TTL_INVALID", "touch needs a life");
    return await this.expire(scope, key, ttl);
  }

  async count(scope: Scope, key: string, by: number, ttl?: Ttl): Promise<number> {
    if (by !== 1 && by !== -1) throw unable("counts by one only");
    const name = this.key(scope, "counter", key);
    const value = await this.able(by === 1 ? "increment" : "decrement")(name);
    if (ttl !== undefined && value === by) await this.able("expire")(name, seconds(ttl));
    return value;
  }

  async expireCounter(scope: Scope, key: string, ttl: Ttl): Promise<boolean> {
    return (await this.able("expire")(this.key(scope, "counter", key), seconds(ttl))) !== false;
  }

  claim(scope: Scope, key: string, owner: string, ttl: Ttl): Promise<boolean> {
    return this.able("setNX")(this.key(scope, "claim", key), owner, life(ttl));
  }

  async release(scope: Scope, key: string, owner: string): Promise<boolean> {
    // In two steps: such an adapter has no better.
    const name = this.key(scope, "claim", key);
    if ((await this.adapter.get(name)) !== owner) return false;
    await this.able("delete")(name);
    return true;
  }

  getMany(scope: Scope, keys: ReadonlyArray<string>): Promise<unknown[]> {
    return Promise.all(keys.map((key) => this.get(scope, key)));
  }

  async setMany(
    scope: Scope,
    entries: ReadonlyArray<{ key: string; value: unknown; ttl?: Ttl }>,
  ): Promise<void> {
    await Promise.all(entries.map(({ key, value, ttl }) => this.set(scope, key, value, ttl)));
  }

  async publish(scope: Scope, channel: string, data: unknown, actor?: string): Promise<void> {
    const event: Published = { channel, data, timestamp: new Date().toISOString(), scope, actor };
    await this.able("publish")(this.key(scope, "events", channel), event);
  }

  async subscribe(scope: Scope, channel: string, listener: Listener): Promise<() => Promise<void>> {
    if (channel.includes("*")) throw unable("subscribes to no patterns");
    const name = this.key(scope, "events", channel);
    const callback = (event: unknown) => listener.event(event as Published);
    await this.able("subscribe")(name, callback);
    return async () => void (await this.able("unsubscribe")(name, callback));
  }

  append(
    scope: Scope,
    stream: string,
    message: unknown,
    options: { maxLen?: number; approximate?: boolean },
  ): Promise<string> {
    return this.able("xadd")(this.key(scope, "streams", stream), message, options);
  }

  async ensure(scope: Scope, stream: string, group: string, startId: string): Promise<void> {
    await this.able("xgroupCreate")(this.key(scope, "streams", stream), group, startId);
  }

  read(
    scope: Scope,
    stream: string,
    group: string,
    consumer: string,
    options: { count: number; blockMs: number },
  ): Promise<Array<{ id: string; message: unknown }>> {
    return this.able("xreadgroup")(this.key(scope, "streams", stream), group, consumer, options);
  }

  async ack(scope: Scope, stream: string, group: string, ids: ReadonlyArray<string>): Promise<void> {
    await this.able("xack")(this.key(scope, "streams", stream), group, [...ids]);
  }

  async scan(
    scope: Scope,
    pattern: string,
    { cursor, count }: { cursor: string; count: number },
  ): Promise<{ keys: string[]; cursor: string }> {
    const prefix = this.key(scope, "kv", "");
    const found = await this.able("scan")(`${prefix}${pattern}`, cursor, count);
    const own = found.keys.filter((key) => key.startsWith(prefix));
    return { keys: own.map((key) => key.slice(prefix.length)), cursor: found.cursor };
  }

  /** The name that it is stored under; no scope's id can be another's key. */
  private key(scope: Scope, namespace: string, key: string): string {
    const chain = scope.map((one) => `${one.key}:${encoded(String(one.id))}:`).join("");
    return `igniter:store:${this.service}:${chain}${namespace}:${key}`;
  }

  private able<N extends keyof IgniterStoreAdapter>(name: N): NonNullable<IgniterStoreAdapter[N]> {
    const method = this.adapter[name];
    if (typeof method !== "function") throw unable(`has no ${name}`);
    return method.bind(this.adapter) as NonNullable<IgniterStoreAdapter[N]>;
  }
}

function encoded(id: string): string {
  // deno-lint-ignore no-control-regex
  return id.replace(/[:%{}\u0000-\u001f\u007f]/g, (sign) => {
    return `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}

function life(ttl: Ttl | undefined): IgniterStoreKeyValueOptions | undefined {
  return ttl === undefined ? undefined : { ttl: seconds(ttl) };
}

function seconds(ttl: Ttl): number {
  if (typeof ttl === "number" && Number.isInteger(ttl) && ttl > 0) return ttl;
  throw new IgniterStoreError("STORE_TTL_INVALID", "a life is whole seconds");
}

function unable(what: string): IgniterStoreError {
  return new IgniterStoreError("STORE_OPERATION_FAILED", `the adapter ${what}`);
}
