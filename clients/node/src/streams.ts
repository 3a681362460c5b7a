import { Streams as Methods, StreamsReadResult } from "./methods.js";
import { CallOptions, Signal } from "./stub.js";

/** How a consumer of a group takes its messages. */
export interface GroupOptions extends Pick<CallOptions, "scope" | "actor"> {
  /** How many at once: 10. */
  count?: number;
  /** How long one call waits for messages: 5 s. */
  blockMs?: number;
  /** After how long what another consumer has not acknowledged is taken over: a minute. */
  reclaimAfterMs?: number;
  /** Past it a message goes to the dead-letter stream. */
  maxDeliveries?: number;
  /** Whether a message is acknowledged when the next one is asked for, as it is unless told. */
  autoAck?: boolean;
  /** Whether to wait for more when there are none, as it does unless told. */
  forever?: boolean;
  /** Ends the loop: it throws Cancelled. */
  signal?: Signal;
}

type Raw<T> = StreamsReadResult<T>["messages"][number];

/** A stream's message, handed to one consumer of a group. */
export class StreamMessage<T = unknown> {
  readonly id: string;
  readonly data: T;
  /** How often it has been handed out. */
  readonly deliveries: number;
  /** All that the sidecar says of it. */
  readonly raw: Raw<T>;
  private isAcked = false;

  /** @internal */
  constructor(
    raw: Raw<T>,
    private readonly acknowledge: (id: string) => Promise<unknown>,
  ) {
    this.raw = raw;
    this.id = raw.id;
    this.data = raw.message;
    this.deliveries = raw.deliveries;
  }

  /** Says that it is done, so that nobody gets it again. */
  async ack(): Promise<void> {
    if (this.isAcked) return;
    await this.acknowledge(this.id);
    this.isAcked = true;
  }
}

/** streams.*, and consumers of a group. */
export class Streams extends Methods {
  /** The group's messages: acknowledged when the loop asks for the next one, and not when its body throws. */
  async *group<T = unknown>(
    stream: string,
    group: string,
    consumer: string,
    options: GroupOptions = {},
  ): AsyncGenerator<StreamMessage<T>, void, undefined> {
    const { count = 10, blockMs = 5000, reclaimAfterMs = 60_000, maxDeliveries, ...rest } = options;
    const { autoAck = true, forever = true, ...common } = rest;
    const { signal: _signal, ...withoutSignal } = common;
    const acknowledge = (id: string) => this.ack(stream, group, [id], withoutSignal);
    await this.ensure(stream, group, common);
    let nextReclaim = 0;
    for (;;) {
      let batch: Raw<T>[] = [];
      if (performance.now() >= nextReclaim) {
        const limits = { minIdleMs: reclaimAfterMs, count, maxDeliveries };
        batch = (await this.reclaim<T>(stream, group, consumer, { ...common, ...limits })).messages;
        if (batch.length === 0) nextReclaim = performance.now() + reclaimAfterMs / 2;
      }
      if (batch.length === 0) {
        const wait = forever ? blockMs : 0;
        batch = (await this.read<T>(stream, group, consumer, { ...common, count, blockMs: wait })).messages;
        if (batch.length === 0 && !forever) return;
      }
      for (const raw of batch) {
        const message = new StreamMessage<T>(raw, acknowledge);
        yield message;
        if (autoAck) await message.ack();
      }
    }
  }
}
