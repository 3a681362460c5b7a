import { createHash } from "node:crypto";
import { Consumed, LeaseLost } from "./errors.js";
import { Room } from "./room.js";
import { within } from "./shared.js";

/** The hand-over of one ticket. */
export interface SaveOnceWays<L extends Lease, R> {
  checkout(receipt: string): Promise<L>;
  /** Ends it; once it was ended with this receipt it answers the first result. */
  commit(receipt: string): Promise<{ result: R | null }>;
}

interface Lease {
  finish(result: unknown): Promise<unknown>;
  fail(fault: unknown): Promise<unknown>;
}

// How long somebody waits for another who saves the same thing.
const WAIT_MS = 5000;
const DEFAULT_LEASE_TTL = "60s";
const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
// As long as the sidecar keeps the result, unless it is told otherwise.
const TTL = "24h";

/**
 * Saves what is leased where it belongs, once: who asks again is answered the first result, also one who asks while
 * it is being saved. When saving fails, the next one tries again.
 *
 * @param name what is saved by whom: secret, and the same for a repetition.
 * @param leaseTtl how long what is handed over is the caller's; after half as long again somebody else may try.
 * @throws IdempotencyInProgress where another takes too long.
 */
export async function saveOnce<L extends Lease, R>(
  room: Room,
  name: string,
  ways: SaveOnceWays<L, R>,
  save: (lease: L) => R | PromiseLike<R>,
  leaseTtl: number | bigint | string = DEFAULT_LEASE_TTL,
): Promise<R> {
  // The same receipt at each try: it is what the first result is asked for with. So the guard has to see to it
  // that there is one at a time.
  const receipt = digest("receipt", name);
  const firstResult = async () => (await ways.commit(receipt)).result as R;
  let saved: { readonly result: R } | undefined;
  await room.idempotent(digest("save", name), async () => {
    let lease;
    try {
      lease = await ways.checkout(receipt);
    } catch (fault) {
      if (!(fault instanceof Consumed)) throw fault;
      saved = { result: await orElse(firstResult, fault) };
      return;
    }
    saved = { result: await within(lease, save) };
  }, { waitMs: WAIT_MS, lockTtl: longerThan(leaseTtl), ttl: TTL });
  return saved === undefined ? await firstResult() : saved.result;
}

/** The first result, if it was this receipt that the ticket was ended with; else how it has ended. */
async function orElse<R>(firstResult: () => Promise<R>, end: Consumed): Promise<R> {
  try {
    return await firstResult();
  } catch (fault) {
    throw fault instanceof LeaseLost ? end : fault;
  }
}

/** A time longer than the lease: who comes after a process that has died is given a new lease, and not its one. */
function longerThan(leaseTtl: number | bigint | string): string {
  const [, number, unit] = /^(\d+)(ms|s|m|h|d)?$/.exec(String(leaseTtl)) ?? [];
  // What is no time is refused by the sidecar.
  const milliseconds = Number(number ?? 60) * UNITS[(unit ?? "s") as keyof typeof UNITS];
  return `${Math.ceil(milliseconds * 1.5)}ms`;
}

/** What nobody can find the name by. */
export function digest(purpose: string, name: string): string {
  return `${purpose}:${createHash("sha256").update(`${purpose}:${name}`).digest("base64url")}`;
}
