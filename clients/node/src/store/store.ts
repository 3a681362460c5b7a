import { Scope } from "../stub.js";
import { Backend, Ttl } from "./backend.js";
import { IgniterStoreError } from "./error.js";
import { EventAccessors, StoreEvents, withAccessors } from "./events.js";
import { EventTree } from "./events-builder.js";
import { Observation } from "./observation.js";
import { Values } from "./serializer.js";
import { StandardSchemaV1 } from "./standard-schema.js";

/** What is known of a kind of scope. */
export interface ScopeOptions {
  /** Whether nothing can be done outside of one. */
  required?: boolean;
  /** What it is, for those who read the code. */
  description?: string;
}

/** What a store is built of. */
export interface StoreParts {
  readonly backend: Backend & { close?(): void };
  readonly observation: Observation;
  readonly values: Values;
  readonly scopes: ReadonlyMap<string, ScopeOptions>;
  readonly tree: EventTree;
  readonly schemas: ReadonlyMap<string, StandardSchemaV1>;
}

/** A message of a stream. */
export interface StoreStreamMessage<T = unknown> {
  readonly id: string;
  readonly message: T;
}

/** A consumer of a group. */
export interface StoreStreamConsumer {
  /** Makes the group, where there is none. */
  ensure(stream: string, options?: { startId?: string }): Promise<void>;
  /** Messages that nobody of the group was given yet. */
  read<T = unknown>(
    stream: string,
    options?: { count?: number; blockMs?: number },
  ): Promise<StoreStreamMessage<T>[]>;
  /** Says that they are done with. */
  ack(stream: string, ids: ReadonlyArray<string>): Promise<void>;
}

/** A store for one service, and for the scope that it was asked for. */
export class IgniterStoreManager<T = unknown, S extends string = string> {
  /** Events, by their channels or by accessors. */
  readonly events: StoreEvents<T> & EventAccessors<T>;

  /** @internal */
  constructor(
    private readonly parts: StoreParts,
    private readonly chain: Scope = [],
    private readonly actor?: string,
  ) {
    const { backend, observation, values, schemas, tree } = parts;
    const scope = () => this.checkedScope();
    const events = new StoreEvents<T>(backend, observation, values, schemas, chain, scope, actor);
    this.events = withAccessors(events, tree);
  }

  /** Values. */
  readonly kv = {
    get: <V = unknown>(key: string): Promise<V | null> =>
      this.run("kv.get", async (scope) => this.decoded<V>(await this.parts.backend.get(scope, key))),
    set: (key: string, value: unknown, options: { ttl?: Ttl } = {}): Promise<void> =>
      this.run("kv.set", (scope) => this.parts.backend.set(scope, key, this.encoded(value), options.ttl)),
    exists: (key: string): Promise<boolean> =>
      this.run("kv.exists", (scope) => this.parts.backend.exists(scope, key)),
    /** Whether there was one. */
    remove: (key: string): Promise<boolean> =>
      this.run("kv.remove", (scope) => this.parts.backend.remove(scope, key)),
    expire: (key: string, ttl: Ttl): Promise<boolean> =>
      this.run("kv.expire", (scope) => this.parts.backend.expire(scope, key, ttl)),
    touch: (key: string, ttl?: Ttl): Promise<boolean> =>
      this.run("kv.touch", (scope) => this.parts.backend.touch(scope, key, ttl)),
  };

  /** Counters; each step is done at once. */
  readonly counter = {
    /** By one, or by as much as it says; a life is set when the counter begins. */
    increment: (key: string, options: { by?: number; ttl?: Ttl } = {}): Promise<number> =>
      this.run("counter.increment", (scope) => {
        return this.parts.backend.count(scope, key, options.by ?? 1, options.ttl);
      }),
    decrement: (key: string, options: { by?: number; ttl?: Ttl } = {}): Promise<number> =>
      this.run("counter.decrement", (scope) => {
        return this.parts.backend.count(scope, key, -(options.by ?? 1), options.ttl);
      }),
    expire: (key: string, ttl: Ttl): Promise<boolean> =>
      this.run("counter.expire", (scope) => this.parts.backend.expireCounter(scope, key, ttl)),
  };

  /** Locks that end by themselves. */
  readonly claim = {
    /** Whether the owner has it now. */
    once: (key: string, owner: string, options: { ttl?: Ttl } = {}): Promise<boolean> =>
      this.run("claim.once", (scope) => this.parts.backend.claim(scope, key, owner, options.ttl ?? 30)),
    /** Gives it back; false where somebody else has it, or nobody. */
    release: (key: string, owner: string): Promise<boolean> =>
      this.run("claim.release", (scope) => this.parts.backend.release(scope, key, owner)),
  };

