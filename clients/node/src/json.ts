import { randomBytes } from "node:crypto";
import { Decimal, exactNumber } from "./decimal.js";

/** A value that is no JSON. Its text says what kind of thing it is, never what is in it. */
export class NoJSON extends Error {}

// A cycle has no end; what is deeper than any sidecar reads is refused before the stack is.
const MAX_DEPTH = 1000;

/** The value's JSON: integers exact, bytes as `{"$base64": …}`; undefined for undefined. */
export function encode(value: unknown): string {
  const text = isPlain(value, 0) ? JSON.stringify(value) : written(value, 0, false);
  // An escape of a surrogate is one that stands alone: JSON.stringify escapes no others.
  if (text.includes("\\ud") && /(?:^|[^\\])(?:\\\\)*\\ud[89a-f]/.test(text)) {
    throw new NoJSON("a lone surrogate");
  }
  return text;
}

/** The value's JSON with the names of members in order: the same for what is the same. */
export function canonical(value: unknown): string {
  return written(value, 0, true);
}

/** Whether JSON.stringify writes a value without loss; else `written` does, or says what is wrong. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object": {
      if (value === null) return true;
      if (depth > MAX_DEPTH) return false;
      if (Array.isArray(value)) {
        for (const item of value) if (!isPlain(item, depth + 1)) return false;
        return true;
      }
      const prototype = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) return false;
      for (const name in value) {
        const member = (value as Record<string, unknown>)[name];
        if (member !== undefined && !isPlain(member, depth + 1)) return false;
      }
      return !("toJSON" in value);
    }
    default:
      return false;
  }
}

function written(value: unknown, depth: number, isCanonical: boolean): string {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw new NoJSON("a number that is not finite");
      return JSON.stringify(value);
    case "bigint":
      return value.toString();
    case "object":
      if (depth > MAX_DEPTH) throw new NoJSON(`nested deeper than ${MAX_DEPTH}, or in a circle`);
      return value === null ? "null" : writtenObject(value, depth, isCanonical);
    default:
      throw new NoJSON(`a value of type ${typeof value}`);
  }
}

function writtenObject(value: object, depth: number, isCanonical: boolean): string {
  const bytes = bytesOf(value);
  if (bytes !== undefined) return `{"$base64":"${bytes.toString("base64")}"}`;
  if (value instanceof Decimal) return value.text;
  if (Array.isArray(value)) {
    const items: string[] = [];
    // Holes are undefined here, and refused.
    for (const item of value) items.push(written(item, depth + 1, isCanonical));
    return `[${items.join(",")}]`;
  }
  if (value instanceof Date && Number.isNaN(value.getTime())) throw new NoJSON("an invalid Date");
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return written(toJSON.call(value, ""), depth + 1, isCanonical);
  if (value instanceof Map || value instanceof Set || value instanceof Promise || value instanceof RegExp) {
    throw new NoJSON(`a ${value.constructor.name}`);
  }
  if (value instanceof Number || value instanceof String || value instanceof Boolean) {
    return written(value.valueOf(), depth + 1, isCanonical);
  }
  const names = Object.keys(value);
  if (isCanonical) names.sort();
  const members: string[] = [];
  for (const name of names) {
    const member = (value as Record<string, unknown>)[name];
    if (member === undefined) continue;
    members.push(`${JSON.stringify(name)}:${written(member, depth + 1, isCanonical)}`);
  }
  return `{${members.join(",")}}`;
}

function bytesOf(value: object): Buffer | undefined {
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  return undefined;
}

// Sixteen digits and more, or an exponent of three: what a double may not hold. A text may look like it too.
const DOUBTFUL = /[\d.]{16}|\d[eE][+-]?\d{3}/;
const FRACTION = /\d[.eE]/;
// Stands before a number's text while JSON.parse is at work; nobody can guess it, so that no string begins with it.
const MARK = randomBytes(16).toString("hex");

const BYTES = '"$base64"';

/** Whether `decode` is no more than JSON.parse for a text. */
export function isDecodedPlainly(text: string, exactDecimals: boolean): boolean {
  return !isDoubtful(text, exactDecimals) && !text.includes(BYTES);
}

function isDoubtful(text: string, exactDecimals: boolean): boolean {
  return DOUBTFUL.test(text) || (exactDecimals && FRACTION.test(text));
}

/**
 * What a JSON text says: integers past 2^53 are bigints, decimals that no double holds are Decimals, bytes Buffers.
 *
 * @param exactDecimals whether all that is written as a decimal is a Decimal.
 */
export function decode(text: string, exactDecimals = false): unknown {
  if (isDecodedPlainly(text, exactDecimals)) return JSON.parse(text);
  const marked = isDoubtful(text, exactDecimals) ? markNumbers(text, exactDecimals) : text;
  const hasNumbers = marked !== text;
  const hasBytes = text.includes(BYTES);
  if (!hasNumbers && !hasBytes) return JSON.parse(text);
  return JSON.parse(marked, (_name, value) => {
    if (typeof value === "string") {
      if (!hasNumbers || !value.startsWith(MARK)) return value;
      const number = value.slice(MARK.length);
      return exactDecimals && FRACTION.test(number) ? new Decimal(number) : exactNumber(number);
    }
    return hasBytes && typeof value === "object" && value !== null ? bytesIn(value) : value;
  });
}

function bytesIn(value: Record<string, unknown>): unknown {
  const text = value.$base64;
  if (typeof text !== "string" || Object.keys(value).length !== 1) return value;
  const bytes = Buffer.from(text, "base64");
  // Buffer takes what is no base64 too.
  return bytes.toString("base64") === text ? bytes : value;
}

/** The text with each number that is to be no double as a marked string. */
function markNumbers(text: string, exactDecimals: boolean): string {
  let marked = "";
  let copied = 0;
  const token = /"|-?\d[\d.eE+-]*/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === '"') {
      token.lastIndex = endOfString(text, match.index);
      continue;
    }
    const number = match[0];
    const isDecimal = exactDecimals && FRACTION.test(number);
    // The shortest one that no double holds: 1e309.
    if (!isDecimal && (number.length < 5 || typeof exactNumber(number) === "number")) continue;
    marked += `${text.slice(copied, match.index)}"${MARK}${number}"`;
    copied = match.index + number.length;
  }
  return marked + text.slice(copied);
}

/** Where the string that begins at an index has ended. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === 0x5c) escapes += 1;
    if (escapes % 2 === 0) return end + 1;
  }
  return text.length;
}
