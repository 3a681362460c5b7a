import { createHash } from "node:crypto";
import { CloakroomError } from "./errors.js";
import { canonical } from "./json.js";

/** What an operator reads as an operation's last error. */
export function failureText(fault: unknown): string {
  const text = fault instanceof Error ? `${fault.name}: ${fault.message}` : `thrown: ${typeof fault}`;
  return text.slice(0, 500);
}

/** Whether a cache may be passed by: nothing could be asked. */
export function isOutage(fault: unknown): boolean {
  return (
    fault instanceof CloakroomError &&
    ["UNAVAILABLE", "OVERLOADED", "DEADLINE_EXCEEDED", "OUTCOME_UNKNOWN"].includes(fault.reason)
  );
}

/** The name of a function's answer to these arguments, whatever the order of members. */
export function callKey(name: string, args: readonly unknown[]): string {
  const given = args.map((arg) => (arg === undefined ? null : arg));
  return `${name}:${createHash("sha256").update(canonical(given)).digest("hex")}`;
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A life in milliseconds; the sidecar has the last word on whether it is one. */
export function milliseconds(ttl: number | string): number {
  if (typeof ttl === "number") return ttl * 1000;
  const [, count, unit] = /^(\d+)(ms|min|s|m|h|d)$/.exec(ttl) ?? [];
  return count === undefined ? 30_000 : Number(count) * UNITS[unit];
}

/** Runs what was fitted with a resource, and gives the resource back: in peace, or with what was thrown. */
export async function within<
  R extends { finish(result: unknown): Promise<unknown>; fail(fault: unknown): Promise<unknown> },
  T,
>(
  resource: R,
  body: (resource: R) => T | PromiseLike<T>,
): Promise<T> {
  let result: T;
  try {
    result = await body(resource);
  } catch (fault) {
    // What the body has thrown matters more: what is held ends by itself.
    await resource.fail(fault).catch(() => undefined);
    throw fault;
  }
  await resource.finish(result);
  return result;
}
