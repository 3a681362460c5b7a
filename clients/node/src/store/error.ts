import { CloakroomError } from "../errors.js";

/** What can be wrong, by name. */
export const IGNITER_STORE_ERROR_CODES = {
  STORE_ADAPTER_REQUIRED: "STORE_ADAPTER_REQUIRED",
  STORE_SERVICE_REQUIRED: "STORE_SERVICE_REQUIRED",
  STORE_CONFIGURATION_INVALID: "STORE_CONFIGURATION_INVALID",
  STORE_SCOPE_KEY_REQUIRED: "STORE_SCOPE_KEY_REQUIRED",
  STORE_SCOPE_IDENTIFIER_REQUIRED: "STORE_SCOPE_IDENTIFIER_REQUIRED",
  STORE_SCOPE_REQUIRED: "STORE_SCOPE_REQUIRED",
  STORE_SCOPE_INVALID: "STORE_SCOPE_INVALID",
  STORE_KEY_REQUIRED: "STORE_KEY_REQUIRED",
  STORE_TTL_INVALID: "STORE_TTL_INVALID",
  STORE_SCHEMA_VALIDATION_FAILED: "STORE_SCHEMA_VALIDATION_FAILED",
  STORE_SERIALIZATION_FAILED: "STORE_SERIALIZATION_FAILED",
  STORE_DESERIALIZATION_FAILED: "STORE_DESERIALIZATION_FAILED",
  STORE_CONNECTION_FAILED: "STORE_CONNECTION_FAILED",
  STORE_OPERATION_FAILED: "STORE_OPERATION_FAILED",
} as const;

/** The name of what is wrong. */
export type IgniterStoreErrorCode = keyof typeof IGNITER_STORE_ERROR_CODES;

/** What an operation of the store throws. Its text never has a value in it. */
export class IgniterStoreError extends Error {
  readonly code: IgniterStoreErrorCode;
  /** What else there is to know: a sidecar's `reason` and details, or a schema's `issues`. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;

  constructor(code: IgniterStoreErrorCode, message: string, details: object = {}, cause?: unknown) {
    super(message);
    this.code = code;
    this.details = { ...details };
    if (cause !== undefined) this.cause = cause;
  }

  /** Whether it is one of these. */
  static is(error: unknown): error is IgniterStoreError {
    return error instanceof IgniterStoreError;
  }

  /** What an operation came to, as this class. */
  static from(fault: unknown, operation: string): IgniterStoreError {
    if (IgniterStoreError.is(fault)) return fault;
    if (!(fault instanceof CloakroomError)) {
      return new IgniterStoreError("STORE_OPERATION_FAILED", `${operation} failed`, { operation }, fault);
    }
    const { reason, details, retryable, retryAfterMs } = fault;
    const code = CODES[reason] ?? "STORE_OPERATION_FAILED";
    const facts = { operation, reason, retryable, retryAfterMs, details };
    return new IgniterStoreError(code, `${operation}: ${fault.message}`, facts, fault);
  }
}

Object.defineProperty(IgniterStoreError.prototype, "name", {
  value: "IgniterStoreError",
  configurable: true,
  writable: true,
});

const CODES: Readonly<Record<string, IgniterStoreErrorCode>> = {
  UNAVAILABLE: "STORE_CONNECTION_FAILED",
  TTL_INVALID: "STORE_TTL_INVALID",
  SCOPE_INVALID: "STORE_SCOPE_INVALID",
  SCOPE_REQUIRED: "STORE_SCOPE_REQUIRED",
  VALIDATION_FAILED: "STORE_SCHEMA_VALIDATION_FAILED",
};
