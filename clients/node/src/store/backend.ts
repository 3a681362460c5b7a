import { Scope } from "../stub.js";

/** A value's life: seconds, or a string with a unit where the adapter is the sidecar's. */
export type Ttl = number | string;

/** What somebody has published, as a store's events come by. */
export interface Published {
  readonly channel: string;
  readonly data: unknown;
  readonly timestamp: string;
  readonly scope: Scope;
  readonly actor?: string;
}

/** What a subscription tells. */
export interface Listener {
  event(event: Published): void;
  gap(reason: string): void;
  /** It has ended, and hears nothing any more. */
  failed(fault: unknown): void;
}

/** What a store does its work with: everything by scope and key. */
export interface Backend {
  get(scope: Scope, key: string): Promise<unknown>;
  set(scope: Scope, key: string, value: unknown, ttl?: Ttl): Promise<void>;
  exists(scope: Scope, key: string): Promise<boolean>;
  remove(scope: Scope, key: string): Promise<boolean>;
  expire(scope: Scope, key: string, ttl: Ttl): Promise<boolean>;
  touch(scope: Scope, key: string, ttl?: Ttl): Promise<boolean>;
  count(scope: Scope, key: string, by: number, ttl?: Ttl): Promise<number>;
  expireCounter(scope: Scope, key: string, ttl: Ttl): Promise<boolean>;
  claim(scope: Scope, key: string, owner: string, ttl: Ttl): Promise<boolean>;
  release(scope: Scope, key: string, owner: string): Promise<boolean>;
  getMany(scope: Scope, keys: ReadonlyArray<string>): Promise<unknown[]>;
  setMany(scope: Scope, entries: ReadonlyArray<{ key: string; value: unknown; ttl?: Ttl }>): Promise<void>;
  publish(scope: Scope, channel: string, data: unknown, actor?: string): Promise<void>;
  subscribe(scope: Scope, channel: string, listener: Listener): Promise<() => Promise<void>>;
  append(
    scope: Scope,
    stream: string,
    message: unknown,
    options: { maxLen?: number; approximate?: boolean },
  ): Promise<string>;
  ensure(scope: Scope, stream: string, group: string, startId: string): Promise<void>;
  read(
    scope: Scope,
    stream: string,
    group: string,
    consumer: string,
    options: { count: number; blockMs: number },
  ): Promise<Array<{ id: string; message: unknown }>>;
  ack(scope: Scope, stream: string, group: string, ids: ReadonlyArray<string>): Promise<void>;
  scan(
    scope: Scope,
    pattern: string,
    options: { cursor: string; count: number },
  ): Promise<{ keys: string[]; cursor: string }>;
}
