import { asyncDispose } from "./dispose.js";
import { MAX_TIMER_MS, randomName } from "./call.js";
import { ClaimNotHeld, CloakroomError, Conflict, LeaseLost } from "./errors.js";
import { Claim } from "./methods.js";
import { isOutage, milliseconds, within } from "./shared.js";
import { Invoke, Signal } from "./stub.js";

/** How a claim is held. */
export interface HoldOptions {
  /** How long it lives without being renewed: 30 s. */
  ttl?: number | string;
  /** How long to wait for it: not at all. */
  waitMs?: number;
  /** Who holds it; a name that nobody else has. */
  owner?: string;
  /** Whether it renews itself at a third of its life, as it does unless told. */
  renew?: boolean;
  /** Gives up waiting for it. */
  signal?: Signal;
}

/** A claim that is held, and renews itself until it is released. */
export class HeldClaim {
  /** Refuses late writes at the store that is written to. */
  readonly fence: number;
  readonly owner: string;
  private readonly ttl: number | string;
  private readonly controller = new AbortController();
  private ends: number;
  private timer: Timer | undefined;
  private isReleased = false;
  private readonly renews: boolean;

  /** @internal */
  constructor(
    private readonly methods: Claim,
    readonly key: string,
    hold: { owner: string; ttl: number | string; fence: number; since: number; renew: boolean },
  ) {
    this.owner = hold.owner;
    this.ttl = hold.ttl;
    this.fence = hold.fence;
    this.ends = hold.since + milliseconds(hold.ttl);
    this.renews = hold.renew;
    this.watch();
  }

  /** Whether somebody else may hold it by now. */
  get isLost(): boolean {
    return this.controller.signal.aborted || performance.now() >= this.ends;
  }

  /** Aborted when the claim is lost: for what should stop then. */
  get signal(): Signal {
    return this.controller.signal;
  }

  /** Throws ClaimNotHeld when the claim is lost. */
  check(): void {
    if (this.isLost) throw new ClaimNotHeld("the claim is lost");
  }

  /** Lengthens its life from now on; for those that don't renew themselves. */
  async renew(timeoutMs?: number): Promise<void> {
    const before = performance.now();
    try {
      await this.methods.renew(this.key, this.owner, { ttl: this.ttl, fence: this.fence, timeoutMs });
    } catch (fault) {
      if (fault instanceof ClaimNotHeld || fault instanceof LeaseLost) this.lose();
      throw fault;
    }
    this.ends = before + milliseconds(this.ttl);
    this.watch();
  }

  /** Gives it back; does nothing the second time. */
  async release(): Promise<void> {
    if (this.isReleased) return;
    this.isReleased = true;
    clearTimeout(this.timer);
    await this.methods.release(this.key, this.owner, { fence: this.fence });
  }

  /** @internal */
  async finish(): Promise<void> {
    await this.release();
  }

  /** @internal */
  async fail(): Promise<void> {
    await this.release();
  }

  private watch(): void {
    clearTimeout(this.timer);
    if (this.isReleased || this.controller.signal.aborted) return;
    const left = this.ends - performance.now();
    const next = this.renews ? Math.min(left, milliseconds(this.ttl) / 3) : left;
    // A claim keeps no process alive that has nothing else to do.
    const ms = Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(next)));
    this.timer = setTimeout(() => void this.onTime(), ms).unref();
  }

  private async onTime(): Promise<void> {
    const left = this.ends - performance.now();
    if (left <= 0) return this.lose();
    if (!this.renews) return this.watch();
    try {
      await this.renew(Math.min(left, milliseconds(this.ttl) / 3));
    } catch (fault) {
      // While nobody could be asked it is held, until its life is over.
      if (isOutage(fault)) this.watch();
      else this.lose();
    }
  }

  private lose(): void {
    if (this.isReleased || this.controller.signal.aborted) return;
    this.controller.abort(new ClaimNotHeld("the claim is lost"));
  }
}

export interface HeldClaim {
  /** Releases it, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>;
}

Object.defineProperty(HeldClaim.prototype, asyncDispose, {
  value: function (this: HeldClaim): Promise<void> {
    return this.release();
  },
});

/** claim.*, and claims that are held. */
export interface ClaimMethods extends Pick<Claim, "inspect" | "once" | "release" | "renew"> {
  /** Takes a claim and holds it until it is released; Conflict when another owner has it. */
  (key: string, options?: HoldOptions): Promise<HeldClaim>;
  /** The same for as long as the function runs. */
  <T>(key: string, body: (claim: HeldClaim) => T | PromiseLike<T>): Promise<T>;
  <T>(key: string, options: HoldOptions, body: (claim: HeldClaim) => T | PromiseLike<T>): Promise<T>;
}

/** @internal */
export function claimMethods(invoke: Invoke): ClaimMethods {
  const methods = new Claim(invoke);
  const hold = async (
    key: string,
    given?: HoldOptions | ((claim: HeldClaim) => unknown),
    body?: (claim: HeldClaim) => unknown,
  ): Promise<unknown> => {
    if (typeof given === "function") return hold(key, {}, given);
    const claim = await take(methods, key, given ?? {});
    return body === undefined ? claim : within(claim, body);
  };
  return Object.assign(hold as ClaimMethods, {
    inspect: methods.inspect.bind(methods),
    once: methods.once.bind(methods),
    release: methods.release.bind(methods),
    renew: methods.renew.bind(methods),
  });
}

async function take(methods: Claim, key: string, options: HoldOptions): Promise<HeldClaim> {
  const { ttl = 30, waitMs = 0, owner = randomName(), renew = true, signal } = options;
  const before = performance.now();
  let answer;
  try {
    answer = await methods.once(key, owner, { ttl, waitMs, signal });
  } catch (fault) {
    // It may have been taken all the same; nobody would release it.
    if (fault instanceof CloakroomError && fault.reason === "OUTCOME_UNKNOWN") {
      methods.release(key, owner).catch(() => undefined);
    }
    throw fault;
  }
  if (!answer.claimed || answer.fence === null) {
    throw new Conflict("another owner holds the claim", { retryable: true });
  }
  // How long it was waited for is not known: its life has begun by now at the latest.
  const since = waitMs > 0 ? performance.now() : before;
  return new HeldClaim(methods, key, { owner, ttl, fence: answer.fence, since, renew });
}
