// The middlewares on Debian's Express, over HTTP, with real sidecars.
import assert from "node:assert/strict";
import { createServer, request as ask } from "node:http";
import { createRequire } from "node:module";
import { after, before, beforeEach, describe, test } from "node:test";
import { idempotency, rateLimit } from "../dist/express/index.js";
import { Room } from "../dist/index.js";
import { eventually, Sidecar } from "./support.mjs";

const require = createRequire(import.meta.url);
const { addressKey } = require("../dist/express/request.js");

function express() {
  try {
    return require("express");
  } catch {
    return undefined;
  }
}

/** The routes; `parse` makes what was sent of a request. */
function handlers(room) {
  const effect = async (name) => (await room.counter.increment(`effects:${name}`)).value;
  return {
    async orders(name, sent, response) {
      const count = await effect(name);
      response.setHeader("X-Order", name);
      response.setHeader("Set-Cookie", ["a=1", "b=2"]);
      response.writeHead(201, { "Content-Type": "application/json" });
      response.write('{"count":');
      response.end(`${count},"sent":${JSON.stringify(sent)}}`);
    },
    async fails(name, _sent, response) {
      if ((await effect(name)) === 1) throw new RangeError("the first time it fails");
      response.end("done");
    },
    async large(name, _sent, response) {
      await effect(name);
      for (let part = 0; part < 20; part += 1) response.write("x".repeat(65536));
      response.end();
    },
    async waits(name, _sent, response) {
      await effect(name);
      await eventually(async () => (await room.kv.get(`go:${name}`)).found);
      response.end("slow");
    },
    async limited(_name, _sent, response) {
      response.end("ok");
    },
  };
}

