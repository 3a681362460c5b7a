import { createConnection, Socket } from "node:net";
import { Call, GRACE_MS } from "./call.js";
import * as errors from "./errors.js";
import { decode } from "./json.js";

// Of a reply; the sidecar's own limit is far below.
const MAX_REPLY_BYTES = 64 * 1024 * 1024;
// As much as is handed to the socket at once: what is not can be taken back.
const WRITE_LENGTH = 256 * 1024;
// Requests up to this length fit any sidecar's frame; for longer ones it is asked.
const SURE_BYTES = 64 * 1024;

/** A sidecar's answer, or what it tells unasked. */
export interface Message {
  id?: unknown;
  result?: unknown;
  error?: unknown;
  method?: unknown;
  params?: unknown;
}

/** The connection broke: after the request was handed to it, or before. */
export class ConnectionLost extends Error {
  constructor(readonly wasSent: boolean) {
    super("the connection was lost");
  }
}

/** A call that waits for its turn, or for its answer. */
interface Exchange {
  readonly call: Call;
  readonly resolve: (message: Message) => void;
  readonly reject: (fault: Error) => void;
  id: number;
  /** When it is given up. */
  end: number;
  onAbort: (() => void) | undefined;
}

/** What a connection tells its owner. */
export interface ConnectionEvents {
  /** Something was told unasked. */
  onNotification?: (message: Message) => void;
  /** It is gone. */
  onLost?: () => void;
}

/** What a room's connections have in common. */
export interface ConnectionOptions {
  /** Who the client says it is. */
  readonly identity: Record<string, unknown>;
  /** Whether all that is written as a decimal is read as a Decimal. */
  readonly exactDecimals: boolean;
}

/** One socket. Requests of one turn of the event loop leave together, and answers are matched by their number. */
export class Connection {
  /** Whether it is gone. */
  isLost = false;
  /** Whether the sidecar has answered anything. */
  hasAnswered = false;
  private lastId = 0;
  // In the order in which the calls were made; those behind the socket's own buffer.
  private readonly queue = new Set<Exchange>();
  private readonly waiting = new Map<number, Exchange>();
  // Cancellations and the like: past all limits, and nobody waits for their answers.
  private asides = "";
  private isWriting = false;
  private isScheduled = false;
  private alarm: Timer | undefined;
  private alarmAt = Infinity;
  private parts: Buffer[] = [];
  private partsLength = 0;
  private maxFrame: Promise<number> | undefined;
  private maxInFlight = 1000;

  private constructor(
    private readonly socket: Socket,
    private readonly events: ConnectionEvents,
    private readonly options: ConnectionOptions,
  ) {
    socket.on("data", (data) => this.take(data));
    // The sidecar has left; what was sent is not answered any more.
    socket.on("end", () => this.close());
    socket.on("close", () => this.lose());
    // An idle connection keeps no process alive.
    socket.unref();
  }

