import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { errors } from "../dist/index.js";
import Redis, { createClient } from "../esm/redis.mjs";
import { Sidecar } from "./support.mjs";

for (const kind of ["memory", "redis"]) {
  describe(`calls of Redis clients, ${kind}`, { timeout: 60_000 }, () => {
    let sidecar, redis;

    before(async () => {
      sidecar = await Sidecar.start(kind);
      redis = new Redis({ path: sidecar.path, host: "localhost", port: 6379, password: undefined });
    });
    after(async () => {
      assert.equal(await redis.quit(), "OK");
      await sidecar.end();
    });

    test("a text is kept for some seconds, by each way to say so", async () => {
      const ways = [
        (key) => redis.set(key, "text", "EX", 60),
        (key) => redis.set(key, "text", "px", 60_000),
        (key) => redis.set(key, "text", 60),
        (key) => redis.set(key, "text", { EX: 60 }),
        (key) => redis.setex(key, 60, "text"),
        (key) => redis.setEx(key, 60, "text"),
        (key) => redis.psetex(key, 60_000, "text"),
      ];
      for (const [index, way] of ways.entries()) {
        assert.equal(await way(`way:${index}`), "OK");
        assert.equal(await redis.get(`way:${index}`), "text");
        assert.equal(await redis.ttl(`way:${index}`), 60);
      }
      assert.deepEqual(await redis.mget("way:0", "none", "way:1"), ["text", null, "text"]);
      assert.equal(await redis.del("way:0", "none", ["way:1"]), 2);
      assert.equal(await redis.exists("way:0", "way:2", "way:3"), 2);
      assert.equal(await redis.get("way:0"), null);
    });

    test("a service that keeps JSON gets it back as a text, and one that keeps objects as objects", async () => {
      const session = { orderId: "abc-123", orderTotal: 199.99, transaction: null };
      await redis.setex("session:1", 1800, JSON.stringify(session));
      assert.deepEqual(JSON.parse(await redis.get("session:1")), session);
      await redis.set("session:2", session, 1800);
      assert.deepEqual(await redis.get("session:2"), session);
    });

    test("conditions answer null where they don't hold", async () => {
      assert.equal(await redis.set("lock", "a", "EX", 60, "NX"), "OK");
      assert.equal(await redis.set("lock", "b", "NX", "EX", 60), null);
      assert.equal(await redis.set("lock", "c", { XX: true, NX: false }), "OK");
      assert.equal(await redis.set("no lock", "c", "XX"), null);
      assert.deepEqual([await redis.setnx("lock", "d"), await redis.setnx("other lock", "d")], [0, 1]);
      assert.equal(await redis.getdel("lock"), "c");
      assert.equal(await redis.getDel("lock"), null);
    });

    test("a life can be asked for and changed", async () => {
      await redis.set("life", "1");
      assert.equal(await redis.ttl("life"), 86_400);
      assert.equal(await redis.expire("life", 10), 1);
      assert.equal(await redis.expire("none", 10), 0);
      assert.equal(await redis.ttl("life"), 10);
      assert.deepEqual([await redis.ttl("none"), await redis.pttl("none")], [-2, -2]);
    });

    test("what it doesn't know is an error, and never left out", async () => {
      await assert.rejects(redis.set("bad", "1", "KEEPTTL"), TypeError);
      for (const seconds of [0, -1, 1.5, NaN]) {
        await assert.rejects(redis.setex("bad", seconds, "1"), errors.TtlInvalid);
      }
      assert.equal(await redis.exists("bad"), 0);
    });

    test("node-redis' way to begin works too", async () => {
      const client = createClient({ url: "redis://localhost:6379", path: sidecar.path });
      client.on("error", () => assert.fail());
      await client.connect();
      assert.equal(await client.ping(), "PONG");
      client.disconnect();
      await assert.rejects(client.get("x"), errors.Unavailable);
    });
  });
}
