import { IgniterStoreAdapter } from "./adapter.js";
import { IgniterStoreError } from "./error.js";
import { EventsDefinition, EventTree, schemas } from "./events-builder.js";
import { KeyedBackend } from "./keyed-backend.js";
import { IgniterStoreLogger, IgniterStoreTelemetry, Observation } from "./observation.js";
import { IgniterStoreRedisAdapter } from "./redis-adapter.js";
import { IgniterStoreSerializer, Values } from "./serializer.js";
import { IgniterStoreManager, ScopeOptions } from "./store.js";

interface State {
  readonly adapter?: IgniterStoreAdapter | IgniterStoreRedisAdapter;
  readonly service?: string;
  readonly serializer?: IgniterStoreSerializer;
  readonly logger?: IgniterStoreLogger;
  readonly telemetry?: IgniterStoreTelemetry;
  readonly scopes: ReadonlyMap<string, ScopeOptions>;
  readonly tree: EventTree;
}

/** Builds a store; each call answers another builder. */
// deno-lint-ignore ban-types
export class IgniterStoreBuilder<T = {}, S extends string = never> {
  /** @internal */
  constructor(private readonly state: State = { scopes: new Map(), tree: {} }) {}

  /** What keeps the data. */
  withAdapter(adapter: IgniterStoreAdapter | IgniterStoreRedisAdapter): IgniterStoreBuilder<T, S> {
    return this.with({ adapter });
  }

  /** The service whose data they are. */
  withService(service: string): IgniterStoreBuilder<T, S> {
    return this.with({ service });
  }

  /** How values are written, where JSON won't do. */
  withSerializer(serializer: IgniterStoreSerializer): IgniterStoreBuilder<T, S> {
    return this.with({ serializer });
  }

  /** Who is told of what fails. */
  withLogger(logger: IgniterStoreLogger): IgniterStoreBuilder<T, S> {
    return this.with({ logger });
  }

  /** Who counts what is done. */
  withTelemetry(telemetry: IgniterStoreTelemetry): IgniterStoreBuilder<T, S> {
    return this.with({ telemetry });
  }

  /** Allows a kind of scope; with the first one all others are refused. */
  addScope<K extends string>(key: K, options: ScopeOptions = {}): IgniterStoreBuilder<T, S | K> {
    if (key === "") throw new IgniterStoreError("STORE_SCOPE_KEY_REQUIRED", "a scope has a key");
    if (this.state.scopes.has(key)) throw invalid(`the scope ${key} is there already`);
    return this.with({ scopes: new Map(this.state.scopes).set(key, options) });
  }

  /** Knows a feature's events, and holds them against their schemas. */
  addEvents<N extends string, E>(
    events: EventsDefinition<N, E>,
  ): IgniterStoreBuilder<T & { readonly [P in N]: E }, S> {
    const { namespace, tree } = events;
    if (Object.prototype.hasOwnProperty.call(this.state.tree, namespace)) {
      throw invalid(`the events of ${namespace} are there already`);
    }
    return this.with({ tree: { ...this.state.tree, [namespace]: tree as unknown as EventTree } });
  }

  /** The store; it connects at the first call. */
  build(): IgniterStoreManager<T, [S] extends [never] ? string : S> {
    const { adapter, service, serializer, logger, telemetry, scopes, tree } = this.state;
    if (adapter === undefined) {
      throw new IgniterStoreError("STORE_ADAPTER_REQUIRED", "a store needs an adapter");
    }
    if (service === undefined || service === "") {
      throw new IgniterStoreError("STORE_SERVICE_REQUIRED", "a store needs a service");
    }
    return new IgniterStoreManager({
      backend: adapter instanceof IgniterStoreRedisAdapter
        ? adapter.open(service)
        : new KeyedBackend(adapter, service),
      observation: new Observation(service, logger, telemetry),
      values: new Values(serializer),
      scopes,
      tree,
      schemas: schemas(tree),
    });
  }

  // The types are told by each call's signature.
  // deno-lint-ignore no-explicit-any
  private with(change: Partial<State>): IgniterStoreBuilder<any, any> {
    return new IgniterStoreBuilder({ ...this.state, ...change });
  }
}

/** Where a store begins. */
export const IgniterStore = {
  create: (): IgniterStoreBuilder => new IgniterStoreBuilder(),
};

function invalid(message: string): IgniterStoreError {
  return new IgniterStoreError("STORE_CONFIGURATION_INVALID", message);
}
