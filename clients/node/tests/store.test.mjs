import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import Redis from "../dist/redis.js";
import { IgniterStoreRedisAdapter } from "../dist/store/adapters.js";
import {
  IGNITER_STORE_ERROR_CODES,
  IgniterStore,
  IgniterStoreError,
  IgniterStoreEvents,
} from "../dist/store/index.js";
import { IgniterStoreTelemetryEvents } from "../dist/store/telemetry.js";
import { IgniterTelemetry } from "../dist/telemetry.js";
import { eventually, Sidecar } from "./support.mjs";

/** A schema of texts by their names, as zod and others offer theirs. */
function texts(...names) {
  const validate = (value) => {
    const missing = names.filter((name) => typeof value?.[name] !== "string");
    if (missing.length > 0) return { issues: missing.map((name) => ({ message: "no text", path: [name] })) };
    return { value: Object.fromEntries(names.map((name) => [name, value[name]])) };
  };
  return { "~standard": { version: 1, vendor: "test", validate } };
}

const UserEvents = IgniterStoreEvents
  .create("user")
  .event("created", texts("userId", "email"))
  .event("deleted", texts("userId"))
  .group("notifications", (group) => group.event("email", texts("to", "subject")))
  .build();

function failsWith(code) {
  return (error) => {
    assert.ok(IgniterStoreError.is(error), String(error));
    assert.equal(error.code, code);
    assert.equal(error.name, "IgniterStoreError");
    assert.equal(IGNITER_STORE_ERROR_CODES[code], code);
    return true;
  };
}

