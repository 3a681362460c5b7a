import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Sidecar } from "./support.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const blocks = [
  ...readFileSync(`${here}/blocks/igniter-store.txt`, "utf8").matchAll(/^```typescript\n(.*?)^```$/gms),
].map(([, block]) => block);

// What an application has around a block.
const imports =
  `import { IgniterStore, IgniterStoreEvents, IgniterStoreRedisAdapter } from "@igniter-js/store";
  import { z } from "zod"; import Redis from "ioredis";
  const redis = new Redis(), adapter = IgniterStoreRedisAdapter.create({ redis });`;
const store = `${imports}
  const store: any = IgniterStore.create().withAdapter(adapter).withService("my-api").build();
  type User = any; const userData = { name: "Alice" }, user1 = userData, user2 = userData, data = { x: 1 };
  const processJob = async () => {}, processMessage = async (message: any) => {};`;
const parts = `${imports} const logger = {}, telemetry = { emit() {} };
  const UserEvents = IgniterStoreEvents.create("user").build();`;

/**
 * Each block in its order: as it stands, wrapped in what an application has around it, or corrected as well: what is
 * wrong in it, and the text that it is there and the one that is right.
 */
const manifest = [
  {},
  { around: parts },
  { around: store },
  { around: store, correct: [["a name is declared twice", "// Decrement by 10\nconst views", "const ten"]] },
  {
    around: store,
    correct: [[
      "a claim is released by its owner, and not by removing another key",
      "store.kv.remove('claim:process:abc')",
      "store.claim.release('process:abc', 'worker-1')",
    ]],
  },
  { around: store },
  { around: store },
  {},
  { around: store },
  { around: store },
  { around: store, correct: [["three dots are no code", "{ ... }", "{}"]] },
  {
    around: imports,
    correct: [[
      "it says itself that this one throws",
      "store.scope('invalid', 'id')",
      "try { store.scope('invalid' as any, 'id'); process.exit(3); } catch {}",
    ]],
  },
  { around: "const redis = {};" },
  { around: `import { IgniterStoreRedisAdapter } from "@igniter-js/store"; const redis = {};` },
  { around: store },
  {},
  { around: "const redis = {};" },
];

/** The names that the blocks import, each with what stands for it. */
const packages = {
  "@igniter-js/store": {
    ".": "cloakroom/store",
    "./adapters": "cloakroom/store/adapters",
    "./telemetry": "cloakroom/store/telemetry",
  },
  "@igniter-js/telemetry": { ".": "cloakroom/telemetry" },
  "ioredis": { ".": "cloakroom/redis" },
};
const zod = `const schema = (validate) => ({ email() { return this; },
  "~standard": { version: 1, vendor: "stub", validate } });
  exports.z = { string: () => schema((value) => typeof value === "string" ? { value } : { issues: [{ message: "no text" }] }),
    object: (shape) => schema((value) => {
      const issues = Object.entries(shape).flatMap(([name, one]) => one["~standard"].validate(value[name]).issues ?? []);
      return issues.length > 0 ? { issues } : { value };
    }) };`;

describe("the code blocks of IgniterStore's README", { timeout: 120_000 }, () => {
  let sidecar, folder;

  before(async () => {
    sidecar = await Sidecar.start("memory", ["--set", "dev.scan=true"]);
    folder = mkdtempSync("/tmp/cloakroom-node-");
    mkdirSync(`${folder}/node_modules`);
    symlinkSync(fileURLToPath(new URL("..", import.meta.url)), `${folder}/node_modules/cloakroom`);
    const write = (name, exports, files) => {
      mkdirSync(`${folder}/node_modules/${name}`, { recursive: true });
      writeFileSync(`${folder}/node_modules/${name}/package.json`, JSON.stringify({ name, exports }));
      for (const [file, text] of files) writeFileSync(`${folder}/node_modules/${name}/${file}`, text);
    };
    for (const [name, subpaths] of Object.entries(packages)) {
      const entries = Object.entries(subpaths).map((
        [path, target],
        index,
      ) => [path, `./${index}.mjs`, target]);
      const others = (target) => target === "cloakroom/redis" ? `export { default } from "${target}";` : "";
      write(
        name,
        Object.fromEntries(entries.map(([path, file]) => [path, file])),
        entries.map(([, file, target]) => [file, `export * from "${target}"; ${others(target)}`]),
      );
    }
    write("zod", "./index.cjs", [["index.cjs", zod]]);
    write("@igniter-js/adapter-redis", "./index.mjs", [[
      "index.mjs",
      "export const createIgniterStoreRedisAdapter = undefined;",
    ]]);
    const names = blocks.map((block, index) => {
      const { around = "", correct = [] } = manifest[index] ?? {};
      let text = block;
      for (const [why, wrong, right] of correct) {
        assert.ok(text.includes(wrong), `${index}: ${why}`);
        text = text.replace(wrong, right);
      }
      writeFileSync(`${folder}/${index}.mts`, `${around}\n${text}\nprocess.exit(0);export {};`);
      return `${index}.mts`;
    });
    // Types are held elsewhere: here they are taken away.
    const flags = [
      "--target",
      "es2022",
      "--module",
      "es2022",
      "--moduleResolution",
      "node",
      "--isolatedModules",
    ];
    spawnSync("tsc", [...flags, ...names], { cwd: folder });
  });
  after(async () => {
    await sidecar.end();
    rmSync(folder, { recursive: true });
  });

  test("are all in the manifest", () => {
    assert.equal(manifest.length, blocks.length);
    const corrected = manifest.filter(({ correct }) => correct !== undefined).length;
    const wrapped = manifest.filter(({ around }) => around !== undefined).length - corrected;
    const asTheyStand = blocks.length - wrapped - corrected;
    assert.deepEqual({ asTheyStand, wrapped, corrected }, { asTheyStand: 3, wrapped: 10, corrected: 4 });
  });

  for (const [index, block] of blocks.entries()) {
    test(`${index}: ${block.split("\n").find((line) => line !== "")}`, async () => {
      const env = { ...process.env, CLOAKROOM_SOCKET: sidecar.path };
      await promisify(execFile)(process.execPath, [`${index}.mjs`], { cwd: folder, env, timeout: 20_000 });
    });
  }
});
