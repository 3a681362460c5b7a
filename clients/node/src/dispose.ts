// TypeScript's own declarations from 5.2 on, word for word; with an older one `await using` is not written.
declare global {
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
  }
}

/** What `await using` calls, also where an engine doesn't have it yet. */
export const asyncDispose: typeof Symbol.asyncDispose = Symbol.asyncDispose ??
  (Symbol.for("Symbol.asyncDispose") as never);
