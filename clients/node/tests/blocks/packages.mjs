// What the blocks import: the sidecar's modules under the names that the documents use, and small stand-ins for the
// rest of an application.
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { nestPackages } from "./nest.mjs";

/** A module that has another's names, which stands for it. */
function forward(target, { withDefault = false } = {}) {
  const code = `export * from "${target}";\n${withDefault ? `export { default } from "${target}";\n` : ""}`;
  return { code, types: code };
}

/** A stand-in, with its types. */
function standIn(code, types) {
  return { code, types };
}

const zod = `const schema = (validate) => ({ email() { return this; },
  "~standard": { version: 1, vendor: "stand-in", validate } });
export const z = {
  string: () => schema((value) => typeof value === "string" ? { value } : { issues: [{ message: "no text" }] }),
  object: (shape) => schema((value) => {
    const issues = Object.entries(shape).flatMap(([name, one]) => one["~standard"].validate(value[name]).issues ?? []);
    return issues.length > 0 ? { issues } : { value };
  }),
};`;

const zodTypes = `import type { StandardSchemaV1 } from "cloakroom/store";
export interface Text extends StandardSchemaV1<string> { email(): Text }
type Input<S> = S extends StandardSchemaV1<infer I> ? I : never;
export const z: {
  string(): Text;
  object<S extends Record<string, StandardSchemaV1<any>>>(shape: S): StandardSchemaV1<{ [N in keyof S]: Input<S[N]> }>;
};`;

/** By package and subpath. */
export const packages = {
  ...nestPackages,
  "@igniter-js/store": {
    ".": forward("cloakroom/store"),
    "./adapters": forward("cloakroom/store/adapters"),
    "./telemetry": forward("cloakroom/store/telemetry"),
  },
  "@igniter-js/telemetry": { ".": forward("cloakroom/telemetry") },
  "@igniter-js/adapter-redis": {
    ".": standIn(
      "export const createIgniterStoreRedisAdapter = undefined;",
      "export const createIgniterStoreRedisAdapter: unknown;",
    ),
  },
  "core-service": { ".": forward("cloakroom/pending") },
  "ioredis": { ".": forward("cloakroom/redis", { withDefault: true }) },
  "redis": { ".": forward("cloakroom/redis", { withDefault: true }) },
  "zod": { ".": standIn(zod, zodTypes) },
};

const require = createRequire(import.meta.url);

/** The packages of the machine that blocks need, and their types, as far as they are there. */
export function links() {
  return ["react", "react-test-renderer"].flatMap((name) => {
    try {
      const folder = dirname(require.resolve(`${name}/package.json`));
      return [[name, folder], [`@types/${name}`, `${dirname(folder)}/@types/${name}`]];
    } catch {
      return [];
    }
  });
}

/** As much of Node's types as the blocks and what is asserted of them need: its own are on npm alone. */
export const ambient = `declare module "node:assert/strict" {
  interface Assert {
    (value: unknown, message?: string): asserts value;
    ok(value: unknown, message?: string): asserts value;
    equal(actual: unknown, expected: unknown, message?: string): void;
    deepEqual(actual: unknown, expected: unknown, message?: string): void;
    match(text: string, pattern: RegExp): void;
    rejects(work: Promise<unknown> | (() => Promise<unknown>), expected?: unknown): Promise<void>;
    throws(work: () => unknown, expected?: unknown): void;
    fail(message?: string): never;
  }
  const assert: Assert;
  export default assert;
}
declare module "node:*";
declare namespace NodeJS {
  type Timeout = ReturnType<typeof setInterval>;
}
declare const process: { readonly env: Record<string, string | undefined>; exit(status: number): never };
`;
