export { idempotency } from "./idempotency.js";
export type { IdempotencyOptions } from "./idempotency.js";
export { rateLimit } from "./rate-limit.js";
export type { RateLimitOptions } from "./rate-limit.js";
export { clientAddress } from "./request.js";
export type { HttpRequest, Next } from "./request.js";
export { sessionStore } from "./session-store.js";
export type { SessionData, SessionStoreMethods, SessionStoreOptions, Told } from "./session-store.js";
