// As much of Node as the client uses: its own types are on npm alone, which a build can do without.

interface Buffer extends Uint8Array {
  toString(encoding?: string, start?: number, end?: number): string;
  subarray(start?: number, end?: number): Buffer;
}
declare const Buffer: {
  from(text: string, encoding?: string): Buffer;
  from(buffer: ArrayBufferLike, offset?: number, length?: number): Buffer;
  concat(parts: ReadonlyArray<Uint8Array>): Buffer;
  byteLength(text: string): number;
};

declare const process: {
  readonly env: Readonly<Record<string, string | undefined>>;
  getuid(): number;
  nextTick(callback: () => void): void;
  emitWarning(text: string, name: string): void;
};

declare class URL {
  constructor(text: string);
  readonly hostname: string;
}

declare const performance: { now(): number };

interface Timer {
  ref(): this;
  unref(): this;
}
declare function setTimeout(callback: () => void, ms: number): Timer;
declare function setImmediate(callback: (value?: undefined) => void): void;
declare function clearTimeout(timer: Timer | undefined): void;

interface AbortSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}
declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

declare class Response {
  constructor(body: string, options: { status: number; headers: Record<string, string> });
  readonly status: number;
}

declare module "node:crypto" {
  export function randomBytes(size: number): Buffer;
  interface Hash {
    update(text: string | Uint8Array): Hash;
    digest(encoding: string): string;
  }
  export function createHash(name: string): Hash;
  export function createHmac(
    name: string,
    key: string | Uint8Array,
  ): { update(text: string): { digest(): Buffer } };
  export function hkdfSync(
    name: string,
    key: string,
    salt: string,
    info: string,
    length: number,
  ): ArrayBuffer;
  export function timingSafeEqual(one: Uint8Array, other: Uint8Array): boolean;
}

declare module "node:fs" {
  export function existsSync(path: string): boolean;
  export function lstatSync(
    path: string,
    options: { throwIfNoEntry: false },
  ): { isDirectory(): boolean; uid: number; mode: number } | undefined;
}

declare module "node:net" {
  export interface Socket {
    on(event: "connect" | "end" | "close", listener: () => void): this;
    on(event: "data", listener: (data: Buffer) => void): this;
    on(event: "error", listener: (fault: Error) => void): this;
    write(text: string, encoding: string, callback: (fault?: Error | null) => void): boolean;
    destroy(): void;
    pause(): this;
    resume(): this;
    ref(): this;
    unref(): this;
  }
  export function isIP(text: string): 0 | 4 | 6;
  export function createConnection(path: string): Socket;
}
