// The README of @igniter-js/store, on `cloakroom/store`.

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

export default {
  title: "IgniterStore's README",
  options: ["--set", "dev.scan=true"],
  counts: { "as it stands": 3, wrapped: 10, corrected: 4 },
  entries: [
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
    { before: store },
    {},
    { before: "const redis = {};" },
  ],
};
