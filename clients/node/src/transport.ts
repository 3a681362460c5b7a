import { backoff, Call, DEFAULT_TIMEOUT_MS } from "./call.js";
import { Connection, ConnectionEvents, ConnectionOptions } from "./connection.js";
import * as errors from "./errors.js";
import { ConnectionLost, Recovery } from "./exchange.js";
import { Outage } from "./outage.js";
import { socketPath } from "./socket-path.js";
import { CallOptions } from "./stub.js";

const MAX_WAITING = 1024;
// For how long what could not be asked is passed by before it is asked again.
const CACHE_MOMENT_MS = 1000;
const SHORT_MOMENT_MS = 100;

/** How a room reaches its sidecar. */
export interface RoomOptions {
  /** The socket; without it, where every client looks. */
  path?: string;
  /** The time of a call that says nothing else: 10 s. */
  timeoutMs?: number;
  /** The service to be, of those that the sidecar's policy allows. */
  service?: string;
  /** What the application is called in the sidecar's log. */
  client?: string;
  /** Whether all that is written as a decimal is read as a Decimal, and not only what no double holds. */
  exactDecimals?: boolean;
}

/** A call that waits for a connection. */
interface Waiter {
  readonly call: Call;
  readonly resolve: (connection: Connection) => void;
  readonly reject: (fault: Error) => void;
  timer: Timer | undefined;
  onAbort: (() => void) | undefined;
}

/** The connection of a room's calls, made when it is first needed, and again when it was lost. */
export class Transport {
  readonly timeoutMs: number;
  isClosed = false;
  /** What is known of the cache by all who use it. */
  readonly cacheOutage = new Outage(CACHE_MOMENT_MS);
  /** The same of rate limits, and of requests that are done once: nobody does without those for longer than need be. */
  readonly limitOutage = new Outage(SHORT_MOMENT_MS);
  readonly guardOutage = new Outage(SHORT_MOMENT_MS);
  private readonly path: string | undefined;
  private readonly identity: Record<string, unknown> = {};
  private readonly connectionOptions: ConnectionOptions;
  private connection: Connection | undefined;
  private isConnecting = false;
  private readonly waiters = new Set<Waiter>();
  // How often in a row there was no connection, or one that answered nothing.
  private failures = 0;
  private fault: Error | undefined;

  constructor(options: RoomOptions) {
    this.path = options.path;
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    if (options.service !== undefined) this.identity.service = options.service;
    if (options.client !== undefined) this.identity.client = options.client;
    const { exactDecimals = false } = options;
    this.connectionOptions = { identity: this.identity, exactDecimals, asksLimits: false };
  }

  /** Makes a call, and makes it again as far as its method allows; answers its result. */
  call(call: Call): Promise<unknown> {
    const connection = this.live();
    // Most calls cost one promise: no async function is in between.
    if (connection !== undefined) return connection.exchange(call, this.again);
    return this.ready(call).then((connection) => connection.exchange(call, this.again));
  }

  private readonly again: Recovery = async (call, fault) => {
    if (fault instanceof ConnectionLost) {
      // The calls that have lost the connection are told first, all of them.
      await undefined;
      if (fault.wasSent) call.afterLoss();
    } else {
      await sleep(call.afterError(fault), call);
    }
    return await this.call(call);
  };

  /** Sends what is never answered; resolves when the system has it. */
  async notify(
    method: string,
    params: Record<string, unknown>,
    options?: CallOptions,
    defaults?: Record<string, unknown>,
  ): Promise<void> {
    // Under no name, so that nothing is added that is for repetitions.
    const call = new Call("", params, options, defaults, this.timeoutMs);
    const text = `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${call.body}}}\n`;
    for (;;) {
      try {
        return await (this.live() ?? (await this.ready(call))).notify(call, text);
      } catch (fault) {
        if (!(fault instanceof ConnectionLost)) throw fault;
        if (fault.wasSent) {
          throw new errors.OutcomeUnknown(`the connection was lost while ${method} was sent`);
        }
      }
    }
  }

  /** A new connection, of which the caller takes care; rejects with the system's error or the sidecar's. */
  async open(events: ConnectionEvents = {}): Promise<Connection> {
    if (this.isClosed) throw closed();
    const connection = await Connection.open(socketPath(this.path), events, this.connectionOptions);
    if (Object.keys(this.identity).length > 0) {
      const hello = new Call("system.hello", { ...this.identity }, undefined, undefined, this.timeoutMs);
      try {
        await connection.exchange(hello);
      } catch (fault) {
        connection.close();
        throw fault;
      }
    }
    if (this.isClosed) {
      connection.close();
      throw closed();
    }
    return connection;
  }

