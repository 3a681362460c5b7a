import { createConnection, Socket } from "node:net";
import { ABORT_GRACE_MS, Call, GRACE_MS, MAX_TIMER_MS, now } from "./call.js";
import * as errors from "./errors.js";
import { ConnectionLost, Exchange, fail, OVER, Recovery, UNANSWERED, WAITS } from "./exchange.js";
import { MAX_REPLY_BYTES, Message, ReplyReader } from "./reply-reader.js";

// As much as is handed to the socket at once: what is not can be taken back.
const WRITE_LENGTH = 256 * 1024;
// Requests up to this length fit any sidecar's frame; for longer ones it is asked.
const SURE_BYTES = 64 * 1024;

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
  /** Whether limits are asked for before anything else: a sidecar has refused a request and could not say which. */
  asksLimits: boolean;
}

/** About how many bytes a request has, at most. */
function lengthOf(call: Call): number {
  // What is small fits any frame: those have a kilobyte at least.
  return call.body.length <= 250 ? 0 : Buffer.byteLength(call.body) + 200;
}

/** One socket. Requests of one turn of the event loop leave together, and answers are matched by their number. */
export class Connection {
  /** Whether it is gone. */
  isLost = false;
  /** Whether the sidecar has answered anything. */
  hasAnswered = false;
  private lastId = 0;
  // In the order in which the calls were made, those behind the socket's own buffer; some may be over.
  private queue: Exchange[] = [];
  // Where those begin that are not sent, and how many of them wait.
  private head = 0;
  private queued = 0;
  private readonly waiting = new Map<number, Exchange>();
  // Cancellations and the like: past all limits, and nobody waits for their answers.
  private asides = "";
  private isWriting = false;
  private isScheduled = false;
  private alarm: Timer | undefined;
  private alarmAt = Infinity;
  private readonly reader: ReplyReader;
  // Notifications that the system is taking.
  private leaving: Exchange[] = [];
  private isListening = false;
  private isAsking = false;
  private maxFrame: number | undefined;
  private maxInFlight = 1000;

  private constructor(
    private readonly socket: Socket,
    private readonly events: ConnectionEvents,
    private readonly options: ConnectionOptions,
  ) {
    this.reader = new ReplyReader(options.exactDecimals);
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

  /** Sends a call, and waits for its result for as long as the call has time; else rejects, or as `recovery` does. */
  exchange(call: Call, recovery: Recovery = fail): Promise<unknown> {
    return this.enqueue(call, recovery, undefined);
  }

  /** Sends what is never answered; resolves when the system has it. */
  async notify(call: Call, text: string): Promise<void> {
    await this.enqueue(call, fail, text);
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

  private enqueue(call: Call, recovery: Recovery, notification: string | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(call, notification, recovery, resolve, reject);
      if (this.isLost) return exchange.lose(false);
      const { signal } = call;
      if (signal !== undefined) {
        if (signal.aborted) return reject(call.cancelled(false));
        exchange.onAbort = () => this.abort(exchange);
        signal.addEventListener("abort", exchange.onAbort);
      }
      this.arm(exchange, call.deadline + GRACE_MS);
      if (this.queued === 0 && this.waiting.size === 0) this.socket.ref();
      this.queued += 1;
      this.queue.push(exchange);
      this.schedule();
    });
  }

  /** One timer for all: those that are answered in time, which is most, cost none. */
  private arm(exchange: Exchange, end: number): void {
    exchange.end = end;
    if (end < this.alarmAt) this.setAlarm(end);
  }

  private setAlarm(at: number): void {
    clearTimeout(this.alarm);
    this.alarmAt = at;
    const ms = Math.min(MAX_TIMER_MS, Math.ceil(Math.max(0, at - now())));
    // The process lives by the socket, as long as anybody waits.
    this.alarm = setTimeout(this.onAlarm, ms).unref();
  }

  private readonly onAlarm = (): void => {
    const at = now();
    let next = Infinity;
    this.alarmAt = Infinity;
    for (const exchange of [...this.waiting.values(), ...this.unsent()]) {
      if (exchange.end <= at) this.expire(exchange);
      else next = Math.min(next, exchange.end);
    }
    if (next < this.alarmAt) this.setAlarm(next);
  };

