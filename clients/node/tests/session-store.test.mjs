import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { sessionStore } from "../dist/express/index.js";
import { errors, Room } from "../dist/index.js";
import session from "./express-session.mjs";
import { eventually, Sidecar } from "./support.mjs";

for (const kind of ["memory", "redis"]) {
  describe(`express-session's sessions, ${kind}`, { timeout: 60_000 }, () => {
    let sidecar, room, store, sessions;

    before(async () => {
      sidecar = await Sidecar.start(kind, ["--set", "dev.scan=on"]);
      room = new Room(sidecar.path);
      store = sessionStore(session, { room });
      sessions = session({ store, cookie: { maxAge: 3_600_000 } });
    });
    after(async () => {
      room.close();
      await sidecar.end();
    });

    /** A request that changes its session. */
    async function visit(sid, change = () => undefined) {
      const request = await sessions.begin(sid);
      await change(request.session, request);
      await sessions.end(request);
      return request.sessionID;
    }
    const read = async (sid) => (await promisify(store.get.bind(store))(sid)) ?? null;

    test("a session is there at the next request, with dates of its cookie, and none by an id that was made up", async () => {
      const sid = await visit(
        undefined,
        (session) => void (session.user = { name: "Alice", bytes: Buffer.from("é") }),
      );
      const request = await sessions.begin(sid);
      assert.equal(request.sessionID, sid);
      assert.deepEqual(request.session.user, { name: "Alice", bytes: Buffer.from("é") });
      assert.ok(request.session.cookie.expires instanceof Date);
      assert.equal(request.session.cookie.originalMaxAge, 3_600_000);
      assert.notEqual((await sessions.begin("made-up")).sessionID, "made-up");
      assert.equal(await read("made-up"), null);
    });

    test("a logout is not undone by a request that saves late, nor by one that touches", async () => {
      for (const change of [(session) => void (session.late = true), () => undefined]) {
        const sid = await visit(undefined, (session) => void (session.user = 1));
        const late = await sessions.begin(sid);
        await visit(sid, (session) => promisify(session.destroy.bind(session))());
        change(late.session);
        await sessions.end(late);
        await promisify(late.session.save.bind(late.session))();
        assert.equal(await read(sid), null);
      }
    });

    test("another id at login ends the one before, also for who saves late", async () => {
      const old = await visit(undefined, (session) => void (session.cart = [1]));
      const late = await sessions.begin(old);
      const sid = await visit(old, async (session, request) => {
        await promisify(session.regenerate.bind(session))();
        request.session.user = "alice";
      });
      assert.notEqual(sid, old);
      late.session.cart.push(2);
      await sessions.end(late);
      assert.equal(await read(old), null);
      assert.equal((await read(sid)).user, "alice");
    });

    test("one that was made in a request can be saved often, and ended in between", async () => {
      const request = await sessions.begin();
      const save = promisify(request.session.save.bind(request.session));
      await save();
      request.session.step = 2;
      await save();
      assert.equal((await read(request.sessionID)).step, 2);
      await promisify(store.destroy.bind(store))(request.sessionID);
      await save();
      assert.equal(await read(request.sessionID), null);
    });

    test("it lives as long as its cookie, and a request lengthens that", async () => {
      const brief = session({ store, cookie: { maxAge: 300 } });
      const request = await brief.begin();
      await brief.end(request);
      const { ttlMs } = await room.kv.get(await keyOf(request.sessionID), { withMeta: true });
      assert.ok(ttlMs > 0 && ttlMs <= 300, String(ttlMs));
      request.session.cookie.originalMaxAge = 60_000;
      request.session.touch();
      await promisify(store.touch.bind(store))(request.sessionID, request.session);
      assert.ok((await room.kv.get(await keyOf(request.sessionID), { withMeta: true })).ttlMs > 300);
      request.session.cookie.expires = new Date(Date.now() - 1);
      await promisify(store.set.bind(store))(request.sessionID, request.session);
      assert.equal(await read(request.sessionID), null);
      const endless = session({ store });
      const browser = await endless.begin();
      await endless.end(browser);
      const { ttlMs: day } = await room.kv.get(await keyOf(browser.sessionID), { withMeta: true });
      assert.ok(day > 86_300_000 && day <= 86_400_000, String(day));
    });

    async function keyOf(sid) {
      const { createHash } = await import("node:crypto");
      return `express:session:${createHash("sha256").update(sid).digest("hex")}`;
    }

    test("a session's id is not in the store", async () => {
      const sid = await visit(undefined, (session) => void (session.user = 1));
      const keys = [];
      let cursor;
      do {
        const page = await room.dev.scan({ pattern: "*", count: 1000, ...(cursor ? { cursor } : {}) });
        keys.push(...page.keys);
        cursor = page.cursor;
      } while (cursor !== null);
      assert.ok(keys.length > 0 && !keys.some((key) => key.includes(sid)));
    });

    test("what can't be kept, and a sidecar that is away, are told to the callback", async () => {
      const request = await sessions.begin();
      request.session.bad = new Map();
      await assert.rejects(promisify(store.set.bind(store))("bad", request.session), errors.InvalidParams);
      const away = sessionStore(session, { room: new Room({ path: "/nowhere.sock", timeoutMs: 50 }) });
      await assert.rejects(promisify(away.get.bind(away))("x"), errors.Unavailable);
      // A callback is optional.
      away.destroy("x");
      let told = 0;
      store.get("none", () => void (told += 1));
      await eventually(() => told === 1);
    });
  });
}
