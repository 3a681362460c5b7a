import { backoff, Call } from "./call.js";
import { Connection } from "./connection.js";
import { asyncDispose } from "./dispose.js";
import * as errors from "./errors.js";
import { Events as Methods } from "./methods.js";
import { CallOptions, Invoke, Scope, Signal } from "./stub.js";
import { Message } from "./reply-reader.js";
import { Transport } from "./transport.js";

/** What somebody has published. */
export interface Event<T = unknown> {
  readonly kind: "event";
  readonly channel: string;
  readonly data: T;
  readonly timestamp?: string;
  readonly actor?: string;
  readonly scope: Scope;
}

/** Events may be missing here: read again what is derived from them. */
export interface Gap {
  readonly kind: "gap";
  /** `reconnected`, or the sidecar's own word. */
  readonly reason: string;
  readonly dropped?: number;
}

/** What is listened to: a channel, or all whose names fit a pattern with `*`. */
export type Channel = string | { readonly channel: string } | { readonly pattern: string };

/** How a subscription is made. */
export interface SubscribeOptions extends Pick<CallOptions, "scope" | "actor" | "timeoutMs"> {
  /** Ends the subscription: the loop over it throws Cancelled. */
  signal?: Signal;
}

// Events that a slow loop has not taken yet: past it the connection isn't read, and the sidecar tells the gap.
const MAX_EVENTS = 1000;

type Next<T> = Event<T> | Gap | undefined;

/** What is published while it is open, on a connection of its own: a slow loop slows nobody else. */
export class Subscription<T = unknown> implements AsyncIterableIterator<Event<T> | Gap> {
  private connection: Connection | undefined;
  private id = "";
  private queue: Message[] = [];
  private isClosed = false;
  private wake: (() => void) | undefined;
  // One after the other, also when several ask at once.
  private turn: Promise<unknown> = Promise.resolve();
  private readonly onAbort = (): void => this.close();

  private constructor(
    private readonly transport: Transport,
    private readonly makeCall: () => Call,
    private readonly signal: Signal | undefined,
  ) {
    signal?.addEventListener("abort", this.onAbort);
  }

  /** @internal */
  static async begin<T>(
    transport: Transport,
    makeCall: () => Call,
    signal: Signal | undefined,
  ): Promise<Subscription<T>> {
    const subscription = new Subscription<T>(transport, makeCall, signal);
    try {
      await subscription.connect();
    } catch (fault) {
      subscription.close();
      throw fault;
    }
    return subscription;
  }

  /** The next event or gap; done when it is closed. */
  next(): Promise<IteratorResult<Event<T> | Gap, undefined>> {
    const taken = this.turn.then(async () => {
      const value = await this.take();
      return value === undefined ? { done: true as const, value } : { done: false as const, value };
    });
    this.turn = taken.catch(() => undefined);
    return taken;
  }

  /** Ends it, also for those who wait. */
  close(): void {
    this.isClosed = true;
    this.signal?.removeEventListener("abort", this.onAbort);
    this.queue = [];
    this.connection?.close();
    this.wake?.();
  }

  async return(): Promise<IteratorResult<Event<T> | Gap, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private async connect(): Promise<void> {
    const call = this.makeCall();
    for (let attempt = 0;; attempt += 1) {
      try {
        const connection: Connection = await this.transport.open({
          onNotification: (message) => this.hear(message),
          onLost: () => this.wake?.(),
        });
        this.connection = connection;
        if (this.isClosed) connection.close();
        this.id = (await connection.exchange(call) as { subscription: string }).subscription;
        return;
      } catch (fault) {
        this.connection?.close();
        if (fault instanceof errors.CloakroomError) throw fault;
        const pause = backoff(attempt);
        // A subscription ends with its connection: it is not there twice.
        if (this.isClosed || pause >= call.remaining()) {
          throw new errors.Unavailable("there is no sidecar to be reached", {
            retryable: true,
            cause: fault,
          });
        }
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, pause);
          this.wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  }

  private hear(message: Message): void {
    this.queue.push(message);
    if (this.queue.length >= MAX_EVENTS) this.connection?.setPaused(true);
    this.wake?.();
  }

  private async take(): Promise<Next<T>> {
    for (;;) {
      if (this.signal?.aborted) {
        throw new errors.Cancelled("the subscription was given up", { cause: this.signal.reason });
      }
      if (this.isClosed) return undefined;
      const message = this.queue.shift();
      if (message !== undefined) {
        if (this.queue.length === MAX_EVENTS / 2) this.connection?.setPaused(false);
        const told = this.told(message);
        if (told !== undefined) return told;
      } else if (this.connection?.isLost !== false) {
        const again = await this.reconnect();
        if (again) return { kind: "gap", reason: "reconnected" };
      } else {
        await this.silence(this.connection);
      }
    }
  }

  /** The sidecar may be away for longer than a call's time: a listener has no end of its own. */
  private async reconnect(): Promise<boolean> {
    try {
      await this.connect();
      return true;
    } catch (fault) {
      if (this.isClosed) return false;
      if (this.transport.isClosed) {
        this.close();
        return false;
      }
      if (fault instanceof errors.CloakroomError && fault.retryable) return false;
      throw fault;
    }
  }

  /** Until something happens; the process lives on for who waits. */
  private async silence(connection: Connection): Promise<void> {
    connection.hold(true);
    await new Promise<void>((resolve) => (this.wake = resolve));
    connection.hold(false);
  }

  private told(message: Message): Next<T> {
    const params = message.params as Record<string, unknown> | undefined;
    if (params?.subscription !== this.id) return undefined;
    if (message.method === "events.gap") {
      return { kind: "gap", reason: String(params.reason), dropped: params.dropped as number | undefined };
    }
    if (message.method !== "events.message") return undefined;
    return {
      kind: "event",
      channel: String(params.type),
      data: params.data as T,
      timestamp: params.timestamp as string | undefined,
      actor: params.actor as string | undefined,
      scope: (params.scope as Scope | undefined) ?? [],
    };
  }
}

export interface Subscription<T> {
  /** Closes it, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

Object.defineProperty(Subscription.prototype, asyncDispose, {
  value: async function (this: Subscription): Promise<void> {
    this.close();
  },
});

/** events.*, and subscriptions. */
export class Events extends Methods {
  /** @internal */
  constructor(
    invoke: Invoke,
    private readonly transport: Transport,
    private readonly defaults: Record<string, unknown>,
  ) {
    super(invoke);
  }

  /** Subscribes; what is published after the promise has been kept is heard. */
  subscribe<T = unknown>(channel: Channel, options: SubscribeOptions = {}): Promise<Subscription<T>> {
    const params = typeof channel === "string" ? { channel } : { ...channel };
    const { signal, ...others } = options;
    // A call that is given up ends by its connection's end.
    const makeCall = () =>
      new Call("events.subscribe", params, others, this.defaults, this.transport.timeoutMs);
    return Subscription.begin<T>(this.transport, makeCall, signal);
  }
}
