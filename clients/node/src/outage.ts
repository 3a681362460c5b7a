import { isOutage } from "./shared.js";

/**
 * Remembers that something could not be asked, so that requests don't each wait for it to find out again. After a
 * moment it is asked in the background, and it is used again once it has answered.
 */
export class Outage {
  private retryAt: number | undefined;
  private isProbing = false;

  /** @param momentMs for how long it is passed by before it is asked again. */
  constructor(private readonly momentMs: number) {}

  /** Whether it is to be passed by; `probe` is how it is asked when a moment has gone by. */
  isOn(probe: () => Promise<unknown>): boolean {
    if (this.retryAt === undefined) return false;
    if (!this.isProbing && performance.now() >= this.retryAt) {
      this.isProbing = true;
      void this.ask(probe).catch(() => undefined).finally(() => (this.isProbing = false));
    }
    return true;
  }

  /** Asks; undefined where nothing could be asked, which is remembered. */
  async ask<R>(call: () => Promise<R>): Promise<R | undefined> {
    let answer;
    try {
      answer = await call();
    } catch (fault) {
      if (isOutage(fault)) {
        this.retryAt = performance.now() + this.momentMs;
        return undefined;
      }
      this.retryAt = undefined;
      throw fault;
    }
    this.retryAt = undefined;
    return answer;
  }
}
