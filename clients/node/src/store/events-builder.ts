import { IgniterStoreError } from "./error.js";
import { InputOf, OutputOf, StandardSchemaV1 } from "./standard-schema.js";

/** Schemas by the parts of their channels' names. */
export interface EventTree {
  readonly [part: string]: StandardSchemaV1 | EventTree;
}

// A compiler looks no deeper than this into a tree that it doesn't know yet.
type Deeper = [never, 0, 1, 2, 3, 4];

/** The channels of a tree, of up to six parts: `user:notifications:email`. */
export type Channels<T, Prefix extends string = "", Depth extends number = 5> = [Depth] extends [never]
  ? never
  : {
    [K in keyof T & string]: T[K] extends StandardSchemaV1 ? `${Prefix}${K}`
      : Channels<T[K], `${Prefix}${K}:`, Deeper[Depth]>;
  }[keyof T & string];

type SchemaAt<T, C extends string> = C extends keyof T ? T[C]
  : C extends `${infer Head}:${infer Rest}` ? Head extends keyof T ? SchemaAt<T[Head], Rest> : never
  : never;

/** What may be published to a channel; anything to one without a schema. */
export type EventInput<T, C extends string> = C extends Channels<T> ? InputOf<SchemaAt<T, C>> : unknown;
/** The channels that a name or a pattern stands for. */
export type Fitting<T, C extends string> = C extends `${infer Head}*${string}`
  ? Extract<Channels<T>, `${Head}${string}`>
  : Extract<Channels<T>, C>;
/** What is heard on a channel, or on one of a pattern's. */
export type EventOf<T, C extends string> = [Fitting<T, C>] extends [never] ? EventContext<unknown, string>
  : EventOn<T, Fitting<T, C>>;
type EventOn<T, C extends string> = C extends string ? EventContext<OutputOf<SchemaAt<T, C>>, C> : never;

/** A scope, as an event tells it. */
export interface EventScope {
  readonly key: string;
  readonly identifier: string;
}

/** What a subscriber is given. */
export interface EventContext<TData = unknown, TType extends string = string> {
  readonly type: TType;
  readonly data: TData;
  readonly timestamp: string;
  /** The innermost scope that it was published in. */
  readonly scope?: EventScope;
  /** All of them, outermost first. */
  readonly scopes: ReadonlyArray<EventScope>;
  readonly actor?: string;
}

/** Events of one feature, as `addEvents` takes them. */
export interface EventsDefinition<N extends string = string, T = unknown> {
  readonly namespace: N;
  readonly tree: T;
}

/** Defines events of one group. */
// deno-lint-ignore ban-types
export class IgniterStoreEventsGroup<T = {}> {
  /** @internal */
  constructor(readonly tree: EventTree = {}) {}

  /** An event, and what fits it. */
  event<K extends string, S extends StandardSchemaV1>(
    name: K,
    schema: S,
  ): IgniterStoreEventsGroup<T & { readonly [P in K]: S }> {
    if (typeof schema?.["~standard"]?.validate !== "function") {
      throw invalid(`the event ${name} has no StandardSchemaV1`);
    }
    return new IgniterStoreEventsGroup(extended(this.tree, name, schema));
  }

  /** Events whose names begin with the group's. */
  group<K extends string, G>(
    name: K,
    // deno-lint-ignore ban-types
    define: (group: IgniterStoreEventsGroup<{}>) => IgniterStoreEventsGroup<G>,
  ): IgniterStoreEventsGroup<T & { readonly [P in K]: G }> {
    return new IgniterStoreEventsGroup(extended(this.tree, name, define(new IgniterStoreEventsGroup()).tree));
  }
}

/** Defines the events of one feature, whose name stands before theirs. */
// deno-lint-ignore ban-types
export class IgniterStoreEvents<N extends string = string, T = {}> {
  private constructor(
    private readonly namespace: N,
    private readonly events: IgniterStoreEventsGroup<T>,
  ) {}

  static create<N extends string>(namespace: N): IgniterStoreEvents<N> {
    extended({}, namespace, {});
    return new IgniterStoreEvents(namespace, new IgniterStoreEventsGroup());
  }

  /** An event, and what fits it. */
  event<K extends string, S extends StandardSchemaV1>(
    name: K,
    schema: S,
  ): IgniterStoreEvents<N, T & { readonly [P in K]: S }> {
    return new IgniterStoreEvents(this.namespace, this.events.event(name, schema));
  }

  /** Events whose names begin with the group's. */
  group<K extends string, G>(
    name: K,
    // deno-lint-ignore ban-types
    define: (group: IgniterStoreEventsGroup<{}>) => IgniterStoreEventsGroup<G>,
  ): IgniterStoreEvents<N, T & { readonly [P in K]: G }> {
    return new IgniterStoreEvents(this.namespace, this.events.group(name, define));
  }

  build(): EventsDefinition<N, T> {
    return { namespace: this.namespace, tree: this.events.tree as unknown as T };
  }
}

// What a store's events have themselves.
const TAKEN: ReadonlySet<string> = new Set(["publish", "subscribe", "then", "__proto__"]);

function extended(tree: EventTree, name: string, part: StandardSchemaV1 | EventTree): EventTree {
  if (name === "" || /[:*]/.test(name) || TAKEN.has(name)) throw invalid(`no event can be called ${name}`);
  if (Object.prototype.hasOwnProperty.call(tree, name)) throw invalid(`the event ${name} is defined twice`);
  return { ...tree, [name]: part };
}

function invalid(message: string): IgniterStoreError {
  return new IgniterStoreError("STORE_CONFIGURATION_INVALID", message);
}

/** A tree's schemas by their channels. */
export function schemas(tree: EventTree, prefix = ""): Map<string, StandardSchemaV1> {
  const found = new Map<string, StandardSchemaV1>();
  for (const [name, part] of Object.entries(tree)) {
    if (isSchema(part)) found.set(`${prefix}${name}`, part);
    else for (const [channel, schema] of schemas(part, `${prefix}${name}:`)) found.set(channel, schema);
  }
  return found;
}

/** Whether it is an event, and not a group of such. */
export function isSchema(part: StandardSchemaV1 | EventTree): part is StandardSchemaV1 {
  const { "~standard": standard } = part as { "~standard"?: { validate?: unknown } };
  return typeof standard?.validate === "function";
}
