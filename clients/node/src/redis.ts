import * as errors from "./errors.js";
import { Room } from "./room.js";
import { RoomOptions } from "./transport.js";

/** Which sidecar; what a Redis client has beside that (host, port, password, …) is the sidecar's matter. */
export interface RedisOptions extends Pick<RoomOptions, "path" | "service" | "timeoutMs"> {
  room?: Room;
  [other: string]: unknown;
}

/** How a value is set, as node-redis has it. */
export interface SetOptions {
  EX?: number;
  PX?: number;
  NX?: boolean;
  XX?: boolean;
}

/**
 * The few calls of `ioredis` and `redis` that an application makes to keep a value for some time, on the sidecar: code
 * that makes no others runs as it stands. A value without an end lives for 24 hours, the sidecar's default.
 *
 * There are `get`, `set` (with `EX`, `PX`, `NX`, `XX`, or seconds), `setex`, `setnx`, `mget`, `getdel`, `del`, `exists`,
 * `expire`, `ttl`, `connect`, `quit`, and the same by node-redis' names. Another call is not there, and another option an
 * error. A text comes back as the text; anything else that is JSON comes back as it is.
 */
export class Redis {
  private readonly room: Room;
  /** @internal */
  readonly place: Pick<RoomOptions, "path" | "timeoutMs">;

  constructor(options: RedisOptions | string = {}, ..._others: unknown[]) {
    const { room, path, service, timeoutMs } = typeof options === "string" ? {} as RedisOptions : options;
    this.place = { path, timeoutMs };
    this.room = room ?? new Room({ path, service, timeoutMs });
  }

  /** The value, or null. */
  async get<T = string>(key: string): Promise<T | null> {
    return (await this.room.kv.get<T>(key)).value;
  }

  /** The value, which is removed in the same step. */
  async getdel<T = string>(key: string): Promise<T | null> {
    return (await this.room.kv.take<T>(key)).value;
  }

  /**
   * Keeps a value: `set(key, value)`, `set(key, value, "EX", 60, "NX")`, `set(key, value, { EX: 60, NX: true })`, or
   * `set(key, value, 60)`. Answers null where NX or XX don't hold.
   */
  async set(key: string, value: unknown, ...how: unknown[]): Promise<"OK" | null> {
    const { onlyIf, ttl } = parse(how);
    try {
      await this.room.kv.set(key, value, { onlyIf, ttl });
      return "OK";
    } catch (fault) {
      const isUnmet = fault instanceof errors.Conflict || fault instanceof errors.NotFound;
      if (onlyIf === undefined || !isUnmet) throw fault;
      return null;
    }
  }

  async setex(key: string, seconds: number, value: unknown): Promise<"OK" | null> {
    return await this.set(key, value, "EX", seconds);
  }

  async psetex(key: string, ms: number, value: unknown): Promise<"OK" | null> {
    return await this.set(key, value, "PX", ms);
  }

  /** 1 where there was none, else 0. */
  async setnx(key: string, value: unknown): Promise<number> {
    return (await this.set(key, value, "NX")) === null ? 0 : 1;
  }

  async mget<T = string>(...keys: ReadonlyArray<string | readonly string[]>): Promise<(T | null)[]> {
    return (await this.room.batch.get<T>(keys.flat())).map(({ value }) => value);
  }

  /** How many there were. */
  async del(...keys: ReadonlyArray<string | readonly string[]>): Promise<number> {
    const removed = await this.room.batch.remove(keys.flat());
    return removed.filter((one) => one.removed).length;
  }

  /** How many there are. */
  async exists(...keys: ReadonlyArray<string | readonly string[]>): Promise<number> {
    const there = await Promise.all(keys.flat().map((key) => this.room.kv.exists(key)));
    return there.filter(Boolean).length;
  }

  /** 1 where there is such a value, else 0. */
  async expire(key: string, seconds: number): Promise<number> {
    return (await this.room.kv.expire(key, seconds)) ? 1 : 0;
  }

  /** What is left of its life in milliseconds; -1 for one without an end, -2 for none. */
  async pttl(key: string): Promise<number> {
    const { found, ttlMs } = await this.room.kv.get(key, { withMeta: true });
    return found ? ttlMs ?? -1 : -2;
  }

  /** The same in seconds. */
  async ttl(key: string): Promise<number> {
    const left = await this.pttl(key);
    return left < 0 ? left : Math.round(left / 1000);
  }

  async ping(): Promise<"PONG"> {
    await this.room.system.ping();
    return "PONG";
  }

  /** Connects, as it would by itself at the first call. */
  async connect(): Promise<this> {
    await this.room.system.ping();
    return this;
  }

  async quit(): Promise<"OK"> {
    this.room.close();
    return "OK";
  }

  disconnect(): void {
    this.room.close();
  }

  /** Takes a listener of a connection's events; there are none: each call says what becomes of it. */
  on(_event: string, _listener: (...given: unknown[]) => void): this {
    return this;
  }
}

/** The same by node-redis' names. */
export interface Redis {
  getDel: Redis["getdel"];
  setEx: Redis["setex"];
  pSetEx: Redis["psetex"];
  mGet: Redis["mget"];
  unlink: Redis["del"];
  pTTL: Redis["pttl"];
}
const { prototype } = Redis;
Object.assign(prototype, {
  getDel: prototype.getdel,
  setEx: prototype.setex,
  pSetEx: prototype.psetex,
  mGet: prototype.mget,
  unlink: prototype.del,
  pTTL: prototype.pttl,
});

/** As node-redis is begun with. */
export function createClient(options: RedisOptions = {}): Redis {
  return new Redis(options);
}

export default Redis;

declare const module: { exports: unknown };
// `const Redis = require("cloakroom/redis")` is the class, as it is of ioredis.
module.exports = Object.assign(Redis, { Redis, createClient, default: Redis });

/** What follows a value. */
function parse(
  how: readonly unknown[],
): { onlyIf: "absent" | "present" | undefined; ttl: string | undefined } {
  const [first] = how;
  let words = how;
  if (typeof first === "number") words = ["EX", ...how];
  else if (typeof first === "object" && first !== null) {
    words = Object.entries(first).flatMap(([name, value]) => {
      return value === undefined || value === false ? [] : value === true ? [name] : [name, value];
    });
  }
  let onlyIf: "absent" | "present" | undefined;
  let ttl: string | undefined;
  for (let index = 0; index < words.length; index += 1) {
    const word = String(words[index]).toUpperCase();
    if (word === "NX") onlyIf = "absent";
    else if (word === "XX") onlyIf = "present";
    else if (word === "EX") ttl = `${Number(words[index += 1])}s`;
    else if (word === "PX") ttl = `${Number(words[index += 1])}ms`;
    else throw new TypeError(`set knows no ${word}: EX, PX, NX and XX`);
  }
  return { onlyIf, ttl };
}
