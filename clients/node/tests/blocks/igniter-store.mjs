// The README of @igniter-js/store, on `cloakroom/store`.

import assert from "node:assert/strict";
import { Redis } from "../../dist/redis.js";
import { IgniterStore, IgniterStoreRedisAdapter } from "../../dist/store/index.js";
import { Sidecar } from "../support.mjs";
import { redisLine } from "./redis-line.mjs";

// What an application has around a block.
const imports =
  `import { IgniterStore, IgniterStoreEvents, IgniterStoreRedisAdapter } from "@igniter-js/store";
import { z } from "zod";
import Redis from "ioredis";
const redis = new Redis(), adapter = IgniterStoreRedisAdapter.create({ redis });`;
const store = `${imports}
const store = IgniterStore.create().withAdapter(adapter).withService("my-api").build();
type User = any;
const userData = { name: "Alice" }, user1 = userData, user2 = userData, data = { x: 1 };
const processJob = async () => {}, processMessage = async (message: any) => {};`;
const parts = `${imports} const logger = {}, telemetry = { emit() {} };
const UserEvents = IgniterStoreEvents.create("user").build();`;

/** Writes a value in some scopes, and finds it in Redis where the document's pattern says. */
async function findKeys(pattern) {
  const sidecar = await Sidecar.start("redis", ["--prefix", "igniter:store"]);
  const redis = new Redis({ path: sidecar.path });
  try {
    for (const scopes of [[], [["org", "acme"]], [["org", "acme"], ["workspace", "7"]]]) {
      let store = IgniterStore.create().withAdapter(IgniterStoreRedisAdapter.create({ redis }))
        .withService("my-api").addScope("org").addScope("workspace").build();
      for (const [name, id] of scopes) store = store.scope(name, id);
      await store.kv.set("user:123", { name: "Alice" });
      const key = pattern.trim()
        .replace("[:<scope>:<id>...]", scopes.map(([name, id]) => `:${name}:${id}`).join(""))
        .replace("<prefix>", "igniter:store").replace("<service>", "my-api")
        .replace("<namespace>", "kv").replace("<key>", "user:123");
      assert.equal(await redisLine(sidecar.redisPath, `EXISTS ${key}`), ":1", key);
    }
  } finally {
    await redis.quit();
    await sidecar.end();
  }
}

export default {
  title: "IgniterStore's README",
  options: ["--set", "dev.scan=true"],
  counts: { "as it stands": 3, wrapped: 11, corrected: 4, "no code": 2 },
  entries: [
    { noCode: "commands that install a package, which the client stands for" },
    { noCode: "the same" },
    {},
    { before: parts },
    { before: store },
    {
      before: store,
      correct: [["a name is declared twice", "// Decrement by 10\nconst views", "const ten"]],
    },
    {
      before: store,
      correct: [[
        "a claim is released by its owner, and not by removing another key",
        "store.kv.remove('claim:process:abc')",
        "store.claim.release('process:abc', 'worker-1')",
      ]],
    },
    { before: store },
    { before: store },
    {},
    { before: store },
    { before: store },
    { before: store, correct: [["three dots are no code", "{ ... }", "{}"]] },
    {
      before: imports,
      correct: [[
        "it says itself that this one throws",
        "store.scope('invalid', 'id')",
        "try { store.scope('invalid' as any, 'id'); process.exit(3); } catch {}",
      ]],
    },
    { before: "const redis = {};" },
    { before: `import { IgniterStoreRedisAdapter } from "@igniter-js/store"; const redis = {};` },
    { fills: "a key's parts", run: findKeys },
    { before: store },
    {},
    { before: "const redis = {};" },
  ],
};
