/** What becomes of a call that is made again; see the clients' common README. */
export type Effect = "read" | "set" | "receipt" | "token" | "step" | "connection";

/** Whose data a call is about, outermost first. */
export type Scope = ReadonlyArray<{ readonly key: string; readonly id: string | number | bigint }>;

/** What ends a call early: as much of an AbortSignal as is needed. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What every call may be given. */
export interface CallOptions {
  /** Whose data this is, inside the room's own scope. */
  scope?: Scope;
  /** Who acts, for the access log and for events. */
  actor?: string;
  /** Makes a change safe to repeat: done once, the first answer again. */
  idempotencyKey?: string;
  /** How long that answer is kept. */
  idempotencyTtl?: number | string;
  /** W3C trace context, for the access log. */
  traceparent?: string;
  /** The call's time, in place of the room's. */
  timeoutMs?: number;
  /**
   * Ends the call: with Cancelled where nothing was done, whose cause is the signal's reason. The answer comes all the
   * same where it was done already, and OutcomeUnknown where nobody knows.
   */
  signal?: Signal;
  /** @internal How long it waits for a connection, where that is less. */
  reachMs?: number;
}

/** Makes a call of a method by its name. */
// The one place where an answer is believed to be what the method table says.
// deno-lint-ignore no-explicit-any
export type Invoke = (method: string, params: Record<string, unknown>, options?: CallOptions) => Promise<any>;

/** The methods of one namespace. */
export class Namespace {
  /** @internal */
  constructor(protected readonly invoke: Invoke) {}
}
