import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createCacheService } from "../dist/cache.js";
import { errors, Room } from "../dist/index.js";
import { eventually, Sidecar } from "./support.mjs";

for (const kind of ["memory", "redis"]) {
  describe(`a cache service, ${kind}`, { timeout: 60_000 }, () => {
    let sidecar, room, cacheService, away;

    before(async () => {
      sidecar = await Sidecar.start(kind);
      room = new Room(sidecar.path);
      cacheService = createCacheService({ room });
      const nowhere = new Room({ path: `${sidecar.folder}/nowhere.sock`, timeoutMs: 50 });
      away = createCacheService({ room: nowhere });
    });
    after(async () => {
      room.close();
      await sidecar.end();
    });

    test("a value is there until it is voided", async () => {
      assert.equal(await cacheService.get("order:1"), null);
      assert.equal(await cacheService.set("order:1", { total: 7 }, 300), true);
      assert.deepEqual(await cacheService.get("order:1"), { total: 7 });
      await cacheService.delete("order:1");
      assert.equal(await cacheService.get("order:1"), null);
    });

    test("what was read before an invalidation, or a write, is not put back after it", async () => {
      const ways = [
        () => cacheService.delete("slow"),
        () => room.cache.invalidate({ tags: ["orders"] }),
        () => cacheService.write("slow", async () => "new"),
      ];
      const found = [];
      for (const invalidate of ways) {
        await cacheService.delete("slow");
        assert.equal(await cacheService.get("slow", { tags: ["orders"] }), null);
        await invalidate();
        await cacheService.set("slow", "read before", 300, { tags: ["orders"] });
        found.push(await cacheService.get("slow", { tags: ["orders"] }));
      }
      assert.deepEqual(found, [null, null, "new"]);
    });

    test("a key with many filters in it is a key like another, and nothing is a value like another", async () => {
      const keys = ["a", "b"].map((last) => `orders:list:${JSON.stringify(Array(500).fill("é"))}${last}`);
      for (const key of keys) await cacheService.set(key, key.at(-1));
      assert.deepEqual(await Promise.all(keys.map((key) => cacheService.get(key))), ["a", "b"]);
      assert.equal(await cacheService.getOrSet(keys[0], () => assert.fail()), "a");
      assert.equal(await cacheService.write(keys[0], () => "c"), "c");
      await cacheService.delete(keys[1]);
      assert.deepEqual(await Promise.all(keys.map((key) => cacheService.get(key))), ["c", null]);
      assert.equal(await cacheService.set("nothing", undefined), true);
      assert.equal(await cacheService.get("nothing"), null);
      assert.equal(await cacheService.write("nothing", () => undefined), undefined);
    });

    test("lists are voided by their tag, whatever their keys", async () => {
      const [one, other] = [
        await cacheService.key("orders:list:", { status: "open", page: 1 }),
        await cacheService.key("orders:list:", { page: 1, status: "open" }),
      ];
      assert.equal(one, other);
      const lists = [one, await cacheService.key("orders:list:", { page: 2 })];
      for (const list of lists) await cacheService.set(list, [1, 2], 300, { tags: ["orders"] });
      await cacheService.invalidateTags("orders");
      for (const list of lists) assert.equal(await cacheService.get(list), null);
    });

    test("one caller makes a value that is not there, and its failure is not kept", async () => {
      let made = 0;
      const make = async () => ({ made: made += 1 });
      const all = await Promise.all(
        Array.from({ length: 20 }, () => cacheService.getOrSet("stats", make, 300)),
      );
      assert.equal(made, 1);
      assert.deepEqual(new Set(all.map(({ made }) => made)), new Set([1]));
      await assert.rejects(cacheService.getOrSet("bad", () => Promise.reject(new RangeError())), RangeError);
      assert.equal(await cacheService.getOrSet("bad", () => 7), 7);
    });

    test("who is given a stale value leaves it to the next one who makes values", async () => {
      await room.cache.set("stale", { value: "old", ttl: "1h", grace: "1h" });
      await room.cache.invalidate({ keys: ["stale"], soft: true });
      assert.equal(await cacheService.get("stale"), "old");
      // The lease that came with it is given back in the background; without that it would hold for ten seconds.
      await eventually(async () => (await cacheService.getOrSet("stale", () => "new")) === "new");
      assert.equal(await cacheService.get("stale"), "new");
    });

    test("what is written is there afterwards, and not when the writing fails", async () => {
      await cacheService.set("written", 1);
      assert.equal(await cacheService.write("written", async () => 2), 2);
      assert.equal(await cacheService.get("written"), 2);
      await assert.rejects(cacheService.write("written", () => Promise.reject(new RangeError())), RangeError);
      assert.equal(await cacheService.get("written"), 2);
    });

    test("without a sidecar there is no cache, but a value that must not be given any more is a fault", async () => {
      assert.equal(await away.get("x"), null);
      assert.equal(await away.set("x", 1), false);
      assert.equal(await away.getOrSet("x", () => 7), 7);
      await assert.rejects(away.delete("x"), errors.Unavailable);
    });

    test("a sidecar that is away is waited for once, and used again when it is back", async () => {
      const other = await Sidecar.start(kind);
      // The usual time of a call, and a clock that says how long was waited for in all.
      const service = createCacheService({ room: new Room({ path: other.path, timeoutMs: 600_000 }) });
      await service.set("x", 1);
      await other.stop();
      for (let call = 0; call < 1000; call += 1) {
        // Each would take longer than the test may.
        assert.equal(await service.get(`x${call}`), null);
        assert.equal(await service.getOrSet(`y${call}`, () => call), call);
        assert.equal(await service.set(`z${call}`, call), false);
      }
      await other.start();
      await eventually(() => service.set("x", 2));
      assert.equal(await service.get("x"), 2);
      let made = 0;
      const make = () => made += 1;
      assert.deepEqual([await service.getOrSet("y", make), await service.getOrSet("y", make)], [1, 1]);
      await other.end();
    });

    test("a sidecar that hangs is waited for once, and used again when it goes on", async () => {
      const other = await Sidecar.start(kind);
      const room = new Room({ path: other.path, timeoutMs: 300 });
      const service = createCacheService({ room, waitMs: 200 });
      await service.set("x", 1);
      other.process.kill("SIGSTOP");
      for (let call = 0; call < 1000; call += 1) {
        assert.equal(await service.getOrSet(`y${call}`, () => call), call);
      }
      other.process.kill("SIGCONT");
      await eventually(async () => (await service.get("x")) === 1);
      room.close();
      await other.end();
    });
  });
}