for (const kind of ["memory", "redis"]) {
  describe(`a store by its builder, ${kind}`, { timeout: 60_000 }, () => {
    let sidecar, adapter;
    const opened = [];

    before(async () => {
      sidecar = await Sidecar.start(kind, ["--set", "keys.prefix=igniter:store", "--set", "dev.scan=true"]);
      adapter = IgniterStoreRedisAdapter.create({ redis: new Redis({ path: sidecar.path }) });
    });
    after(async () => {
      for (const store of opened) store.close();
      await sidecar.end();
    });

    function build(change = (builder) => builder) {
      const store = change(IgniterStore.create().withAdapter(adapter).withService("api")).build();
      opened.push(store);
      return store;
    }

    test("values are set, read, touched and removed", async () => {
      const { kv } = build();
      await kv.set("user:123", { name: "Alice" }, { ttl: 3600 });
      assert.deepEqual(await kv.get("user:123"), { name: "Alice" });
      assert.deepEqual([await kv.exists("user:123"), await kv.exists("user:0")], [true, false]);
      assert.deepEqual([await kv.expire("user:123", 1800), await kv.touch("user:123", 3600)], [true, true]);
      assert.deepEqual([await kv.remove("user:123"), await kv.remove("user:123")], [true, false]);
      assert.equal(await kv.get("user:123"), null);
    });

    test("counters count, claims are released by their owner, batches keep their order", async () => {
      const store = build();
      assert.equal(await store.counter.increment("views"), 1);
      assert.equal(await store.counter.increment("views", { by: 10 }), 11);
      assert.equal(await store.counter.decrement("views", { by: 10 }), 1);
      assert.equal(await store.counter.decrement("views"), 0);
      assert.equal(await store.counter.expire("views", 86_400), true);
      assert.equal(await store.claim.once("process:abc", "worker-1", { ttl: 30 }), true);
      assert.equal(await store.claim.once("process:abc", "worker-2", { ttl: 30 }), false);
      assert.equal(await store.claim.release("process:abc", "worker-2"), false);
      assert.equal(await store.claim.release("process:abc", "worker-1"), true);
      assert.equal(await store.claim.once("process:abc", "worker-2", { ttl: 30 }), true);
      await store.batch.set([{ key: "b:1", value: 1, ttl: 60 }, { key: "b:2", value: [2] }]);
      assert.deepEqual(await store.batch.get(["b:2", "none", "b:1"]), [[2], null, 1]);
      await assert.rejects(store.batch.set([{ key: "b:3", value: 1, ttl: -1 }]), IgniterStoreError.is);
    });

    test("a group's consumer reads a stream and acknowledges", async () => {
      const { streams } = build();
      const id = await streams.append("clicks", { x: 100 }, { maxLen: 10_000, approximate: true });
      const consumer = streams.group("processors", "worker-1");
      await consumer.ensure("clicks", { startId: "0" });
      assert.deepEqual(await consumer.read("clicks", { count: 10 }), [{ id, message: { x: 100 } }]);
      await consumer.ack("clicks", [id]);
      assert.deepEqual(await consumer.read("clicks"), []);
    });

    test("a scan goes on until its cursor is 0, and finds its own scope's keys", async () => {
      const store = build();
      const keys = Array.from({ length: 30 }, (_, index) => `scan:${index}`);
      await store.batch.set(keys.map((key) => ({ key, value: 1 })));
      await store.scope("org", "1").kv.set("scan:other", 1);
      const found = new Set();
      let cursor = "0";
      do {
        const part = await store.dev.scan("scan:*", { cursor, count: 10 });
        for (const key of part.keys) found.add(key);
        cursor = part.cursor;
      } while (cursor !== "0");
      assert.deepEqual([...found].sort(), keys.sort());
    });

    test("an event comes with its scopes and who published it", async () => {
      const store = build((builder) => builder.addEvents(UserEvents));
      const inner = store.scope("org", "org_123").scope("workspace", 7);
      const heard = [], none = [];
      const end = await inner.events.subscribe("user:created", (context) => void heard.push(context));
      const endOuter = await store.events.subscribe("user:created", (context) => void none.push(context));
      await inner.as("alice").events.publish("user:created", { userId: "1", email: "a@b.c", more: 1 });
      await store.events.publish("user:created", { userId: "2", email: "a@b.c" });
      await eventually(() => heard.length === 1 && none.length === 1);
      assert.equal(heard[0].type, "user:created");
      assert.deepEqual(heard[0].data, { userId: "1", email: "a@b.c" });
      assert.deepEqual(heard[0].scope, { key: "workspace", identifier: "7" });
      assert.deepEqual(heard[0].scopes.map(({ key }) => key), ["org", "workspace"]);
      assert.equal(heard[0].actor, "alice");
      assert.equal(new Date(heard[0].timestamp).toISOString(), heard[0].timestamp);
      assert.equal(none[0].scope, undefined);
      await end();
      await endOuter();
      await inner.events.publish("user:created", { userId: "3", email: "a@b.c" });
      assert.equal(heard.length, 1);
    });

    test("events have accessors, patterns hear all, and what doesn't fit is not published", async () => {
      const store = build((builder) => builder.addEvents(UserEvents));
      const heard = [], emails = [];
      const ends = [
        await store.events.subscribe("user:*", ({ type }) => void heard.push(type)),
        await store.events.user.notifications.email.subscribe(({ data }) => void emails.push(data.to)),
      ];
      await assert.rejects(store.events.user.created.publish({ userId: 1 }), (error) => {
        assert.deepEqual(error.details.issues.map(({ path }) => path[0]), ["userId", "email"]);
        return failsWith("STORE_SCHEMA_VALIDATION_FAILED")(error);
      });
      await assert.rejects(store.events.publish("user:*", 1), failsWith("STORE_CONFIGURATION_INVALID"));
      await store.events.user.created.publish({ userId: "1", email: "a@b.c" });
      await store.events.user.notifications.email.publish({ to: "a@b.c", subject: "Welcome!" });
      await store.events.publish("user:unknown", 7);
      await eventually(() => heard.length === 3 && emails.length === 1);
      assert.deepEqual(heard, ["user:created", "user:notifications:email", "user:unknown"]);
      for (const end of ends) await end();
    });

    test("a handler that throws is logged without the event, and hears the next one", async () => {
      const logged = [], heard = [];
      const logger = { error: (message, facts) => void logged.push([message, facts]) };
      const store = build((builder) => builder.withLogger(logger));
      const end = await store.events.subscribe("news", ({ data }) => {
        heard.push(data);
        throw new RangeError("secret");
      });
      await store.events.publish("news", "secret 1");
      await store.events.publish("news", "secret 2");
      await eventually(() => logged.length === 2);
      assert.deepEqual(heard, ["secret 1", "secret 2"]);
      assert.equal(logged[0][1].fault, "RangeError");
      assert.doesNotMatch(JSON.stringify(logged), /secret/);
      await end();
    });

    test("a serializer's text is what is kept, and what was there before it is read all the same", async () => {
      const serializer = {
        encode: (value) => `v1:${JSON.stringify(value)}`,
        decode: (text) => JSON.parse(text.slice(3)),
      };
      const plain = build(), store = build((builder) => builder.withSerializer(serializer));
      await store.kv.set("s", { a: 1 });
      assert.equal(await plain.kv.get("s"), 'v1:{"a":1}');
      assert.deepEqual(await store.kv.get("s"), { a: 1 });
      await plain.kv.set("s", { a: 2 });
      assert.deepEqual(await store.kv.get("s"), { a: 2 });
      await plain.kv.set("s", "v1:secret");
      await assert.rejects(store.kv.get("s"), failsWith("STORE_DESERIALIZATION_FAILED"));
      const heard = [];
      const end = await store.events.subscribe("s", ({ data }) => void heard.push(data));
      await store.events.publish("s", { b: 1 });
      await eventually(() => heard.length === 1);
      assert.deepEqual(heard, [{ b: 1 }]);
      await end();
    });

    test("only scopes that were added are there, and what requires one says so", async () => {
      const store = build((builder) =>
        builder.addScope("organization", { required: true }).addScope("workspace", {
          description: "A project's",
        })
      );
      assert.throws(() => store.scope("invalid", "id"), failsWith("STORE_SCOPE_INVALID"));
      assert.throws(() => store.scope("workspace", ""), failsWith("STORE_SCOPE_IDENTIFIER_REQUIRED"));
      assert.throws(() => store.scope("", "id"), failsWith("STORE_SCOPE_KEY_REQUIRED"));
      await assert.rejects(store.kv.get("x"), failsWith("STORE_SCOPE_REQUIRED"));
      await assert.rejects(store.events.publish("x", 1), failsWith("STORE_SCOPE_REQUIRED"));
      await assert.rejects(store.scope("workspace", "1").dev.scan("*"), failsWith("STORE_SCOPE_REQUIRED"));
      const inner = store.scope("organization", "org_123").scope("workspace", "1");
      await inner.kv.set("x", 1);
      assert.equal(await inner.kv.get("x"), 1);
      assert.equal(await store.scope("organization", "org_123").kv.get("x"), null);
    });

    test("errors have codes, and telemetry hears of each call without keys", async () => {
      const telemetry = IgniterTelemetry.create()
        .withService("api")
        .addEvents(IgniterStoreTelemetryEvents)
        .build();
      const told = [];
      telemetry.listen((event) => void told.push(event));
      const store = build((builder) => builder.withTelemetry(telemetry));
      await store.kv.get("secret");
      await assert.rejects(store.kv.set("secret", 1, { ttl: 0 }), failsWith("STORE_TTL_INVALID"));
      assert.deepEqual(told.map(({ name }) => name.slice("igniter.store.".length)), [
        "kv.get.started",
        "kv.get.success",
        "kv.set.started",
        "kv.set.error",
      ]);
      assert.equal(told[3].attributes["ctx.error.code"], "STORE_TTL_INVALID");
      assert.doesNotMatch(JSON.stringify(told), /secret/);
      const away = IgniterStoreRedisAdapter.create({ path: `${sidecar.folder}/nowhere.sock`, timeoutMs: 50 });
      const lost = IgniterStore.create().withAdapter(away).withService("api").build();
      await assert.rejects(lost.kv.get("x"), failsWith("STORE_CONNECTION_FAILED"));
      lost.close();
    });

    test(
      "the keys in Redis are the documented ones",
      { skip: kind === "memory" && "it has none" },
      async () => {
        const store = build();
        await store.kv.set("user:123", 1);
        await store.counter.increment("page-views");
        await store.claim.once("lock:x", "worker-1", { ttl: 30 });
        await store.streams.append("events", { type: "click" });
        await store.scope("org", "123").kv.set("settings", 1);
        await store.scope("org", "123").scope("workspace", "ws:4").kv.set("config", 1);
        const end = await store.events.subscribe("event", () => undefined);
        const redis = (...words) => promisify(execFile)("redis-cli", ["-s", sidecar.redisPath, ...words]);
        const names = (await redis("KEYS", "*")).stdout.split("\n");
        for (
          const name of [
            "igniter:store:api:kv:user:123",
            "igniter:store:api:counter:page-views",
            "igniter:store:api:claim:lock:x",
            "igniter:store:api:streams:events",
            "igniter:store:api:org:123:kv:settings",
            "igniter:store:api:org:123:workspace:ws%3A4:kv:config",
          ]
        ) assert.ok(names.includes(name), `${name} is not among ${names}`);
        assert.match((await redis("PUBSUB", "CHANNELS")).stdout, /^igniter:store:api:events:event$/m);
        await end();
      },
    );
  });
}

