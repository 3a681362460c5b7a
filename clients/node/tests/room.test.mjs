import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { after, before, beforeEach, describe, test } from "node:test";
import { promisify } from "node:util";
import { CloakroomError, Decimal, errors, Room } from "../dist/index.js";
import { eventually, Proxy, Sidecar } from "./support.mjs";

const package_ = fileURLToPath(new URL("..", import.meta.url));

for (const store of ["memory", "redis"]) {
  describe(`a room, ${store}`, { timeout: 120_000 }, () => {
    let sidecar, proxy, room, lossy;
    let names = 0;
    // A name that no other test has.
    const name = () => `name-${(names += 1)}`;

    before(async () => {
      sidecar = await Sidecar.start(store);
      proxy = await Proxy.start(sidecar.path);
      room = new Room(sidecar.path);
      lossy = new Room(proxy.path);
    });
    after(async () => {
      room.close();
      lossy.close();
      await proxy.end();
      await sidecar.end();
    });
    beforeEach(() => {
      proxy.losses = 0;
      proxy.seen.length = 0;
    });

    const held = async (key) => (await room.claim.inspect(key)).held;

    test("values come back as they were", async () => {
      const values = [
        9007199254740993n,
        -(2n ** 80n),
        [],
        {},
        "é\u2028",
        null,
        Buffer.from([0, 255]),
        new Decimal("1e400"),
        1.5,
      ];
      await Promise.all(values.map((value, index) => room.kv.set(`value:${index}`, value)));
      const found = await Promise.all(values.map((_, index) => room.kv.get(`value:${index}`)));
      assert.deepEqual(found.map((answer) => answer.value), values);
    });

    test("a value is the one at the time of the call", async () => {
      const [key, value] = [name(), { step: 1 }];
      const written = room.kv.set(key, value);
      value.step = 2;
      await written;
      assert.deepEqual((await room.kv.get(key)).value, { step: 1 });
    });

    test("what is no JSON is refused without its value, and nothing is written", async () => {
      const key = name();
      for (const value of [NaN, "secret\ud800", new Map([["secret", 1]]), () => "secret"]) {
        await assert.rejects(room.kv.set(key, value), (fault) => {
          return fault instanceof errors.InvalidParams && !fault.message.includes("secret");
        });
      }
      assert.equal(await room.kv.exists(key), false);
    });

    test("an error is a class by its reason, with a name", async () => {
      const key = name();
      await room.kv.set(key, 1);
      const fault = await room.kv.set(key, 2, { onlyIf: "absent" }).catch((fault) => fault);
      assert.ok(
        fault instanceof errors.Conflict && fault instanceof CloakroomError && fault instanceof Error,
      );
      assert.deepEqual([fault.name, fault.reason, fault.retryable], ["Conflict", "CONFLICT", false]);
      await assert.rejects(room.kv.set(key, 2, { ttl: 0 }), errors.TtlInvalid);
      await assert.rejects(room.call("no.such"), errors.MethodNotFound);
      await assert.rejects(room.call("constructor"), CloakroomError);
    });

    test("a thousand calls at once share one connection", async () => {
      const key = name();
      const answers = await Promise.all(Array.from({ length: 1000 }, () => room.counter.increment(key)));
      assert.deepEqual(
        answers.map((answer) => answer.value),
        Array.from({ length: 1000 }, (_, index) => index + 1),
      );
    });

    test("calls take effect in the order in which they were made: large ones, notifications, and bound ones too", async () => {
      // A connection that has not asked for limits yet.
      const fresh = new Room(sidecar.path);
      const [key, claim] = [name(), name()];
      const large = "x".repeat(200_000);
      const found = await Promise.all([
        fresh.kv.set(key, large),
        fresh.kv.get(key),
        fresh.kv.set(key, 2),
        fresh.notify("kv.set", { key, value: 3 }),
        fresh.kv.get(key),
        fresh.claim.once(claim, "first", { bindToConnection: true }),
        fresh.claim.once(claim, "second"),
        fresh.kv.remove(key),
        fresh.kv.get(key),
      ]);
      assert.ok(found[1].value === large);
      assert.deepEqual([found[4].value, found[8].found], [3, false]);
      assert.deepEqual([found[5].claimed, found[6].claimed], [true, false]);
      fresh.close();
    });

    test("a lost answer is asked for again and done once, with the same key", async () => {
      const key = name();
      proxy.losses = 2;
      assert.equal((await lossy.counter.increment(key)).value, 1);
      assert.equal((await room.counter.get(key)).value, 1);
      const keys = proxy.requests("counter.increment").map((request) => request.params.idempotencyKey);
      assert.equal(keys.length, 3);
      assert.deepEqual(new Set(keys).size, 1);
    });

    test("what is bound to the connection is never repeated", async () => {
      await lossy.system.ping();
      proxy.losses = 1;
      const bound = lossy.claim.once(name(), "me", { bindToConnection: true });
      await assert.rejects(bound, errors.OutcomeUnknown);
      assert.equal(proxy.requests("claim.once").length, 1);
    });

    test("a change that was sent is never told as not done, though the sidecar has gone since", async () => {
      const gone = new Room({ path: proxy.path, timeoutMs: 400 });
      await gone.system.ping();
      proxy.losses = 1000;
      await assert.rejects(gone.counter.increment(name()), errors.OutcomeUnknown);
      await assert.rejects(gone.counter.get(name()), errors.Unavailable);
      gone.close();
    });

    test("a call's time ends, and its connection stays", async () => {
      const key = name();
      await lossy.claim.once(key, "one");
      const before = proxy.sockets.size;
      const waiting = lossy.claim.once(key, "two", { waitMs: 5000, timeoutMs: 200 });
      await assert.rejects(waiting, errors.DeadlineExceeded);
      assert.equal(await lossy.system.ping(), "pong");
      assert.equal(proxy.sockets.size, before);
    });

    test("a call that its signal ends is cancelled in the sidecar, and nothing is held", async () => {
      const why = new Error("enough");
      let key, fault, controller;
      // Where a busy machine leaves the sidecar no time for its word, nobody knows, and nothing is promised.
      for (let attempt = 1; attempt <= 10 && !(fault instanceof errors.Cancelled); attempt += 1) {
        [key, controller] = [name(), new AbortController()];
        await room.claim.once(key, "one");
        const waiting = lossy.claim.once(key, "two", { waitMs: 60_000, signal: controller.signal });
        await eventually(() => proxy.requests("claim.once").length === attempt);
        controller.abort(why);
        fault = await waiting.then(() => undefined, (thrown) => thrown);
        assert.ok(fault instanceof errors.Cancelled || fault instanceof errors.OutcomeUnknown, String(fault));
      }
      assert.deepEqual([fault.name, fault.cause], ["AbortError", why]);
      await room.claim.release(key, "one");
      assert.equal((await room.claim.once(key, "three")).owner, "three");
      await assert.rejects(room.system.ping({ signal: controller.signal }), errors.Cancelled);
    });

    test("without a sidecar a call waits its own time, and a signal ends the wait", async () => {
      const nowhere = new Room({ path: `${sidecar.folder}/nowhere.sock`, timeoutMs: 300 });
      const begun = performance.now();
      await assert.rejects(nowhere.kv.get("x"), (fault) => {
        return fault instanceof errors.Unavailable && fault.retryable && fault.message.includes("ENOENT");
      });
      assert.ok(performance.now() - begun < 2000);
      const signal = AbortSignal.timeout(50);
      await assert.rejects(nowhere.kv.get("x", { signal, timeoutMs: 60_000 }), errors.Cancelled);
      nowhere.close();
    });

    test("a time may be as long as one likes, and is a number", async () => {
      const warnings = [];
      const onWarning = (warning) => warnings.push(warning.name);
      process.on("warning", onWarning);
      for (const timeoutMs of [Infinity, 1e15]) {
        const fresh = new Room(sidecar.path);
        assert.equal(await fresh.system.ping({ timeoutMs }), "pong");
        fresh.close();
        const controller = new AbortController();
        const key = name();
        await room.claim.once(key, "one");
        const options = { waitMs: 50, timeoutMs, signal: controller.signal };
        assert.equal((await room.claim.once(key, "two", options)).claimed, false);
      }
      for (const timeoutMs of [NaN, -1, "x"]) {
        await assert.rejects(room.system.ping({ timeoutMs }), TypeError);
      }
      const long = await room.claim(name(), { ttl: "300d" });
      const { expiresAt } = await room.claim.inspect(long.key);
      await room.system.ping();
      assert.equal((await room.claim.inspect(long.key)).expiresAt, expiresAt);
      await long.release();
      process.removeListener("warning", onWarning);
      assert.deepEqual(warnings, []);
    });

    test("tenants are apart, and scopes stand inside each other", async () => {
      const key = name();
      const acme = room.scope({ org: "acme" });
      await acme.kv.set(key, 1);
      assert.equal((await room.kv.get(key)).found, false);
      assert.equal((await acme.scope({ team: 7n }).kv.get(key)).found, false);
      assert.equal((await room.kv.get(key, { scope: [{ key: "org", id: "acme" }] })).found, true);
      assert.equal((await acme.kv.get(key)).value, 1);
    });

    test("a claim renews itself while it is held, and is released at the end", async () => {
      const key = name();
      const fence = await room.claim(key, { ttl: "600ms" }, async (claim) => {
        const first = (await room.claim.inspect(key)).expiresAt;
        await assert.rejects(room.claim(key), errors.Conflict);
        await eventually(async () => (await room.claim.inspect(key)).expiresAt > first, "it was not renewed");
        claim.check();
        return claim.fence;
      });
      assert.equal(typeof fence, "number");
      assert.equal(await held(key), false);
      await assert.rejects(room.claim(key, () => Promise.reject(new RangeError())), RangeError);
      assert.equal(await held(key), false);
      const claim = await room.claim(key);
      await claim[Symbol.asyncDispose]();
      await claim.release();
      assert.equal(await held(key), false);
    });

    test("a claim that is lost says so", async () => {
      const claim = await room.claim(name(), { ttl: "600ms" });
      const told = new Promise((resolve) => claim.signal.addEventListener("abort", resolve));
      await room.claim.release(claim.key, claim.owner);
      await told;
      assert.ok(claim.isLost);
      assert.throws(() => claim.check(), errors.ClaimNotHeld);
      const brief = await room.claim(name(), { ttl: "100ms", renew: false });
      await new Promise((resolve) => brief.signal.addEventListener("abort", resolve));
      assert.ok(brief.isLost);
    });

    test("a claim that can't be renewed is lost when its life is over, and not later", async () => {
      const begun = performance.now();
      const claim = await room.claim(name(), { ttl: 3 });
      const told = new Promise((resolve) => claim.signal.addEventListener("abort", resolve));
      await sidecar.stop();
      await told;
      const took = performance.now() - begun;
      await sidecar.start();
      assert.ok(claim.isLost && took >= 2990 && took < 3900, `${took} ms`);
    });

    test("a cached function is called once until its tag is invalidated", async () => {
      const [tag, calls] = [name(), []];
      const squared = room.cached(
        async (number, plus = {}) => {
          calls.push(number);
          return number * number + (plus.a ?? 0);
        },
        { name: tag, ttl: 60, tags: [tag] },
      );
      assert.deepEqual(await Promise.all([squared(3), squared(3), squared(3, { a: 1 })]), [9, 9, 10]);
      assert.deepEqual([await squared(3, { a: 1, b: 2 }), await squared(3, { b: 2, a: 1 })], [10, 10]);
      assert.deepEqual(calls, [3, 3, 3]);
      await room.cache.invalidate({ tags: [tag] });
      assert.equal(await squared(3), 9);
      assert.equal(calls.length, 4);
      const failing = room.cached(() => Promise.reject(new RangeError()), { name: name(), waitMs: 10_000 });
      await assert.rejects(failing(), RangeError);
      await assert.rejects(failing(), RangeError);
      assert.throws(() => room.cached(() => 1), TypeError);
    });

    test("a cache that can't be asked costs nobody an answer", async () => {
      const nowhere = new Room({ path: `${sidecar.folder}/nowhere.sock`, timeoutMs: 50 });
      const seven = nowhere.cached(() => 7, { name: "seven", waitMs: 10 });
      assert.equal(await seven(), 7);
      nowhere.close();
    });

    test("guarded work is done once, and again after a failure", async () => {
      const [key, attempts] = [name(), []];
      await assert.rejects(room.idempotent(key, () => Promise.reject(new RangeError())), RangeError);
      const work = ({ attempt }) => {
        attempts.push(attempt);
        return { id: 17 };
      };
      assert.deepEqual(await room.idempotent(key, work), { id: 17 });
      assert.deepEqual(await room.idempotent(key, work), { id: 17 });
      assert.deepEqual(attempts, [2]);
      const other = name();
      const { receipt } = await room.idempotency.begin(other);
      await assert.rejects(room.idempotent(other, work), errors.IdempotencyInProgress);
      await room.idempotency.fail(other, receipt, { error: "broken", final: true });
      await assert.rejects(room.idempotent(other, work), (fault) => {
        return fault instanceof errors.Conflict && fault.details.state === "failed";
      });
      assert.deepEqual(attempts, [2]);
    });

    test("an operation is released with an error, and committed without", async () => {
      const { token } = await room.pending.create({
        operationType: "quote",
        data: { price: 7 },
        backend: "store",
      });
      const broken = room.pending.checkout(token, "quote", () => Promise.reject(new RangeError()));
      await assert.rejects(broken, RangeError);
      const left = await room.pending.checkout(token, "quote");
      assert.equal(left.attempt, 2);
      await left[Symbol.asyncDispose]();
      const done = await room.pending.checkout(token, "quote", (operation) => {
        assert.deepEqual([operation.data, operation.attempt], [{ price: 7 }, 3]);
        return { id: 1 };
      });
      assert.deepEqual(done, { id: 1 });
      await assert.rejects(room.pending.checkout(token, "quote"), CloakroomError);
    });

    test("an operation that failed too often is left to operators, with its last error", async () => {
      const given = { operationType: name(), data: 1, backend: "store", maxAttempts: 1 };
      const { token, id } = await room.pending.create(given);
      const broken = room.pending.checkout(token, given.operationType, () => {
        throw new RangeError("no such table");
      });
      await assert.rejects(broken, RangeError);
      const { operations } = await room.pending.dead({ count: 1000 });
      assert.equal(operations.find((dead) => dead.id === id).error, "RangeError: no such table");
    });

    test("a finished session is handed over", async () => {
      const { sessionId } = await room.session.create({ data: { name: "Harbour" } });
      const session = await room.session.checkout(sessionId);
      assert.deepEqual(session.data, { name: "Harbour" });
      await session.commit({ id: 5 });
      await session[Symbol.asyncDispose]();
      await assert.rejects(room.session.get(sessionId), CloakroomError);
    });

    test("a group gives each message once, and one whose handler threw again", async () => {
      const stream = name();
      for (let number = 0; number < 3; number += 1) await room.streams.append(stream, number);
      const broken = async () => {
        for await (const _ of room.streams.group(stream, "g", "one", { count: 1, forever: false })) {
          throw new RangeError();
        }
      };
      await assert.rejects(broken(), RangeError);
      const rest = [];
      const options = { reclaimAfterMs: 0, forever: false };
      for await (const message of room.streams.group(stream, "g", "two", options)) rest.push(message.data);
      assert.deepEqual(rest.sort(), [0, 1, 2]);
      assert.equal((await room.streams.pending(stream, "g")).count, 0);
      const controller = new AbortController();
      const endless = async () => {
        for await (const _ of room.streams.group(stream, "g", "two", { signal: controller.signal })) {
          assert.fail();
        }
      };
      const ended = assert.rejects(endless(), errors.Cancelled);
      controller.abort();
      await ended;
    });

    test("events are heard in their order, and a broken loop closes its connection", async () => {
      const [channel, heard] = [`${name()}.paid`, []];
      const lossyEvents = await lossy.events.subscribe({ pattern: channel.replace("paid", "*") });
      for (let order = 1; order <= 3; order += 1) await room.events.publish(channel, { order });
      for await (const event of lossyEvents) {
        assert.deepEqual([event.kind, event.channel], ["event", channel]);
        heard.push(event.data.order);
        if (heard.length === 3) break;
      }
      assert.deepEqual(heard, [1, 2, 3]);
      await eventually(async () => (await room.events.publish(channel, 1)).receivers === 0);
      const controller = new AbortController();
      const subscription = await room.events.subscribe(channel, { signal: controller.signal });
      const next = subscription.next();
      controller.abort();
      await assert.rejects(next, errors.Cancelled);
      await assert.rejects(room.events.subscribe(""), CloakroomError);
    });

    test("a slow listener misses nothing that the sidecar keeps, and nobody waits for it", async () => {
      const channel = name();
      const subscription = await room.events.subscribe(channel);
      const sent = 3000;
      await Promise.all(Array.from({ length: sent }, (_, number) => room.events.publish(channel, number)));
      for (let number = 0; number < sent; number += 1) {
        assert.equal((await subscription.next()).value.data, number);
      }
      subscription.close();
      assert.equal((await subscription.next()).done, true);
    });

    test("events go on after a restart, and the gap is told", async () => {
      const channel = name();
      const subscription = await room.events.subscribe(channel);
      await room.events.publish(channel, 1);
      assert.equal((await subscription.next()).value.data, 1);
      await sidecar.restart();
      assert.deepEqual((await subscription.next()).value, { kind: "gap", reason: "reconnected" });
      assert.equal((await room.events.publish(channel, 2)).receivers, 1);
      assert.equal((await subscription.next()).value.data, 2);
      subscription.close();
    });

    test("a sidecar that comes late is waited for", async () => {
      await sidecar.stop();
      const answers = Array.from({ length: 50 }, () => room.system.ping());
      await sidecar.start();
      assert.deepEqual(new Set(await Promise.all(answers)), new Set(["pong"]));
    });

    test("close ends the calls under way, of every room with that connection", async () => {
      const closing = new Room(proxy.path);
      const key = name();
      await room.claim.once(key, "one");
      const waiting = closing.claim.once(key, "two", { waitMs: 60_000 });
      await eventually(() => proxy.requests("claim.once").length === 1);
      closing.scope({ org: "acme" }).close();
      await assert.rejects(waiting, errors.OutcomeUnknown);
      await assert.rejects(closing.system.ping(), errors.Unavailable);
      await assert.rejects(closing.events.subscribe("x"), errors.Unavailable);
      await new Room(sidecar.path)[Symbol.asyncDispose]();
    });

    test("a request over the sidecar's limit is refused before it is sent", async () => {
      await assert.rejects(lossy.kv.set(name(), "x".repeat(5_000_000)), errors.TooLarge);
      assert.equal(proxy.requests("kv.set").length, 0);
    });

    test("a process that has nothing else to do ends, with a connection, a claim and a subscription", async () => {
      const program = `
        const { Room } = require(${JSON.stringify(package_)});
        (async () => {
          const room = new Room(${JSON.stringify(sidecar.path)});
          await room.claim("process-${store}");
          await room.events.subscribe("process");
          console.log(await room.system.ping());
        })();`;
      const { stdout } = await promisify(execFile)(process.execPath, ["-e", program], { timeout: 20_000 });
      assert.equal(stdout, "pong\n");
    });
  });
}

test("a sidecar whose frames are small refuses a large request, and the calls beside it are answered", async () => {
  const sidecar = await Sidecar.start("memory", ["--set", "limits.frameBytes=16KiB"]);
  const room = new Room(sidecar.path);
  try {
    const large = assert.rejects(room.kv.set("large", "x".repeat(40_000)), CloakroomError);
    const answers = await Promise.all(Array.from({ length: 20 }, () => room.kv.set("small", 1)));
    assert.equal(answers.length, 20);
    await large;
    assert.equal(await room.system.ping(), "pong");
  } finally {
    room.close();
    await sidecar.end();
  }
});