async function read(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** Node's own server, with the middlewares in a row. */
function plainApplication(room, options) {
  const routes = handlers(room);
  const middlewares = [rateLimit(options.limit), idempotency(options.once)];
  return async (request, response) => {
    try {
      for (const middleware of middlewares) {
        await new Promise((resolve, reject) =>
          middleware(request, response, (fault) => (fault ? reject(fault) : resolve())).catch(reject)
        );
      }
      const [, route, name] = request.url.split(/[/?]/);
      await routes[route](name, await read(request), response);
    } catch {
      response.statusCode = 500;
      response.end();
    }
  };
}

function expressApplication(parserFirst) {
  return (room, options) => {
    const routes = handlers(room);
    const app = express()();
    const parser = express().text({ type: "*/*", limit: "2mb" });
    if (parserFirst) app.use(parser);
    app.use(rateLimit(options.limit));
    app.use(idempotency(options.once));
    if (!parserFirst) app.use(parser);
    app.use("/:route/:name", (request, response, next) => {
      const { route, name } = request.params;
      const sent = typeof request.body === "string" ? request.body : "";
      routes[route](name, sent, response).catch(next);
    });
    app.use((_fault, _request, response, _next) => void response.status(500).send("failed"));
    return app;
  };
}

const kinds = [
  ["Node's own server, memory", plainApplication, "memory"],
  ["Express before a parser, redis", expressApplication(false), "redis"],
  ["Express behind a parser, memory", expressApplication(true), "memory"],
];
for (const [kind, application, store] of kinds) {
  const skip = kind.startsWith("Express") && express() === undefined && "there is no Express";
  describe(`the middlewares, ${kind}`, { skip, timeout: 120_000 }, () => {
    let sidecar, room, server, name, key;
    let names = 0;

    before(async () => {
      sidecar = await Sidecar.start(store);
      room = new Room(sidecar.path);
      const once = { room, required: (request) => request.url.includes("must"), lockTtl: 1 };
      const limit = {
        room,
        limit: 3,
        window: "1m",
        name: "shop",
        key: (request) => request.url.startsWith("/limited") ? request.url : undefined,
      };
      server = createServer(application(room, { once, limit }));
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    });
    after(async () => {
      server.close();
      server.closeAllConnections();
      room.close();
      await sidecar.end();
    });
    beforeEach(() => {
      names += 1;
      name = `name-${names}`;
      key = `key-${names}`;
    });

    function send(method, path, { body = "", key: given, ...headers } = {}) {
      const { port } = server.address();
      const sent = {
        "Content-Type": "text/plain",
        ...headers,
        ...(given === undefined ? {} : { "Idempotency-Key": given }),
      };
      return new Promise((resolve, reject) => {
        const request = ask(
          { port, host: "127.0.0.1", method, path, headers: sent, agent: false },
          (answer) => {
            read(answer).then(
              (text) => resolve({ status: answer.statusCode, headers: answer.headers, text }),
              reject,
            );
          },
        );
        request.on("error", reject);
        request.end(body);
      });
    }
    const effects = async () => (await room.counter.get(`effects:${name}`)).value;

    test("fifty repetitions at once have one effect and one answer", async () => {
      const post = async () => {
        for (;;) {
          const answer = await send("POST", `/orders/${name}`, { body: "a", key });
          if (answer.status !== 409) return answer;
          assert.ok(Number(answer.headers["retry-after"]) >= 1);
        }
      };
      const answers = await Promise.all(Array.from({ length: 50 }, post));
      assert.equal(await effects(), 1);
      for (const { status, headers, text } of answers) {
        assert.deepEqual([status, text], [201, '{"count":1,"sent":"a"}']);
        assert.equal(headers["x-order"], name);
        assert.equal(headers["content-type"], "application/json");
        assert.deepEqual(headers["set-cookie"], ["a=1", "b=2"]);
      }
      assert.equal(answers.filter(({ headers }) => headers["idempotency-replayed"] === "true").length, 49);
    });

    test("one that is under way is 409, for as long as it takes", async () => {
      const first = send("POST", `/waits/${name}`, { key });
      await eventually(async () => (await effects()) === 1);
      const since = performance.now();
      // Longer than the lock of one second lives by itself.
      await eventually(async () => {
        const { status, headers, text } = await send("POST", `/waits/${name}`, { key });
        assert.deepEqual([status, headers["content-type"]], [409, "application/problem+json"]);
        assert.equal(JSON.parse(text).status, 409);
        return performance.now() - since > 1500;
      });
      await room.kv.set(`go:${name}`, true);
      assert.deepEqual([(await first).status, await effects()], [200, 1]);
    });

    test("another request under the same key is 422", async () => {
      assert.equal((await send("POST", `/orders/${name}`, { body: "a", key })).status, 201);
      for (
        const [path, body] of [[`/orders/${name}`, "b"], [`/orders/${name}?x=1`, "a"], ["/fails/x", "a"]]
      ) {
        assert.equal((await send("POST", path, { body, key })).status, 422);
      }
      assert.equal(await effects(), 1);
    });

    test("another client's key is another one", async () => {
      await send("POST", `/orders/${name}`, { key, Authorization: "Bearer one" });
      await send("POST", `/orders/${name}`, { key, Authorization: "Bearer two" });
      assert.equal(await effects(), 2);
    });

    test("without a key it is 400 where one is required, and done where not", async () => {
      assert.equal((await send("POST", `/orders/${name}?must`)).status, 400);
      assert.equal(await effects(), 0);
      assert.equal((await send("POST", `/orders/${name}`)).status, 201);
      assert.equal((await send("POST", `/orders/${name}?must`, { key })).status, 201);
      assert.equal((await send("PUT", `/orders/${name}`, { key })).status, 201);
      assert.equal((await send("PUT", `/orders/${name}`, { key })).status, 201);
      assert.equal(await effects(), 4);
    });

    test("a key may have quotes, and none may be empty or overlong", async () => {
      await send("POST", `/orders/${name}`, { key });
      const { headers } = await send("POST", `/orders/${name}`, { key: `"${key}"` });
      assert.equal(headers["idempotency-replayed"], "true");
      for (const bad of ["", '""', "x".repeat(256), ["a", "b"]]) {
        assert.equal((await send("POST", `/orders/${name}`, { key: bad })).status, 400);
      }
    });

    test("a handler that throws opens the key again", async () => {
      assert.equal((await send("POST", `/fails/${name}`, { key })).status, 500);
      const { status, text, headers } = await send("POST", `/fails/${name}`, { key });
      assert.deepEqual([status, text, headers["idempotency-replayed"]], [200, "done", undefined]);
      assert.equal((await send("POST", `/fails/${name}`, { key })).headers["idempotency-replayed"], "true");
      assert.equal(await effects(), 2);
    });

    test("an answer that is too large to be kept arrives whole, and is not made again", async () => {
      const first = await send("POST", `/large/${name}`, { key });
      assert.deepEqual([first.status, first.text.length], [200, 20 * 65536]);
      const second = await send("POST", `/large/${name}`, { key });
      assert.equal(second.status, 409);
      assert.match(second.text, /too large/);
      assert.equal(await effects(), 1);
    });

    test("a body that arrives in pieces is read, by the middleware and by the handler", async () => {
      const { port } = server.address();
      const options = { port, host: "127.0.0.1", method: "POST", path: `/orders/${name}`, agent: false };
      const headers = { "Content-Type": "text/plain", "Idempotency-Key": key };
      const text = await new Promise((resolve, reject) => {
        const request = ask({ ...options, headers }, (answer) => read(answer).then(resolve, reject));
        request.write("a".repeat(100_000));
        setImmediate(() => request.end("b"));
      });
      assert.ok(JSON.parse(text).sent === `${"a".repeat(100_000)}b`);
    });

    if (!kind.includes("behind")) {
      test("a request that is too large is 413, and not done", async () => {
        const body = "x".repeat((1 << 20) + 1);
        const outcome = await send("POST", `/orders/${name}`, { body, key }).catch((fault) => fault);
        // The server may have answered, and closed, before all was sent.
        assert.ok(outcome.status === 413 || ["EPIPE", "ECONNRESET"].includes(outcome.code), String(outcome));
        assert.equal(await effects(), 0);
      });
    }

    test("who asks too often is 429, and told when to come again", async () => {
      const path = `/limited/${name}`;
      const first = await send("GET", path);
      assert.equal(first.status, 200);
      assert.equal(first.headers["ratelimit-policy"], '"shop";q=3;w=60');
      assert.equal(first.headers.ratelimit, '"shop";r=2;t=20');
      assert.deepEqual([(await send("GET", path)).status, (await send("GET", path)).status], [200, 200]);
      const { status, headers, text } = await send("GET", path);
      assert.deepEqual([status, JSON.parse(text).status], [429, 429]);
      assert.match(headers.ratelimit, /^"shop";r=0;t=/);
      assert.ok(Number(headers["retry-after"]) >= 1 && Number(headers["retry-after"]) <= 20);
      assert.equal((await send("GET", `${path}-other`)).status, 200);
    });

    test("without a sidecar nothing is begun, and limits are refused", async () => {
      const late = new Room({ path: `${sidecar.folder}/nowhere.sock`, timeoutMs: 100 });
      const limit = { room: late, limit: 3, window: "1m", timeoutMs: 100 };
      const once = { room: late };
      const ends = [];
      for (const onUnavailable of ["deny", "allow"]) {
        const other = createServer(application(room, { once, limit: { ...limit, onUnavailable } }));
        await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
        const before = server;
        server = other;
        const { status, headers, text } = await send("POST", `/orders/${name}`, { key });
        ends.push([status, headers["retry-after"], JSON.parse(text).detail]);
        server = before;
        other.close();
      }
      assert.deepEqual(ends, [
        [503, "1", "The rate limit can't be checked at the moment."],
        [503, "1", "Nothing was done. Try again with the same key."],
      ]);
      assert.equal(await effects(), 0);
      late.close();
    });
  });
}

for (const onUnavailable of ["deny", "allow"]) {
  for (const store of ["memory", "redis"]) {
    test(
      `a sidecar that is away is waited for once: ${onUnavailable}, ${store}`,
      { timeout: 60_000 },
      async () => {
        const sidecar = await Sidecar.start(store);
        const room = new Room(sidecar.path);
        const middlewares = ["shop", "other"].map((name) =>
          // Each request that waited so long would be as long as the test may take.
          rateLimit({ room, limit: 1_000_000, window: "1h", name, onUnavailable, timeoutMs: 30_000 })
        );
        const first = rateLimit({ room, limit: 1_000_000, window: "1h", onUnavailable, timeoutMs: 300 });
        /** 200 for a request that goes on with a limit, 204 for one without. */
        const ask = async (middleware) => {
          const answer = { headers: {}, setHeader: (name, value) => void (answer.headers[name] = value) };
          return await new Promise((resolve, reject) => {
            answer.end = () => resolve(answer.statusCode);
            const request = { rawHeaders: [], socket: { remoteAddress: "192.0.2.1" } };
            const next = (fault) => fault ? reject(fault) : resolve(answer.headers.RateLimit ? 200 : 204);
            middleware(request, answer, next).catch(reject);
          });
        };
        const passedBy = onUnavailable === "allow" ? 204 : 503;
        const ways = [
          [() => sidecar.stop(), () => sidecar.start()],
          [() => sidecar.process.kill("SIGSTOP"), () => sidecar.process.kill("SIGCONT")],
        ];
        try {
          for (const [goAway, comeBack] of ways) {
            for (const middleware of middlewares) assert.equal(await ask(middleware), 200);
            await goAway();
            // A process that is told to stop may still answer what has reached it.
            await eventually(async () => (await ask(first)) === passedBy);
            for (let request = 0; request < 1000; request += 1) {
              // Also of another middleware: it is the same sidecar.
              assert.equal(await ask(middlewares[request % 2]), passedBy);
            }
            await comeBack();
            await eventually(async () => (await ask(middlewares[0])) === 200, "the limit is not back");
          }
        } finally {
          room.close();
          await sidecar.end();
        }
      },
    );
  }
}

test(
  "a request that is to be done once waits once for a sidecar that is away",
  { timeout: 60_000 },
  async () => {
    const sidecar = await Sidecar.start();
    const late = new Room({ path: sidecar.path, timeoutMs: 300 });
    const room = new Room({ path: sidecar.path, timeoutMs: 30_000 });
    const server = createServer((request, response) =>
      idempotent(request, response, (fault) => response.writeHead(fault ? 500 : 200).end())
    );
    let idempotent = idempotency({ room: late }), keys = 0;
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    const post = () =>
      new Promise((resolve, reject) => {
        const { port } = server.address();
        const headers = { "Idempotency-Key": `key-${keys += 1}` };
        const asked = ask({ port, host: "127.0.0.1", method: "POST", headers, agent: false }, (answer) => {
          answer.resume().on("end", () => resolve(answer.statusCode));
        });
        asked.on("error", reject).end();
      });
    try {
      assert.equal(await post(), 200);
      await sidecar.stop();
      for (let request = 0; request < 400; request += 1) assert.equal(await post(), 503);
      await sidecar.start();
      await eventually(async () => (await post()) === 200, "it is not back");
      // A restart that is shorter than a call's time is waited for.
      idempotent = idempotency({ room });
      await sidecar.stop();
      const waiting = post();
      await sidecar.start();
      assert.equal(await waiting, 200);
    } finally {
      server.close();
      for (const one of [late, room]) one.close();
      await sidecar.end();
    }
  },
);

test("an IPv6 network is one client", () => {
  for (
    const [address, key] of [
      ["203.0.113.7", "203.0.113.7"],
      ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
      ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
      ["::ffff:203.0.113.7", "203.0.113.7"],
      ["fe80::1%eth0", "fe80::/64"],
      ["::1", "::/64"],
      [undefined, "unknown"],
      ["", "unknown"],
    ]
  ) {
    assert.equal(addressKey(address), key);
  }
});

test("a limit that says nothing, or too much, is refused where it is made", () => {
  for (
    const options of [{}, { limit: 1 }, { limit: 1, window: 1, policy: "p" }, { policy: "p", name: '"' }]
  ) {
    assert.throws(() => rateLimit(options), TypeError);
  }
  assert.throws(() => idempotency({ maxResponse: 4_000_000 }), TypeError);
});