  private unsent(): Exchange[] {
    return this.queue.slice(this.head).filter(({ id }) => id === WAITS);
  }

  private schedule(): void {
    if (this.isScheduled || this.isWriting) return;
    this.isScheduled = true;
    process.nextTick(this.onTick);
  }

  private readonly onTick = (): void => {
    this.isScheduled = false;
    this.flush();
  };

  /** Sends what is next, in the order in which it was given. */
  private flush(): void {
    if (this.isWriting || this.isListening || this.isLost) return;
    const at = now();
    let text = "";
    let isASCII = true;
    for (; this.head < this.queue.length; this.head += 1) {
      const exchange = this.queue[this.head];
      if (exchange.id === OVER) continue;
      if (this.waiting.size >= this.maxInFlight || text.length >= WRITE_LENGTH) break;
      if (this.mustWait(exchange)) break;
      if (this.isTooLarge(exchange)) continue;
      this.queued -= 1;
      isASCII &&= exchange.call.isASCII;
      if (exchange.notification !== undefined) {
        exchange.id = UNANSWERED;
        this.leaving.push(exchange);
        text += exchange.notification;
      } else text += this.send(exchange, at);
    }
    this.compact();
    text += this.asides;
    this.asides = "";
    if (text === "") return;
    this.isWriting = true;
    // The same bytes for what is ASCII, and faster.
    this.socket.write(text, isASCII ? "latin1" : "utf8", this.onWritten);
  }

  /** Forgets those that are sent, as soon as that costs little for each. */
  private compact(): void {
    if (this.head < this.queue.length / 2) return;
    this.queue = this.queue.slice(this.head);
    this.head = 0;
  }

  private send(exchange: Exchange, at: number): string {
    exchange.id = this.lastId += 1;
    this.waiting.set(exchange.id, exchange);
    return exchange.call.request(exchange.id, at);
  }

  private readonly onWritten = (fault?: Error | null): void => {
    this.isWriting = false;
    const left = this.leaving;
    this.leaving = [];
    for (const exchange of left) {
      this.settle(exchange);
      if (fault) exchange.lose(true);
      else exchange.resolve(undefined);
    }
    if (this.queued > 0 || this.asides !== "") this.flush();
  };

  /** Whether a call can't be sent yet; those behind it wait, too, so that none overtakes another. */
  private mustWait(exchange: Exchange): boolean {
    if (!exchange.call.isRepeatable && this.waiting.size === 0 && !exchange.hasListened) {
      // An end that the system knows of already: it is heard before a call is lost that can't be made again.
      exchange.hasListened = true;
      this.isListening = true;
      const goOn = () => {
        this.isListening = false;
        this.flush();
      };
      setImmediate(() => setImmediate(goOn));
      return true;
    }
    if (this.maxFrame !== undefined) return false;
    if (!this.options.asksLimits) {
      // No letter takes more than three bytes: most need not be counted.
      if (exchange.call.body.length <= SURE_BYTES / 4 || lengthOf(exchange.call) <= SURE_BYTES) return false;
    }
    this.askLimits();
    return true;
  }

  /** The sidecar's limits; asked for when they may matter, and not of each connection. */
  private askLimits(): void {
    if (this.isAsking) return;
    this.isAsking = true;
    const answered = (result: unknown) => {
      const limits = (result as { limits?: { frameBytes: number; inFlight: number } } | undefined)?.limits;
      // Without limits the sidecar's own word comes with the call.
      this.maxFrame = limits?.frameBytes ?? Infinity;
      // A cancellation has to get through.
      this.maxInFlight = Math.max(1, Math.min(this.maxInFlight, (limits?.inFlight ?? 1001) - 1));
    };
    const goOn = () => {
      this.isAsking = false;
      if (this.queued > 0) this.schedule();
    };
    // A refusal has no limits in it.
    const refused: Recovery = async (_call, fault) => {
      if (fault instanceof ConnectionLost) throw fault;
    };
    const hello = new Call("system.hello", { ...this.options.identity });
    const asked = new Promise((resolve, reject) => {
      const exchange = new Exchange(hello, undefined, refused, resolve, reject);
      this.arm(exchange, hello.deadline);
      this.asides += this.send(exchange, now());
    });
    asked.then(answered).catch(() => undefined).finally(goOn);
  }

