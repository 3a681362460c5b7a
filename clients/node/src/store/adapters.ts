export { IgniterStoreRedisAdapter } from "./redis-adapter.js";
export type { IgniterStoreRedisAdapterOptions } from "./redis-adapter.js";
export type { IgniterStoreAdapter, IgniterStoreKeyValueOptions } from "./adapter.js";
