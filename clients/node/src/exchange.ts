import { Call } from "./call.js";
import * as errors from "./errors.js";
import { Message } from "./reply-reader.js";

/** The connection broke: after the request was handed to it, or before. */
export class ConnectionLost extends Error {
  constructor(readonly wasSent: boolean) {
    super("the connection was lost");
  }
}

/** What becomes of a call that has no result: the sidecar answered with an error, or the connection was lost. */
export type Recovery = (call: Call, fault: errors.CloakroomError | ConnectionLost) => Promise<unknown>;

/** Rejects with what happened. */
export const fail: Recovery = (_call, fault) => Promise.reject(fault);

// Of an exchange that has no number: it waits for its turn, it is sent and never answered, or it is over.
export const WAITS = 0;
export const UNANSWERED = -1;
export const OVER = -2;

/** A call that waits for its turn, or for its answer. */
export class Exchange {
  /** Of its request, or why it has none. */
  id = WAITS;
  /** Whether it has let the system tell that the sidecar has left. */
  hasListened = false;
  /** When it is given up. */
  end = 0;
  onAbort: (() => void) | undefined = undefined;

  constructor(
    readonly call: Call,
    /** In place of a request: what is never answered. */
    readonly notification: string | undefined,
    private readonly recovery: Recovery,
    readonly resolve: (result: unknown) => void,
    readonly reject: (fault: Error) => void,
  ) {}

  answer({ error, result }: Message): void {
    this.resolve(error === undefined ? result : this.recovery(this.call, errors.fromReply(error)));
  }

  lose(wasSent: boolean): void {
    this.resolve(this.recovery(this.call, new ConnectionLost(wasSent)));
  }
}