  /** Connects; rejects with what the system says. */
  static open(
    path: string,
    events: ConnectionEvents,
    options: ConnectionOptions,
  ): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(path);
      // Always listened to, also when the promise is settled: an `error` that nobody hears ends the process.
      socket.on("error", reject);
      socket.on("connect", () => resolve(new Connection(socket, events, options)));
    });
  }

  /** Sends a call, and waits for its answer for as long as the call has time. */
  exchange(call: Call): Promise<Message> {
    if (call.isRepeatable && call.body.length <= SURE_BYTES / 4) return this.enqueue(call);
    return this.check(call).then(() => this.enqueue(call));
  }

  /** Sends what is never answered; resolves when the system has it. */
  notify(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.isLost) reject(new ConnectionLost(false));
      this.socket.write(text, "utf8", (fault) => (fault ? reject(new ConnectionLost(true)) : resolve()));
    });
  }

  /** Stops and goes on taking what arrives. */
  setPaused(isPaused: boolean): void {
    if (isPaused) this.socket.pause();
    else this.socket.resume();
  }

  /** Whether it keeps the process alive. */
  hold(isHeld: boolean): void {
    if (isHeld) this.socket.ref();
    else this.socket.unref();
  }

  close(): void {
    this.socket.destroy();
    this.lose();
  }

  // -- Requests

  private async check(call: Call): Promise<void> {
    if (!call.isRepeatable && this.waiting.size === 0) {
      // An end that the system knows of already: it is heard before a call is lost that can't be made again.
      for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    const length = Buffer.byteLength(call.body) + 200;
    if (length <= SURE_BYTES) return;
    const max = await this.frameLimit(call);
    if (length > max) {
      throw call.truth(
        new errors.TooLarge(`${call.method}: the request has about ${length} bytes, the limit is ${max}`),
      );
    }
  }

  /** The sidecar's limit, asked for once, and in the time of the call that asks. */
  private async frameLimit(call: Call): Promise<number> {
    for (;;) {
      const asked = (this.maxFrame ??= this.askFrameLimit(call.remaining()));
      try {
        return await asked;
      } catch (fault) {
        if (this.maxFrame === asked) this.maxFrame = undefined;
        if (fault instanceof ConnectionLost) throw new ConnectionLost(false);
        if (call.remaining() <= 0) throw call.outOfTime(false);
      }
    }
  }

  private async askFrameLimit(timeoutMs: number): Promise<number> {
    const hello = new Call("system.hello", { ...this.options.identity }, { timeoutMs });
    const { result, error } = await this.enqueue(hello);
    if (error !== undefined) return Infinity; // The sidecar's own word comes with the call.
    const limits = (result as { limits: { frameBytes: number; inFlight: number } }).limits;
    // A cancellation has to get through.
    this.maxInFlight = Math.max(1, Math.min(this.maxInFlight, limits.inFlight - 1));
    return limits.frameBytes;
  }

  private enqueue(call: Call): Promise<Message> {
    return new Promise((resolve, reject) => {
      if (this.isLost) {
        reject(new ConnectionLost(false));
        return;
      }
      if (call.signal?.aborted) {
        reject(call.cancelled(false));
        return;
      }
      const exchange: Exchange = { call, resolve, reject, id: 0, end: 0, onAbort: undefined };
      this.arm(exchange, call.remaining() + GRACE_MS);
      if (call.signal !== undefined) {
        exchange.onAbort = () => this.abort(exchange);
        call.signal.addEventListener("abort", exchange.onAbort);
      }
      if (this.queue.size === 0 && this.waiting.size === 0) this.socket.ref();
      this.queue.add(exchange);
      this.schedule();
    });
  }

  /** One timer for all: those that are answered in time, which is most, cost none. */
  private arm(exchange: Exchange, ms: number): void {
    exchange.end = performance.now() + ms;
    if (exchange.end < this.alarmAt) this.setAlarm(exchange.end, ms);
  }

  private setAlarm(at: number, ms: number): void {
    clearTimeout(this.alarm);
    this.alarmAt = at;
    // The process lives by the socket, as long as anybody waits.
    this.alarm = setTimeout(this.onAlarm, Math.ceil(Math.max(0, ms))).unref();
  }

  private readonly onAlarm = (): void => {
    const now = performance.now();
    let next = Infinity;
    this.alarmAt = Infinity;
    for (const exchanges of [this.waiting.values(), this.queue]) {
      for (const exchange of exchanges) {
        if (exchange.end <= now) this.expire(exchange);
        else next = Math.min(next, exchange.end);
      }
    }
    if (next < this.alarmAt) this.setAlarm(next, next - now);
  };

  private schedule(): void {
    if (this.isScheduled || this.isWriting) return;
    this.isScheduled = true;
    process.nextTick(() => {
      this.isScheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.isWriting || this.isLost) return;
    let text = this.asides;
    let isASCII = true;
    this.asides = "";
    for (const exchange of this.queue) {
      if (this.waiting.size >= this.maxInFlight || text.length >= WRITE_LENGTH) break;
      this.queue.delete(exchange);
      exchange.id = this.lastId += 1;
      this.waiting.set(exchange.id, exchange);
      text += exchange.call.request(exchange.id);
      isASCII &&= exchange.call.isASCII;
    }
    if (text === "") return;
    this.isWriting = true;
    // The same bytes for what is ASCII, and faster.
    this.socket.write(text, isASCII ? "latin1" : "utf8", this.onWritten);
  }

  private readonly onWritten = (): void => {
    this.isWriting = false;
    if (this.queue.size > 0 || this.asides !== "") this.flush();
  };

  // -- Ends

  private settle(exchange: Exchange): void {
    if (exchange.onAbort !== undefined) {
      exchange.call.signal?.removeEventListener("abort", exchange.onAbort);
    }
    this.queue.delete(exchange);
    // A call that was given up leaves its number: its answer, when it comes, is dropped.
    this.waiting.delete(exchange.id);
    if (this.queue.size === 0 && this.waiting.size === 0 && !this.isLost) this.socket.unref();
  }

  private expire(exchange: Exchange): void {
    this.settle(exchange);
    const { call } = exchange;
    const wasSent = exchange.id > 0;
    exchange.reject(call.signal?.aborted ? call.cancelled(wasSent) : call.outOfTime(wasSent));
    if (this.queue.size > 0) this.schedule();
  }

  /** Asks the sidecar to end the call, and waits a moment for its word on what was done. */
  private abort(exchange: Exchange): void {
    if (exchange.id === 0) {
      this.settle(exchange);
      exchange.reject(exchange.call.cancelled(false));
      return;
    }
    this.asides += `{"jsonrpc":"2.0","id":"","method":"system.cancel","params":{"id":${exchange.id}}}\n`;
    this.schedule();
    this.arm(exchange, GRACE_MS);
  }

  private lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    clearTimeout(this.alarm);
    const sent = [...this.waiting.values()];
    const unsent = [...this.queue];
    for (const exchange of [...sent, ...unsent]) this.settle(exchange);
    for (const exchange of sent) exchange.reject(new ConnectionLost(true));
    for (const exchange of unsent) exchange.reject(new ConnectionLost(false));
    this.events.onLost?.();
  }

  /** A reply that does not end: nobody can say whose it is. */
  private giveUp(): void {
    for (const exchange of [...this.waiting.values()]) {
      this.settle(exchange);
      exchange.reject(exchange.call.replyTooLarge(MAX_REPLY_BYTES));
    }
    this.parts = [];
    this.close();
  }

  // -- Answers

  private take(data: Buffer): void {
    const end = data.lastIndexOf(0x0a);
    if (end < 0) {
      this.parts.push(data);
      this.partsLength += data.length;
      if (this.partsLength > MAX_REPLY_BYTES) this.giveUp();
      return;
    }
    let text: string;
    if (this.parts.length > 0) {
      this.parts.push(data.subarray(0, end));
      text = Buffer.concat(this.parts).toString();
    } else {
      text = data.toString("utf8", 0, end);
    }
    this.parts = end + 1 < data.length ? [data.subarray(end + 1)] : [];
    this.partsLength = data.length - end - 1;
    for (let start = 0; start <= text.length;) {
      const next = text.indexOf("\n", start);
      const line = text.slice(start, next < 0 ? text.length : next);
      start = next < 0 ? text.length + 1 : next + 1;
      if (line !== "" && !this.takeLine(line)) return;
    }
    if (this.queue.size > 0) this.schedule();
  }

  /** Whether the connection can go on. */
  private takeLine(line: string): boolean {
    let message: Message;
    try {
      message = decode(line, this.options.exactDecimals) as Message;
    } catch {
      this.close();
      return false;
    }
    if (typeof message !== "object" || message === null) {
      this.close();
      return false;
    }
    this.hasAnswered = true;
    if (typeof message.id === "number") {
      const exchange = this.waiting.get(message.id);
      if (exchange === undefined) return true;
      this.settle(exchange);
      exchange.resolve(message);
    } else if (message.id === undefined) {
      this.events.onNotification?.(message);
    } else if (message.id === null && this.waiting.size > 0) {
      // The sidecar could not read whose answer it is.
      const [exchange, another] = this.waiting.values();
      if (another === undefined) {
        this.settle(exchange);
        exchange.resolve(message);
      } else {
        this.close();
        return false;
      }
    }
    return true;
  }
}
