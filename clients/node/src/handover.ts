import { asyncDispose } from "./dispose.js";
import { Pending as PendingMethods, PendingCheckoutOptions, PendingCheckoutResult } from "./methods.js";
import { Session as SessionMethods, SessionCheckoutOptions, SessionCheckoutResult } from "./methods.js";
import { failureText, within } from "./shared.js";

interface Ways {
  commit(receipt: string, result: unknown): Promise<unknown>;
  release(receipt: string, error: string | undefined): Promise<unknown>;
}

/** An operation that is leased to this caller, until it is committed or released. */
export class Handover<
  T = unknown,
  R extends { data: T; receipt: string; fence: number; attempt: number } = never,
> {
  readonly data: T;
  readonly receipt: string;
  /** Refuses late writes at the store that is written to. */
  readonly fence: number;
  /** Which checkout of it this is, from 1. */
  readonly attempt: number;
  private isOver = false;

  /** @internal */
  constructor(
    /** All that the sidecar says of it. */
    readonly raw: R,
    private readonly ways: Ways,
  ) {
    this.data = raw.data;
    this.receipt = raw.receipt;
    this.fence = raw.fence;
    this.attempt = raw.attempt;
  }

  /** Says that it is done; who commits it again is answered the same result. */
  async commit(result: unknown = null): Promise<void> {
    await this.ways.commit(this.receipt, result);
    this.isOver = true;
  }

  /** Opens it to the next one; the error is what operators read. Does nothing once it is committed. */
  async release(error?: string): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    await this.ways.release(this.receipt, error);
  }

  /** @internal */
  async finish(result: unknown): Promise<void> {
    if (!this.isOver) await this.commit(result === undefined ? null : result);
  }

  /** @internal */
  async fail(fault: unknown): Promise<void> {
    await this.release(failureText(fault));
  }
}

export interface Handover<T, R> {
  /** Releases it unless it was committed, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

Object.defineProperty(Handover.prototype, asyncDispose, {
  value: function (this: Handover): Promise<void> {
    return this.release();
  },
});

/** A pending operation that is leased. */
export type PendingHandover<T = unknown> = Handover<T, PendingCheckoutResult<T>>;
/** A finished session that is leased. */
export type SessionHandover<T = unknown> = Handover<T, SessionCheckoutResult<T>>;

/** pending.*, and the hand-over. */
export class Pending extends PendingMethods {
  /** Leases an operation; it is the caller's to commit or to release. */
  checkout<T = unknown>(
    token: string,
    operationType: string,
    options?: PendingCheckoutOptions,
  ): Promise<PendingHandover<T>>;
  /** The same for as long as the function runs: committed with what it answers, or released with its error. */
  checkout<T, R>(
    token: string,
    operationType: string,
    body: (operation: PendingHandover<T>) => R | PromiseLike<R>,
    options?: PendingCheckoutOptions,
  ): Promise<R>;
  async checkout<T, R>(
    token: string,
    operationType: string,
    given?: PendingCheckoutOptions | ((operation: PendingHandover<T>) => R | PromiseLike<R>),
    more: PendingCheckoutOptions = {},
  ): Promise<R | PendingHandover<T>> {
    const options = typeof given === "object" ? given : more;
    const { scope, actor } = options;
    const raw = await this.invoke("pending.checkout", { token, operationType }, options);
    const operation: PendingHandover<T> = new Handover(raw as PendingCheckoutResult<T>, {
      commit: (receipt, result) => this.commit(token, operationType, receipt, { scope, actor, result }),
      release: (receipt, error) => this.release(token, operationType, receipt, { scope, actor, error }),
    });
    return typeof given === "function" ? within(operation, given) : operation;
  }
}

/** session.*, and the hand-over. */
export class Session extends SessionMethods {
  /** Leases a finished session; it is the caller's to commit or to release. */
  checkout<T = unknown>(sessionId: string, options?: SessionCheckoutOptions): Promise<SessionHandover<T>>;
  /** The same for as long as the function runs: committed with what it answers, or released with its error. */
  checkout<T, R>(
    sessionId: string,
    body: (operation: SessionHandover<T>) => R | PromiseLike<R>,
    options?: SessionCheckoutOptions,
  ): Promise<R>;
  async checkout<T, R>(
    sessionId: string,
    given?: SessionCheckoutOptions | ((operation: SessionHandover<T>) => R | PromiseLike<R>),
    more: SessionCheckoutOptions = {},
  ): Promise<R | SessionHandover<T>> {
    const options = typeof given === "object" ? given : more;
    const { scope, actor, metadata } = options;
    const raw = await this.invoke("session.checkout", { sessionId }, options);
    const operation: SessionHandover<T> = new Handover(raw as SessionCheckoutResult<T>, {
      commit: (receipt, result) => this.commit(sessionId, receipt, { scope, actor, metadata, result }),
      release: (receipt, error) => this.release(sessionId, receipt, { scope, actor, metadata, error }),
    });
    return typeof given === "function" ? within(operation, given) : operation;
  }
}
