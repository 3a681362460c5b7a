import { decode, isDecodedPlainly } from "./json.js";

// Of a reply; the sidecar's own limit is far below.
export const MAX_REPLY_BYTES = 64 * 1024 * 1024;

/** A sidecar's answer, or what it tells unasked. */
export interface Message {
  id?: unknown;
  result?: unknown;
  error?: unknown;
  method?: unknown;
  params?: unknown;
}

/** Takes what arrives apart into messages, a line each. */
export class ReplyReader {
  // Of a line that has not ended.
  private parts: Buffer[] = [];
  private length = 0;

  constructor(private readonly exactDecimals: boolean) {}

  /** Whether a line has become longer than any reply. */
  get isTooLong(): boolean {
    return this.length > MAX_REPLY_BYTES;
  }

  /** @internal The messages that end in these bytes; undefined for a line that is none. */
  read(data: Buffer): (Message | undefined)[] {
    const end = data.lastIndexOf(0x0a);
    if (end < 0) {
      this.parts.push(data);
      this.length += data.length;
      return [];
    }
    let text: string;
    if (this.parts.length > 0) {
      this.parts.push(data.subarray(0, end));
      text = Buffer.concat(this.parts).toString();
    } else {
      text = data.toString("utf8", 0, end);
    }
    this.parts = end + 1 < data.length ? [data.subarray(end + 1)] : [];
    this.length = data.length - end - 1;
    return messagesIn(text, this.exactDecimals);
  }
}

/** The messages of some lines; undefined for one that is none. */
function messagesIn(text: string, exactDecimals: boolean): (Message | undefined)[] {
  if (!text.includes("\n")) return text === "" ? [] : [messageOf(text, exactDecimals)];
  if (isDecodedPlainly(text, exactDecimals)) {
    try {
      // All at once: a line's end is in no string, where it would be an escape.
      return JSON.parse(`[${text.replace(/\n/g, ",")}]`);
    } catch {
      // One of them is none, or there is an empty line.
    }
  }
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => messageOf(line, exactDecimals));
}

function messageOf(line: string, exactDecimals: boolean): Message | undefined {
  try {
    return decode(line, exactDecimals) as Message;
  } catch {
    return undefined;
  }
}