  private isTooLarge(exchange: Exchange): boolean {
    const { call } = exchange;
    const length = this.maxFrame === undefined ? 0 : lengthOf(call);
    if (length <= (this.maxFrame ?? Infinity)) return false;
    this.settle(exchange);
    const text = `${call.method}: the request has about ${length} bytes, the limit is ${this.maxFrame}`;
    exchange.reject(call.truth(new errors.TooLarge(text)));
    return true;
  }

  // -- Ends

  private settle(exchange: Exchange): void {
    if (exchange.onAbort !== undefined) {
      exchange.call.signal?.removeEventListener("abort", exchange.onAbort);
    }
    if (exchange.id === WAITS) {
      exchange.id = OVER;
      this.queued -= 1;
    } else {
      // A call that was given up leaves its number: its answer, when it comes, is dropped.
      this.waiting.delete(exchange.id);
    }
    if (this.queued === 0 && this.waiting.size === 0 && !this.isLost) this.socket.unref();
  }

  private expire(exchange: Exchange): void {
    const { call } = exchange;
    const wasSent = exchange.id !== WAITS;
    this.settle(exchange);
    exchange.reject(call.signal?.aborted ? call.cancelled(wasSent) : call.outOfTime(wasSent));
    if (this.queued > 0) this.schedule();
  }

  /** Asks the sidecar to end the call, and waits a moment for its word on what was done. */
  private abort(exchange: Exchange): void {
    if (exchange.id === WAITS) {
      this.settle(exchange);
      exchange.reject(exchange.call.cancelled(false));
      return;
    }
    // What is never answered is on its way.
    if (exchange.notification !== undefined) return;
    this.asides += `{"jsonrpc":"2.0","id":"","method":"system.cancel","params":{"id":${exchange.id}}}\n`;
    this.schedule();
    this.arm(exchange, now() + ABORT_GRACE_MS);
  }

  private lose(): void {
    if (this.isLost) return;
    this.isLost = true;
    clearTimeout(this.alarm);
    const sent = [...this.waiting.values(), ...this.leaving];
    this.leaving = [];
    const unsent = this.unsent();
    this.queue = [];
    this.head = 0;
    for (const exchange of [...sent, ...unsent]) this.settle(exchange);
    for (const exchange of sent) exchange.lose(true);
    for (const exchange of unsent) exchange.lose(false);
    this.events.onLost?.();
  }

  /** A reply that does not end: nobody can say whose it is. */
  private giveUp(): void {
    for (const exchange of [...this.waiting.values()]) {
      this.settle(exchange);
      exchange.reject(exchange.call.replyTooLarge(MAX_REPLY_BYTES));
    }
    this.close();
  }

  // -- Answers

  private take(data: Buffer): void {
    for (const message of this.reader.read(data)) {
      if (!this.takeMessage(message)) return;
    }
    if (this.reader.isTooLong) this.giveUp();
    else if (this.queued > 0) this.schedule();
  }

  /** Whether the connection can go on. */
  private takeMessage(message: Message | undefined): boolean {
    if (typeof message !== "object" || message === null) {
      this.close();
      return false;
    }
    this.hasAnswered = true;
    if (typeof message.id === "number") {
      const exchange = this.waiting.get(message.id);
      if (exchange === undefined) return true;
      this.settle(exchange);
      exchange.answer(message);
    } else if (message.id === undefined) {
      this.events.onNotification?.(message);
    } else if (message.id === null && this.waiting.size > 0) {
      // The sidecar could not read whose answer it is.
      const [exchange, another] = this.waiting.values();
      if (another === undefined) {
        this.settle(exchange);
        exchange.answer(message);
      } else {
        this.options.asksLimits = true;
        this.close();
        return false;
      }
    }
    return true;
  }
}
