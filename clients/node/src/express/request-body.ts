import { canonical } from "../json.js";

/** As much of a request as its body is read by. */
export interface ReadableRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** What a parser has made of it, where one has been before. */
  readonly body?: unknown;
  /** Whether all of it has arrived. */
  readonly complete: boolean;
  readonly readableEnded: boolean;
  on(event: "readable" | "close" | "error", listener: () => void): unknown;
  removeListener(event: "readable" | "close" | "error", listener: () => void): unknown;
  read(): Uint8Array | null;
  unshift(chunk: Uint8Array): void;
}

/** The body's bytes, which the next handler can read all the same; or why there are none. */
export async function bodyOf(
  request: ReadableRequest,
  max: number,
): Promise<Uint8Array | "too large" | "gone"> {
  const { "content-length": length, "transfer-encoding": encoding } = request.headers;
  if (encoding === undefined && !(Number(length) > 0)) return Buffer.from("");
  // A parser has been here before: what it has made stands for what it has read.
  if (request.readableEnded) return parsedBody(request.body);
  if (Number(length) > max) return "too large";
  return await read(request, max);
}

function parsedBody(body: unknown): Uint8Array {
  if (typeof body === "string") return Buffer.from(body);
  return body instanceof Uint8Array ? body : Buffer.from(body === undefined ? "" : canonical(body));
}

function read(request: ReadableRequest, max: number): Promise<Uint8Array | "too large" | "gone"> {
  return new Promise((resolve) => {
    const parts: Uint8Array[] = [];
    let size = 0;
    const end = (outcome: Uint8Array | "too large" | "gone") => {
      request.removeListener("readable", onReadable);
      request.removeListener("close", onClose);
      request.removeListener("error", onClose);
      resolve(outcome);
    };
    const onClose = () => end("gone");
    const onReadable = () => {
      for (let part = request.read(); part !== null; part = request.read()) {
        parts.push(part);
        size += part.length;
        if (size > max) return end("too large");
      }
      if (!request.complete) return;
      const body = Buffer.concat(parts);
      // In the same turn in which the last of it was read, so that the stream has not said yet that it has ended.
      if (size > 0) request.unshift(body);
      end(body);
    };
    request.on("readable", onReadable);
    request.on("close", onClose);
    request.on("error", onClose);
  });
}