describe("a store's builder", () => {
  const redis = IgniterStoreRedisAdapter.create();

  test("says what is missing or there twice", () => {
    const builder = IgniterStore.create();
    assert.throws(() => builder.withService("api").build(), failsWith("STORE_ADAPTER_REQUIRED"));
    assert.throws(() => builder.withAdapter(redis).build(), failsWith("STORE_SERVICE_REQUIRED"));
    const invalid = failsWith("STORE_CONFIGURATION_INVALID");
    assert.throws(() => builder.addScope("org").addScope("org"), invalid);
    assert.throws(() => builder.addEvents(UserEvents).addEvents(UserEvents), invalid);
    const events = IgniterStoreEvents.create("user");
    assert.throws(() => events.event("a", texts()).event("a", texts()), invalid);
    for (const name of ["", "a:b", "a*", "publish"]) {
      assert.throws(() => events.event(name, texts()), invalid);
    }
    assert.throws(() => events.event("a", {}), invalid);
    assert.throws(() => IgniterStoreEvents.create("publish"), invalid);
  });

  test("takes an adapter of one's own, which is given whole keys, and says what it can't do", async () => {
    const client = new Map();
    const own = {
      client,
      get: async (key) => client.get(key) ?? null,
      set: async (key, value) => void client.set(key, value),
      delete: async (key) => client.delete(key),
      setNX: async (key, value) => !client.has(key) && !!client.set(key, value),
    };
    const store = IgniterStore.create().withAdapter(own).withService("api").build();
    await store.kv.set("user:123", 1);
    await store.scope("org", "1:kv:x").kv.set("settings", 2);
    assert.deepEqual([...client.keys()], [
      "igniter:store:api:kv:user:123",
      "igniter:store:api:org:1%3Akv%3Ax:kv:settings",
    ]);
    assert.equal(await store.kv.exists("user:123"), true);
    assert.deepEqual(await store.batch.get(["user:123", "none"]), [1, null]);
    assert.equal(await store.claim.once("x", "a"), true);
    assert.equal(await store.claim.once("x", "b"), false);
    assert.equal(await store.claim.release("x", "b"), false);
    assert.equal(await store.claim.release("x", "a"), true);
    await assert.rejects(store.counter.increment("n"), failsWith("STORE_OPERATION_FAILED"));
    await assert.rejects(store.dev.scan("*"), failsWith("STORE_OPERATION_FAILED"));
  });
});
