import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { errors, Room } from "../dist/index.js";
import {
  createCampaignStore,
  createFormStore,
  createPendingOperationStore,
  createRegistrationStore,
} from "../dist/pending/index.js";
import { Sidecar } from "./support.mjs";

const secret = "a secret of an application, of more than 32 bytes";

/** A token as older code of an application has made it, with the secret itself. */
function oldToken(claims, { key = secret, header = { alg: "HS256", typ: "JWT" } } = {}) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}
const soon = () => Math.floor(Date.now() / 1000) + 60;

for (const kind of ["memory", "redis"]) {
  describe(`stores of pending operations, ${kind}`, { timeout: 60_000 }, () => {
    let sidecar, room, away;

    before(async () => {
      sidecar = await Sidecar.start(kind);
      room = new Room(sidecar.path);
      away = new Room({ path: `${sidecar.folder}/nowhere.sock`, timeoutMs: 100 });
    });
    after(async () => {
      room.close();
      away.close();
      await sidecar.end();
    });

    test("a registration is in its token, by the application's secret or by the sidecar's keys", async () => {
      for (const given of [secret, undefined]) {
        const store = createRegistrationStore(given, room);
        const data = { tenantId: "default", email: "user@example.com", metadata: { firstName: "John" } };
        const token = await store.create("registration", data, {
          operationType: "registration",
          expiresIn: "24h",
        });
        assert.equal(store.backend, "jwt");
        const operation = await store.verify(token, "registration");
        assert.deepEqual(operation.data, data);
        assert.equal(operation.operationType, "registration");
        const life = Date.parse(operation.expiresAt) - Date.parse(operation.createdAt);
        assert.ok(Math.abs(life - 86_400_000) <= 2000, String(life));
        assert.deepEqual(await store.verify(token), operation);
        assert.equal(await store.verify(token, "campaign"), null);
        assert.equal(await store.update(token, "registration", { email: "x" }), false);
        assert.equal(await store.exists(token, "registration"), true);
      }
    });

    test("a campaign goes through its steps by updates", async () => {
      const store = createCampaignStore(room);
      const campaign = { name: "Summer Sale", steps: ["setup", "targeting"], currentStep: "setup", data: {} };
      const token = await store.create("campaign", campaign, { operationType: "campaign", expiresIn: 3600 });
      assert.equal(store.backend, "redis");
      const updated = await store.update(token, "campaign", (current) => ({
        ...current,
        currentStep: "targeting",
        data: { ...current.data, targeting: { age: 30 } },
      }));
      assert.equal(updated, true);
      assert.equal(await store.update(token, "campaign", { name: "Winter Sale" }), true);
      const operation = await store.verify(token, "campaign");
      assert.deepEqual(operation.data, {
        ...campaign,
        name: "Winter Sale",
        currentStep: "targeting",
        data: { targeting: { age: 30 } },
      });
      assert.equal(await store.delete(token, "campaign"), true);
      assert.equal(await store.delete(token, "campaign"), false);
      assert.equal(await store.update(token, "campaign", { name: "again" }), false);
      assert.equal(await store.verify(token, "campaign"), null);
      await assert.rejects(store.verifyOrThrow(token, "campaign"), errors.Deleted);
    });

    test("no update of many at once is lost", async () => {
      const store = createFormStore(room);
      const token = await store.create("form", { steps: [] });
      const add = (number) => store.update(token, "form", ({ steps }) => ({ steps: [...steps, number] }));
      const done = await Promise.all(Array.from({ length: 20 }, (_, number) => add(number)));
      assert.deepEqual(new Set(done), new Set([true]));
      const { data } = await store.verify(token, "form");
      assert.deepEqual(data.steps.sort((a, b) => a - b), Array.from({ length: 20 }, (_, number) => number));
    });

    test("the type is checked where one is expected, and taken from the token where not", async () => {
      const store = createPendingOperationStore({ room, backend: "redis" });
      const token = await store.create("my-operation", 7, { expiresIn: "2h" });
      assert.equal((await store.verify(token)).operationType, "my-operation");
      assert.equal(await store.verify(token, "another"), null);
      await assert.rejects(store.verifyOrThrow(token, "another"), errors.WrongType);
      const [bare] = token.split(".");
      assert.equal((await store.verify(bare, "my-operation")).data, 7);
      assert.equal(await store.verify(bare), null);
      const forged = `${bare}.${Buffer.from("another").toString("base64url")}`;
      assert.equal(await store.verify(forged), null);
      await assert.rejects(store.create("one", 1, { operationType: "two" }), TypeError);
    });

    test("it is used once, wherever it is kept, and says afterwards that it was", async () => {
      for (
        const config of [{ backend: "redis" }, { backend: "jwt" }, { backend: "jwt", jwtSecret: secret }]
      ) {
        const store = createPendingOperationStore({ ...config, room });
        const token = await store.create("reset", { user: 1 });
        const all = await Promise.allSettled(Array.from({ length: 10 }, () => store.consume(token, "reset")));
        const [first, ...others] = all.filter(({ status }) => status === "fulfilled");
        assert.deepEqual([first.value.data, others.length], [{ user: 1 }, 0]);
        await assert.rejects(store.consume(token, "reset"), errors.Consumed);
        assert.equal(await store.verify(token, "reset"), null);
        await assert.rejects(store.verifyOrThrow(token, "reset"), errors.Consumed);
        assert.equal(await store.delete(token, "reset"), false);
        const other = await store.create("reset", 2);
        assert.equal(await store.delete(other, "reset"), true);
        await assert.rejects(store.consume(other, "reset"), errors.Deleted);
      }
    });

    test("stores of different prefixes share nothing", async () => {
      const [one, other] = ["custom:", "other:"].map((redisKeyPrefix) =>
        createPendingOperationStore({ room, redisKeyPrefix, backend: "redis" })
      );
      const token = await one.create("x", 1);
      assert.equal(await other.verify(token, "x"), null);
      assert.equal((await one.verify(token, "x")).data, 1);
    });

    test("without a sidecar, auto makes a token by the secret, and none is taken twice", async () => {
      const store = createPendingOperationStore({ room: away, jwtSecret: secret, defaultExpiration: "1h" });
      assert.equal(store.backend, "redis");
      const token = await store.create("x", { big: 2n ** 70n });
      assert.equal(store.backend, "jwt");
      assert.deepEqual((await store.verify(token, "x")).data, { big: 2n ** 70n });
      await assert.rejects(store.consume(token, "x"), errors.Unavailable);
      const back = createPendingOperationStore({ room, jwtSecret: secret });
      assert.deepEqual((await back.consume(token, "x")).data, { big: 2n ** 70n });
      assert.equal(await back.verify(token, "x"), null);
      await assert.rejects(createCampaignStore(away).create("x", 1), errors.Unavailable);
    });

    test("tokens of an application's older code are good until they end", async () => {
      const registrations = createRegistrationStore(secret, room);
      const plain = oldToken({ email: "a@example.com", iat: 1, exp: soon() });
      assert.deepEqual((await registrations.verify(plain, "registration")).data, { email: "a@example.com" });
      const typed = oldToken({ operationType: "registration", data: { a: 1 }, exp: soon() });
      assert.deepEqual((await registrations.consume(typed, "registration")).data, { a: 1 });
      await assert.rejects(registrations.consume(typed, "registration"), errors.Consumed);
      // One without a type is nothing but a registration.
      const others = createPendingOperationStore({ room, jwtSecret: secret });
      assert.equal(await others.verify(plain, "campaign"), null);
      assert.equal(await registrations.verify(plain, "campaign"), null);
      const past = oldToken({ a: 1, exp: soon() - 120 });
      await assert.rejects(registrations.verifyOrThrow(past, "registration"), errors.Expired);
    });

    test("no other token passes", async () => {
      const store = createRegistrationStore(secret, room);
      const good = await store.create("registration", 1);
      const [head, body, signature] = good.split(".");
      const none = Buffer.from('{"alg":"none"}').toString("base64url");
      const claims = { operationType: "registration", data: 1, exp: soon() };
      const bad = [
        "",
        "x",
        "a.b.c",
        `${none}.${body}.`,
        `${head}.${body}.${signature.slice(1)}`,
        `${head}.${Buffer.from(JSON.stringify({ ...claims, data: 2 })).toString("base64url")}.${signature}`,
        oldToken(claims, { key: "another secret" }),
        oldToken(claims, { header: { alg: "HS256", typ: "cloakroom-pending+jwt" } }),
        oldToken({ ...claims, exp: undefined }),
        oldToken({ ...claims, nbf: soon() }),
        oldToken(claims, { header: { alg: "HS512" } }),
        await createRegistrationStore("another secret of more than 32 bytes", room).create("registration", 1),
      ];
      for (const token of bad) {
        assert.equal(await store.verify(token, "registration"), null, token);
        assert.equal(await store.verify(token), null, token);
      }
    });

    test("a life is one, or is refused", async () => {
      for (const given of [secret, undefined]) {
        const store = createRegistrationStore(given, room);
        for (const expiresIn of [0, -1, 1.5, "1", "1x", "0s", "99999d"]) {
          await assert.rejects(store.create("registration", 1, { expiresIn }), errors.TtlInvalid);
        }
      }
    });
  });
}

test("a short secret works with a warning that doesn't tell it", async () => {
  const warned = new Promise((resolve) => process.once("warning", resolve));
  const store = createRegistrationStore("your-secret", new Room("/nowhere.sock"));
  const token = await store.create("registration", 1);
  const warning = await warned;
  assert.equal(warning.name, "CloakroomWarning");
  assert.ok(!warning.message.includes("your-secret"));
  assert.equal(token.split(".").length, 3);
  assert.throws(() => createRegistrationStore(""), TypeError);
});