  /** Several values at once. */
  readonly batch = {
    get: <V = unknown>(keys: ReadonlyArray<string>): Promise<(V | null)[]> =>
      this.run("batch.get", async (scope) => {
        return (await this.parts.backend.getMany(scope, keys)).map((value) => this.decoded<V>(value));
      }),
    set: (entries: ReadonlyArray<{ key: string; value: unknown; ttl?: Ttl }>): Promise<void> =>
      this.run("batch.set", (scope) => {
        const encoded = entries.map((entry) => ({ ...entry, value: this.encoded(entry.value) }));
        return this.parts.backend.setMany(scope, encoded);
      }),
  };

  /** Streams, and consumers of a group. */
  readonly streams = {
    /** The message's id. */
    append: (
      stream: string,
      message: unknown,
      options: { maxLen?: number; approximate?: boolean } = {},
    ): Promise<string> =>
      this.run("stream.append", (scope) => {
        return this.parts.backend.append(scope, stream, this.encoded(message), options);
      }),
    group: (group: string, consumer: string): StoreStreamConsumer => ({
      ensure: (stream, { startId = "0" } = {}) =>
        this.run("stream.group", (scope) => this.parts.backend.ensure(scope, stream, group, startId)),
      read: <V>(stream: string, { count = 10, blockMs = 0 }: { count?: number; blockMs?: number } = {}) =>
        this.run("stream.read", async (scope) => {
          const found = await this.parts.backend.read(scope, stream, group, consumer, { count, blockMs });
          return found.map(({ id, message }) => ({ id, message: this.decoded<V>(message) as V }));
        }),
      ack: (stream, ids) =>
        this.run("stream.ack", (scope) => this.parts.backend.ack(scope, stream, group, ids)),
    }),
  };

  /** For developers. */
  readonly dev = {
    /** Keys of values that fit a pattern, a part at a time; the cursor is "0" at the end. */
    scan: (
      pattern: string,
      options: { cursor?: string; count?: number } = {},
    ): Promise<{ keys: string[]; cursor: string }> =>
      this.run("dev.scan", (scope) => {
        const { cursor = "0", count = 100 } = options;
        return this.parts.backend.scan(scope, pattern, { cursor, count });
      }),
  };

  /** The same store inside a scope: what it keeps is seen there only. */
  scope(key: S, identifier: string | number | bigint): IgniterStoreManager<T, S> {
    const { scopes } = this.parts;
    if (typeof key !== "string" || key === "") {
      throw new IgniterStoreError("STORE_SCOPE_KEY_REQUIRED", "a scope has a key");
    }
    if (identifier === undefined || identifier === null || String(identifier) === "") {
      throw new IgniterStoreError("STORE_SCOPE_IDENTIFIER_REQUIRED", `the scope ${key} needs an identifier`);
    }
    if (scopes.size > 0 && !scopes.has(key)) {
      const allowed = [...scopes.keys()];
      throw new IgniterStoreError("STORE_SCOPE_INVALID", `there is no scope ${key}`, { allowed });
    }
    return new IgniterStoreManager<T, S>(this.parts, [...this.chain, { key, id: identifier }], this.actor);
  }

  /** The same store for somebody, whom its events name. */
  as(actor: string): IgniterStoreManager<T, S> {
    return new IgniterStoreManager<T, S>(this.parts, this.chain, actor);
  }

  /** Closes the connection, also that of its scopes. */
  close(): void {
    this.parts.backend.close?.();
  }

  private run<R>(operation: string, work: (scope: Scope) => Promise<R>): Promise<R> {
    const scopes = this.chain.map(({ key }) => key);
    return this.parts.observation.observe(operation, scopes, async () => await work(this.checkedScope()));
  }

  private checkedScope(): Scope {
    for (const [key, { required }] of this.parts.scopes) {
      if (required === true && !this.chain.some((one) => one.key === key)) {
        throw new IgniterStoreError("STORE_SCOPE_REQUIRED", `the scope ${key} is required`, { key });
      }
    }
    return this.chain;
  }

  private encoded(value: unknown): unknown {
    return this.parts.values.encode(value);
  }

  private decoded<V>(value: unknown): V | null {
    return this.parts.values.decode(value) as V | null;
  }
}
