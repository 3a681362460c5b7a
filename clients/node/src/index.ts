// Declares what `await using` needs, for compilers that are older than it.
import "./dispose.js";
export { Room } from "./room.js";
export type { CachedOptions, Guard, IdempotentOptions, RoomScope } from "./room.js";
export type { RoomOptions } from "./transport.js";
export { HeldClaim } from "./claim.js";
export type { ClaimMethods, HoldOptions } from "./claim.js";
export { Subscription } from "./events.js";
export type { Channel, Event, Gap, SubscribeOptions } from "./events.js";
export { StreamMessage } from "./streams.js";
export type { GroupOptions } from "./streams.js";
export { Handover } from "./handover.js";
export type { PendingHandover, SessionHandover } from "./handover.js";
export { Decimal } from "./decimal.js";
export type { CallOptions, Scope, Signal } from "./stub.js";
export { CloakroomError } from "./errors.js";
export * as errors from "./errors.js";
