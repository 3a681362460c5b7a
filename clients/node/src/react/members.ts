/** An object's members, as JSON has them; an undefined one is to be removed. */
export type Members = Readonly<Record<string, unknown>>;

/** A copy as JSON has it, so that what is shown is what is kept: a Date is its text. Throws where JSON has no such. */
export function plain(value: object): Members {
  const members: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const text = JSON.stringify(member) as string | undefined;
    define(members, name, text === undefined ? undefined : JSON.parse(text));
  }
  return members;
}

/** The members of both, the later ones before the earlier, and none that was removed. */
export function merged(...all: ReadonlyArray<Members>): Members {
  const members: Record<string, unknown> = {};
  for (const one of all) for (const [name, value] of Object.entries(one)) define(members, name, value);
  for (const [name, value] of Object.entries(members)) {
    if (value === undefined || value === null) delete members[name];
  }
  return members;
}

/** The merge patch (RFC 7396) that gives the members these values: nested objects become them, and are not merged. */
export function patchOf(saved: Members, changes: Members): Members {
  const patch: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(changes)) {
    const old = member(saved, name);
    if (value === undefined || value === null) {
      if (old !== undefined) define(patch, name, null);
    } else if (isMembers(value) && isMembers(old)) {
      const inner = patchOf(old, replacing(old, value));
      if (Object.keys(inner).length > 0) define(patch, name, inner);
    } else if (JSON.stringify(old) !== JSON.stringify(value)) {
      define(patch, name, value);
    }
  }
  return patch;
}

/** The members of one in place of another's, which are removed where it has none. */
function replacing(old: Members, value: Members): Members {
  const members: Record<string, unknown> = {};
  for (const name of Object.keys(old)) define(members, name, undefined);
  for (const [name, member] of Object.entries(value)) define(members, name, member);
  return members;
}

/** A member of an object's own; undefined where it has none. */
export function member(members: Members, name: string): unknown {
  return Object.prototype.hasOwnProperty.call(members, name) ? members[name] : undefined;
}

/** Whether two values are the same, whatever the order of members: one that is null is removed. */
export function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((value, index) => isSame(value, other[index]));
  }
  if (isMembers(one) && isMembers(other)) {
    const names = new Set([...Object.keys(one), ...Object.keys(other)]);
    return [...names].every((name) => isSame(member(one, name), member(other, name)));
  }
  return (one ?? null) === (other ?? null);
}

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Also where the name is `__proto__`. */
function define(members: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(members, name, { value, configurable: true, enumerable: true, writable: true });
}