  close(): void {
    this.isClosed = true;
    this.connection?.close();
    for (const waiter of [...this.waiters]) this.end(waiter, waiter.call.truth(closed()));
  }

  private live(): Connection | undefined {
    return this.connection !== undefined && !this.connection.isLost ? this.connection : undefined;
  }

  private ready(call: Call): Promise<Connection> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) return reject(call.truth(closed()));
      if (call.signal?.aborted) return reject(call.cancelled(false));
      if (this.fault !== undefined && this.waiters.size >= MAX_WAITING) return reject(call.truth(crowded()));
      const waiter: Waiter = { call, resolve, reject, timer: undefined, onAbort: undefined };
      const late = () => {
        // A connection that was made while the process could not run is heard first.
        if (this.waiters.has(waiter)) this.end(waiter, call.truth(this.unreachable()));
      };
      const patience = Math.max(0, Math.min(call.reachMs, call.remaining()));
      waiter.timer = setTimeout(() => setImmediate(late), Math.ceil(patience));
      if (call.signal !== undefined) {
        waiter.onAbort = () => this.end(waiter, call.cancelled(false));
        call.signal.addEventListener("abort", waiter.onAbort);
      }
      this.waiters.add(waiter);
      if (!this.isConnecting) void this.connect();
    });
  }

  /** All that wait for a connection wait for the same one. */
  private async connect(): Promise<void> {
    this.isConnecting = true;
    while (this.waiters.size > 0) {
      if (this.failures > 0) await pause(backoff(this.failures - 1));
      if (this.waiters.size === 0) break;
      try {
        const connection: Connection = await this.open({ onLost: () => this.lost(connection) });
        if (connection.isLost) throw new ConnectionLost(false);
        this.connection = connection;
        this.fault = undefined;
        for (const waiter of [...this.waiters]) this.end(waiter, connection);
      } catch (fault) {
        this.refused(fault as Error);
      }
    }
    this.isConnecting = false;
  }

  private lost(connection: Connection | undefined): void {
    this.failures = connection?.hasAnswered ? 1 : this.failures + 1;
  }

  /** There is no connection: some of the calls wait for the next attempt. */
  private refused(fault: Error): void {
    const isFinal = fault instanceof errors.CloakroomError && !fault.retryable;
    this.fault = fault;
    this.failures += 1;
    let kept = 0;
    for (const waiter of [...this.waiters]) {
      if (isFinal) this.end(waiter, waiter.call.truth(fault));
      else if ((kept += 1) > MAX_WAITING) this.end(waiter, waiter.call.truth(crowded()));
    }
  }

  private end(waiter: Waiter, outcome: Connection | Error): void {
    this.waiters.delete(waiter);
    clearTimeout(waiter.timer);
    if (waiter.onAbort !== undefined) waiter.call.signal?.removeEventListener("abort", waiter.onAbort);
    if (outcome instanceof Connection) waiter.resolve(outcome);
    else waiter.reject(outcome);
  }

  private unreachable(): errors.CloakroomError {
    const why = (this.fault as { code?: string } | undefined)?.code ?? "no connection in time";
    return new errors.Unavailable(`there is no sidecar to be reached: ${why}`, {
      retryable: true,
      cause: this.fault,
    });
  }
}

function closed(): errors.CloakroomError {
  return new errors.Unavailable("the room is closed");
}

function crowded(): errors.CloakroomError {
  return new errors.Overloaded(`${MAX_WAITING} calls wait for the sidecar already`, { retryable: true });
}

/** Waits between a call's attempts, or until its caller gives it up. */
function sleep(ms: number, call: Call): Promise<void> {
  return new Promise((resolve, reject) => {
    if (call.signal?.aborted) return reject(call.cancelled(false));
    const onAbort = () => {
      clearTimeout(timer);
      call.signal?.removeEventListener("abort", onAbort);
      reject(call.cancelled(false));
    };
    const timer = setTimeout(() => {
      call.signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    call.signal?.addEventListener("abort", onAbort);
  });
}

/** Waits; what waits for it keeps the process alive, and not this. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
