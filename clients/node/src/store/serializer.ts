import { IgniterStoreError } from "./error.js";

/** How values are written as texts. */
export interface IgniterStoreSerializer {
  // deno-lint-ignore no-explicit-any
  encode(value: any): string;
  // deno-lint-ignore no-explicit-any
  decode(text: string): any;
}

/** Writes and reads values; without a serializer they are JSON and go as they are. */
export class Values {
  constructor(private readonly serializer?: IgniterStoreSerializer) {}

  encode(value: unknown): unknown {
    if (this.serializer === undefined) return value;
    try {
      return this.serializer.encode(value);
    } catch (fault) {
      throw new IgniterStoreError("STORE_SERIALIZATION_FAILED", "a value could not be encoded", {}, fault);
    }
  }

  /** What is no text was written without a serializer, and comes back as it is. */
  decode(value: unknown): unknown {
    if (this.serializer === undefined || typeof value !== "string") return value;
    try {
      return this.serializer.decode(value);
    } catch (fault) {
      throw new IgniterStoreError("STORE_DESERIALIZATION_FAILED", "a value could not be decoded", {}, fault);
    }
  }
}
