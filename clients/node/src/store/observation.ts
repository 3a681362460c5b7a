import { CloakroomError } from "../errors.js";
import { IgniterStoreError } from "./error.js";

/** Who is told what the store does; any logger of levels will do. */
export interface IgniterStoreLogger {
  debug?(message: string, facts?: object): void;
  warn?(message: string, facts?: object): void;
  error?(message: string, facts?: object): void;
}

/** Who counts what the store does. */
export interface IgniterStoreTelemetry {
  emit(name: string, event: { level: "debug" | "error"; attributes: Record<string, unknown> }): void;
}

/** Tells what the store does, without keys, values or the ids of scopes. */
export class Observation {
  constructor(
    private readonly service: string,
    private readonly logger?: IgniterStoreLogger,
    private readonly telemetry?: IgniterStoreTelemetry,
  ) {}

  /** Does something, and throws nothing but the store's errors. */
  async observe<T>(operation: string, scopes: ReadonlyArray<string>, work: () => Promise<T>): Promise<T> {
    const facts = { "ctx.store.service": this.service, "ctx.store.scopes": scopes.join(".") };
    const begun = performance.now();
    this.emit(`${operation}.started`, "debug", facts);
    try {
      const result = await work();
      const durationMs = performance.now() - begun;
      this.emit(`${operation}.success`, "debug", { ...facts, "ctx.store.durationMs": durationMs });
      return result;
    } catch (fault) {
      const error = IgniterStoreError.from(fault, operation);
      const reason = fault instanceof CloakroomError ? fault.reason : undefined;
      const durationMs = performance.now() - begun;
      const attributes = { "ctx.error.code": error.code, "ctx.error.reason": reason };
      this.emit(`${operation}.error`, "error", {
        ...facts,
        ...attributes,
        "ctx.store.durationMs": durationMs,
      });
      this.tell("error", `${operation} failed`, { code: error.code, reason });
      throw error;
    }
  }

  /** Something that no caller waits for. */
  tell(level: "warn" | "error", message: string, facts: object): void {
    quietly(() => this.logger?.[level]?.(message, { service: this.service, ...facts }));
  }

  private emit(name: string, level: "debug" | "error", attributes: Record<string, unknown>): void {
    quietly(() => this.telemetry?.emit(`igniter.store.${name}`, { level, attributes }));
  }
}

/** An observer must not make the work fail. */
export function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // Told nobody.
  }
}
