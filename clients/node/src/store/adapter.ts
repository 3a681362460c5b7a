/** How a value is kept: its life in seconds. */
export interface IgniterStoreKeyValueOptions {
  ttl?: number;
}

/**
 * A store of one's own, which is given keys as they are stored: `igniter:store:api:kv:user:123`. What it doesn't have
 * can't be called.
 */
export interface IgniterStoreAdapter<TClient = unknown> {
  readonly client: TClient;
  // deno-lint-ignore no-explicit-any
  get<T = any>(key: string): Promise<T | null>;
  // deno-lint-ignore no-explicit-any
  set(key: string, value: any, options?: IgniterStoreKeyValueOptions): Promise<void>;
  delete?(key: string): Promise<unknown>;
  has?(key: string): Promise<boolean>;
  expire?(key: string, seconds: number): Promise<unknown>;
  increment?(key: string): Promise<number>;
  decrement?(key: string): Promise<number>;
  /** Keeps a value where there is none, and tells whether it did. */
  setNX?(key: string, value: unknown, options?: IgniterStoreKeyValueOptions): Promise<boolean>;
  publish?(channel: string, message: unknown): Promise<unknown>;
  subscribe?(channel: string, callback: (message: unknown) => void): Promise<unknown>;
  unsubscribe?(channel: string, callback?: (message: unknown) => void): Promise<unknown>;
  scan?(pattern: string, cursor: string, count: number): Promise<{ keys: string[]; cursor: string }>;
  xadd?(
    stream: string,
    message: unknown,
    options?: { maxLen?: number; approximate?: boolean },
  ): Promise<string>;
  xgroupCreate?(stream: string, group: string, startId: string): Promise<unknown>;
  xreadgroup?(
    stream: string,
    group: string,
    consumer: string,
    options: { count: number; blockMs: number },
  ): Promise<Array<{ id: string; message: unknown }>>;
  xack?(stream: string, group: string, ids: string[]): Promise<unknown>;
}
