import { Scope } from "../stub.js";
import { Backend, Published } from "./backend.js";
import { IgniterStoreError } from "./error.js";
import { EventContext, EventInput, EventOf, EventTree, isSchema } from "./events-builder.js";
import { Observation, quietly } from "./observation.js";
import { Values } from "./serializer.js";
import { InputOf, OutputOf, StandardSchemaV1 } from "./standard-schema.js";

/** Takes an event; what it throws is logged. */
export type EventHandler<C> = (context: C) => unknown;

/** What a subscriber may want to know beside events. */
export interface SubscribeOptions {
  /** Events may be missing here: read again what is derived from them. */
  onGap?(reason: string): void;
  /** The subscription has ended, and hears nothing any more. */
  onError?(error: IgniterStoreError): void;
}

/** Ends a subscription. */
export type Unsubscribe = () => Promise<void>;

/** One event of those that `addEvents` has defined. */
export interface EventAccessor<S, C extends string> {
  publish(data: InputOf<S>): Promise<void>;
  subscribe(
    handler: EventHandler<EventContext<OutputOf<S>, C>>,
    options?: SubscribeOptions,
  ): Promise<Unsubscribe>;
}

/** Events by the parts of their names: `store.events.user.created`. */
export type EventAccessors<T, Prefix extends string = ""> = {
  readonly [K in keyof T & string]: T[K] extends StandardSchemaV1 ? EventAccessor<T[K], `${Prefix}${K}`>
    : EventAccessors<T[K], `${Prefix}${K}:`>;
};

/** Publishes and hears events of one scope. */
export class StoreEvents<T> {
  /** @internal */
  constructor(
    private readonly backend: Backend,
    private readonly observation: Observation,
    private readonly values: Values,
    private readonly schemas: ReadonlyMap<string, StandardSchemaV1>,
    private readonly chain: Scope,
    private readonly scope: () => Scope,
    private readonly actor: string | undefined,
  ) {}

  /** Tells all who listen; an event with a schema is checked, and published as the schema makes it. */
  publish<C extends string>(channel: C, data: EventInput<T, C>): Promise<void> {
    return this.observe("publish", async (scope) => {
      if (channel.includes("*")) {
        throw new IgniterStoreError("STORE_CONFIGURATION_INVALID", "a pattern is for subscribers");
      }
      const checked = await this.checked(channel, data);
      await this.backend.publish(scope, channel, this.values.encode(checked), this.actor);
    });
  }

  /** Hears what is published to a channel, or to all that fit a pattern with `*`. */
  subscribe<C extends string>(
    channel: C,
    handler: EventHandler<EventOf<T, C>>,
    options: SubscribeOptions = {},
  ): Promise<Unsubscribe> {
    return this.observe("subscribe", async (scope) => {
      // One after the other, in the order they came in.
      let last: Promise<unknown> = Promise.resolve();
      const end = await this.backend.subscribe(scope, channel, {
        event: (event) => {
          last = last
            .then(() => handler(this.context(event) as EventOf<T, C>))
            .catch((fault: unknown) => {
              const name = fault instanceof Error ? fault.name : typeof fault;
              this.observation.tell("error", "an event's handler failed", { channel, fault: name });
            });
        },
        gap: (reason) => {
          this.observation.tell("warn", "events may be missing", { channel, reason });
          quietly(() => options.onGap?.(reason));
        },
        failed: (fault) => {
          this.observation.tell("error", "a subscription has ended", { channel });
          quietly(() => options.onError?.(IgniterStoreError.from(fault, "events.subscribe")));
        },
      });
      return () => this.observe("unsubscribe", end);
    });
  }

  private observe<R>(operation: string, work: (scope: Scope) => Promise<R>): Promise<R> {
    const scopes = this.chain.map(({ key }) => key);
    // A scope that is missing is the operation's failure.
    return this.observation.observe(`events.${operation}`, scopes, async () => await work(this.scope()));
  }

  private async checked(channel: string, data: unknown): Promise<unknown> {
    const schema = this.schemas.get(channel);
    if (schema === undefined) return data;
    const result = await schema["~standard"].validate(data);
    if (result.issues === undefined) return result.value;
    const { issues } = result;
    throw new IgniterStoreError("STORE_SCHEMA_VALIDATION_FAILED", `the event doesn't fit ${channel}`, {
      issues,
    });
  }

  private context(event: Published): EventContext {
    const scopes = event.scope.map(({ key, id }) => ({ key, identifier: String(id) }));
    const data = this.values.decode(event.data);
    const { channel: type, timestamp, actor } = event;
    const scope = scopes.length > 0 ? scopes[scopes.length - 1] : undefined;
    return { type, data, timestamp, scope, scopes, actor };
  }
}

/** The same with an accessor for each event that is defined. */
export function withAccessors<T>(
  events: StoreEvents<T>,
  tree: EventTree,
): StoreEvents<T> & EventAccessors<T> {
  return Object.assign(events, accessors(events as StoreEvents<unknown>, tree, "")) as
    & StoreEvents<T>
    & EventAccessors<T>;
}

function accessors(events: StoreEvents<unknown>, tree: EventTree, prefix: string): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(tree)) {
    const channel = `${prefix}${name}`;
    made[name] = isSchema(part)
      ? {
        publish: (data: unknown) => events.publish(channel, data),
        subscribe: (handler: EventHandler<EventContext>, options?: SubscribeOptions) =>
          events.subscribe(channel, handler, options),
      }
      : accessors(events, part, `${channel}:`);
  }
  return made;
}
