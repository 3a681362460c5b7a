import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { errors, Room } from "../dist/index.js";
import {
  createSessionHandlers,
  SessionController,
  SessionError,
  SessionFault,
  SessionService,
} from "../dist/session/index.js";
import { eventually, Sidecar } from "./support.mjs";

const url = "http://localhost/api/project-session";

function failsWith(code) {
  return (fault) => {
    assert.ok(fault instanceof SessionFault, String(fault));
    assert.equal(fault.code, code);
    return true;
  };
}

for (const kind of ["memory", "redis"]) {
  describe(`sessions of several steps, ${kind}`, { timeout: 60_000 }, () => {
    let sidecar, room, service, handlers;

    before(async () => {
      sidecar = await Sidecar.start(kind);
      room = new Room(sidecar.path);
      service = new SessionService({ room });
      handlers = createSessionHandlers({ service });
    });
    after(async () => {
      room.close();
      await sidecar.end();
    });

    async function ask(method, body, sessionId) {
      const headers = { "user-agent": "test", "sec-ch-ua-platform": "Linux" };
      const request = new Request(url, { method, headers, body });
      const response = sessionId === undefined
        ? await handlers.collection[method](request)
        : await handlers.session[method](request, { params: Promise.resolve({ sessionId }) });
      return { status: response.status, headers: response.headers, body: await response.json() };
    }

    test("what was typed step by step is there again, with its numbers", async () => {
      const made = await ask("POST", JSON.stringify({ projectData: {}, currentStep: 1, completedSteps: [] }));
      assert.equal(made.status, 201);
      assert.deepEqual(Object.keys(made.body), ["sessionId"]);
      const { sessionId } = made.body;
      const change = (projectData, currentStep, completedSteps) =>
        ask("PUT", JSON.stringify({ sessionId, projectData, currentStep, completedSteps }));
      assert.deepEqual((await change({ projectName: "Tower" }, 2, [1])).body, { success: true });
      assert.equal((await change({ budget: 7 }, 1, [1, 2])).status, 200);
      const { status, body, headers } = await ask("GET", undefined, sessionId);
      assert.equal(status, 200);
      assert.equal(headers.get("cache-control"), "no-store");
      assert.equal(body.sessionId, sessionId);
      assert.deepEqual(body.projectData, { projectName: "Tower", budget: 7 });
      assert.deepEqual([body.currentStep, body.completedSteps], [1, [1, 2]]);
      assert.deepEqual(body.validationStatus, { step1: true, step2: true, step3: false, step4: false });
      assert.deepEqual(body.metadata, { userAgent: "test", ipAddress: "", deviceInfo: "Linux" });
      assert.equal(new Date(body.expiresAt) - new Date(body.createdAt), 24 * 60 * 60 * 1000);
    });

    test("who prefers to be told what became of a session is told", async () => {
      const tell = async (method, content, prefer) => {
        const options = { method, headers: { prefer }, body: JSON.stringify(content) };
        const response = await handlers.collection[method](new Request(url, options));
        return [response.status, await response.json()];
      };
      const prefer = "respond-async, Return=representation; wait=10";
      const [status, made] = await tell("POST", { projectData: { a: 1 } }, prefer);
      const { sessionId } = made;
      const read = async () => (await ask("GET", undefined, sessionId)).body;
      assert.deepEqual([status, made], [201, await read()]);
      const changes = { sessionId, projectData: { b: 2 }, completedSteps: [1] };
      assert.deepEqual(await tell("PUT", changes, prefer), [200, await read()]);
      assert.deepEqual((await read()).projectData, { a: 1, b: 2 });
      for (const other of ["", "return=minimal", "noreturn=representation", "return=representations"]) {
        assert.deepEqual(await tell("PUT", changes, other), [200, { success: true }], other);
      }
    });

    test("completing a step once more goes to the first that is not complete", async () => {
      const sessionId = await service.createSession({ completedSteps: [1, 2] });
      await service.updateSession(sessionId, { currentStep: 1 });
      await service.updateSession(sessionId, { completedSteps: [1, 2], currentStep: 1 });
      assert.equal((await service.getSession(sessionId)).currentStep, 1);
      await service.updateSession(sessionId, { completedSteps: [1] });
      assert.equal((await service.getSession(sessionId)).currentStep, 3);
    });

    test("those without an address are not all at one", async () => {
      for (let attempt = 0; attempt < 7; attempt += 1) assert.equal((await ask("POST", "{}")).status, 201);
    });

    test("a session that is gone is 404, one that has ended is 410", async () => {
      const sessionId = await service.createSession();
      assert.deepEqual((await ask("DELETE", undefined, sessionId)).body, { success: true });
      for (const id of [sessionId, "none"]) {
        const { status, body } = await ask("GET", undefined, id);
        assert.deepEqual([status, body], [404, { error: "Session not found" }]);
        assert.equal(await service.getSession(id), null);
        const update = service.updateSession(id, { projectData: { a: 1 } });
        await assert.rejects(update, { message: "Session not found", code: SessionError.SESSION_NOT_FOUND });
      }
      const short = new SessionService({ room, flow: "short" });
      await room.flow.define("short", [{ id: "only" }], { absoluteTtl: "50ms" });
      const ending = await short.createSession();
      await eventually(async () => (await short.getSession(ending)) === null);
      const { status, body } = await ask("GET", undefined, ending);
      assert.deepEqual([status, body], [410, { error: "Session expired", code: "SESSION_EXPIRED" }]);
      await assert.rejects(short.requireSession(ending), failsWith(SessionError.SESSION_EXPIRED));
    });

    test("a step whose turn has not come is refused, and what was typed is saved", async () => {
      const sessionId = await service.createSession({ projectData: { a: 1 } });
      const given = { sessionId, projectData: { b: 2 }, currentStep: 3, completedSteps: [3] };
      const { status, body } = await ask("PUT", JSON.stringify(given));
      assert.deepEqual([status, body.error, body.lastValidStep], [409, "Invalid step", "step1"]);
      assert.deepEqual((await service.getSession(sessionId)).projectData, { a: 1, b: 2 });
      for (const unknown of [{ completedSteps: [1, 9] }, { currentStep: 9 }]) {
        await assert.rejects(service.updateSession(sessionId, unknown));
      }
    });

    test("a step's schema is held against the data", async () => {
      const schema = { type: "object", required: ["projectName"] };
      const checked = new SessionService({ room, flow: "checked", steps: [{ id: "details", schema }] });
      const sessionId = await checked.createSession();
      const early = checked.updateSession(sessionId, { completedSteps: [1] });
      await assert.rejects(early, failsWith(SessionError.VALIDATION_FAILED));
      const { status, body } = await ask("PUT", JSON.stringify({ sessionId, completedSteps: [1] }));
      assert.equal(status, 422);
      assert.equal(body.error, "Validation failed");
      assert.equal(body.violations.length, 1);
      await checked.updateSession(sessionId, { projectData: { projectName: "Tower" }, completedSteps: [1] });
      const { completedSteps, validationStatus } = await checked.getSession(sessionId);
      assert.deepEqual([completedSteps, validationStatus], [[1], { step1: true }]);
    });

    test("an update over data that have changed since is refused, and writes nothing", async () => {
      const sessionId = await service.createSession({ projectData: { a: 1 } });
      const put = async (projectData, etag) => {
        const headers = { "if-match": etag };
        const body = JSON.stringify({ sessionId, projectData });
        return await handlers.collection.PUT(new Request(url, { method: "PUT", headers, body }));
      };
      const seen = (await ask("GET", undefined, sessionId)).headers.get("etag");
      assert.match(seen, /^"[0-9a-f]+"$/);
      const first = await put({ a: 2 }, seen);
      assert.equal(first.status, 200);
      const late = await put({ a: 3, b: 3 }, seen);
      assert.deepEqual([late.status, await late.json()], [412, {
        error: "Session has changed",
        code: "CONFLICT",
      }]);
      assert.deepEqual((await service.getSession(sessionId)).projectData, { a: 2 });
      assert.equal((await put({ a: 3 }, first.headers.get("etag"))).status, 200);
      assert.equal((await put({ a: 4 }, "*")).status, 200);
      for (const wrong of ["a", 'W/"a"', '"a", "b"']) {
        assert.equal((await put({ a: 5 }, wrong)).status, 400, wrong);
      }
      assert.deepEqual((await service.getSession(sessionId)).projectData, { a: 4 });
    });

    test("what is saved is given the session's reference, and others are told that it is under way", async () => {
      const sessionId = await service.createSession({ completedSteps: [1, 2, 3, 4] });
      const { ref } = await room.session.get(sessionId);
      const saved = await service.submit(sessionId, async (_data, { raw, fence }) => {
        const { status, body, headers } = await ask(
          "PUT",
          JSON.stringify({ sessionId, projectData: { a: 1 } }),
        );
        assert.deepEqual([status, body.code], [409, "CHECKED_OUT"]);
        assert.ok(Number(headers.get("retry-after")) >= 1);
        return { ref: raw.ref, fence };
      }, { leaseTtl: "20s" });
      assert.equal(saved.ref, ref);
      assert.ok(saved.fence > 0);
    });

    test("a finished session is saved once, and open again when that failed", async () => {
      const sessionId = await service.createSession({ projectData: { a: 1 }, completedSteps: [1, 2, 3] });
      const early = service.submit(sessionId, () => assert.fail());
      await assert.rejects(early, failsWith(SessionError.INVALID_STEP));
      await service.updateSession(sessionId, { completedSteps: [1, 2, 3, 4] });
      await assert.rejects(service.submit(sessionId, () => Promise.reject(new RangeError())), RangeError);
      const saved = [];
      assert.equal(await service.submit(sessionId, (data) => saved.push(data)), 1);
      assert.equal(await service.submit(sessionId, (data) => saved.push(data)), 1);
      assert.deepEqual(saved, [{ a: 1 }]);
      assert.equal(await service.getSession(sessionId), null);
    });

    /** A session that can be submitted. */
    async function finished() {
      return await service.createSession({ projectData: { a: 1 }, completedSteps: [1, 2, 3, 4] });
    }

    test("a session that is submitted twice at a time is saved once, and both are answered the same", async () => {
      const sessionId = await finished();
      let saved = 0;
      const save = async () => ({ project: saved += 1 });
      const answers = await Promise.all([1, 2, 3].map(() => service.submit(sessionId, save)));
      assert.deepEqual([answers, saved], [[{ project: 1 }, { project: 1 }, { project: 1 }], 1]);
    });

    test("a submission whose process died once it was saved and ended is answered its first result", async () => {
      const sessionId = await finished();
      const { idempotency } = room;
      let guard;
      idempotency.complete = (...given) => {
        guard = given;
        return Promise.reject(new RangeError("died"));
      };
      try {
        await assert.rejects(service.submit(sessionId, () => ({ project: 7 })), RangeError);
      } finally {
        delete idempotency.complete;
      }
      // As if its lock had lapsed.
      const [key, receipt] = guard;
      await idempotency.fail(key, receipt);
      for (let attempt = 0; attempt < 2; attempt += 1) {
        assert.deepEqual(await service.submit(sessionId, () => assert.fail()), { project: 7 });
      }
    });

    test("a session that was ended by other means is not submitted", async () => {
      const sessionId = await finished();
      await room.session.checkout(sessionId, () => "elsewhere");
      await assert.rejects(
        service.submit(sessionId, () => assert.fail()),
        failsWith(SessionError.SESSION_EXPIRED),
      );
    });

    test("a submission's route answers 201 and the result each time, 409 meanwhile, and 500 when it fails", async () => {
      const sessionId = await finished();
      const submit = async (save) => {
        const request = new Request(`${url}/${sessionId}/submit`, { method: "POST" });
        const response = await handlers.submission(save).POST(request, { params: { sessionId } });
        return [response.status, await response.json()];
      };
      const failure = [500, { error: "Failed to submit session" }];
      assert.deepEqual(await submit(() => Promise.reject(new RangeError("no database"))), failure);
      const lease = await room.session.checkout(sessionId);
      assert.deepEqual(await submit(() => assert.fail()), [409, {
        error: "Session is being submitted",
        code: "CHECKED_OUT",
      }]);
      await lease.release();
      for (let attempt = 0; attempt < 2; attempt += 1) {
        assert.deepEqual(await submit(({ a }) => ({ project: { id: a } })), [201, { project: { id: 1 } }]);
      }
    });

    test("a request that is none is 400, and a sidecar that is away 500", async () => {
      for (
        const body of ["{", "[]", "7", '{"projectData":7}', '{"completedSteps":["1"]}', '{"currentStep":0}']
      ) {
        assert.equal((await ask("POST", body)).status, 400, body);
      }
      assert.equal((await ask("PUT", "{}")).status, 400);
      const nowhere = new Room({ path: `${sidecar.folder}/nowhere.sock`, timeoutMs: 50 });
      const away = createSessionHandlers({ service: new SessionService({ room: nowhere }) });
      const response = await away.collection.POST(new Request(url, { method: "POST", body: "{}" }));
      assert.equal(response.status, 500);
      assert.deepEqual(await response.json(), { error: "Failed to create session" });
      nowhere.close();
    });

    test("a session that is bound to its browser is 403 for another one", async () => {
      const bind = { userAgent: "require", ipAddress: "require" };
      await room.flow.define("bound", [{ id: "only" }], { bind });
      const bound = new SessionService({ room, flow: "bound" });
      const { collection, session, submission } = createSessionHandlers({
        service: bound,
        ipAddress: () => "192.0.2.7",
      });
      const from = (userAgent, method, path, body) =>
        new Request(`${url}${path}`, { method, headers: { "user-agent": userAgent }, body });
      const made = await collection.POST(from("mine", "POST", "", "{}"));
      const { sessionId } = await made.json();
      const context = { params: { sessionId } };
      const put = JSON.stringify({ sessionId, projectData: { a: 1 } });
      const refused = (userAgent) => [
        session.GET(from(userAgent, "GET", `/${sessionId}`), context),
        collection.PUT(from(userAgent, "PUT", "", put)),
        submission(() => assert.fail()).POST(from(userAgent, "POST", `/${sessionId}/submit`), context),
        session.DELETE(from(userAgent, "DELETE", `/${sessionId}`), context),
      ];
      for (const answer of refused("another")) {
        const { status, body } = await answer.then(async (got) => ({
          status: got.status,
          body: await got.json(),
        }));
        assert.deepEqual([status, body], [403, { error: "Forbidden", code: "FORBIDDEN" }]);
      }
      assert.equal((await session.GET(from("mine", "GET", ""), context)).status, 200);
      const controller = new SessionController(bound);
      const answer = {};
      await controller.getSession({ headers: {}, ip: "192.0.2.8", params: { sessionId } }, {
        status: (status) => void (answer.status = status),
        setHeader: () => assert.fail(),
        json: (body) => void (answer.body = body),
      });
      assert.deepEqual(answer, { status: 403, body: { error: "Forbidden", code: "FORBIDDEN" } });
    });

    test("what is too large is 413, and what can't be submitted any more 409", async () => {
      const sessionId = await finished();
      const large = JSON.stringify({ sessionId, projectData: { text: "x".repeat(5_000_000) } });
      const { status, body } = await ask("PUT", large);
      assert.deepEqual([status, body], [413, { error: "Session is too large", code: "TOO_LARGE" }]);
      const { POST } = handlers.submission(() => Promise.reject(new RangeError()));
      const submit = async () => {
        const answer = await POST(new Request(url, { method: "POST" }), { params: { sessionId } });
        return [answer.status, await answer.json()];
      };
      // As many times as an operation can be checked out unless the sidecar is told.
      for (let attempt = 0; attempt < 10; attempt += 1) {
        assert.deepEqual(await submit(), [500, { error: "Failed to submit session" }]);
      }
      assert.deepEqual(await submit(), [409, { error: "Session can't be submitted", code: "CONFLICT" }]);
    });

    test("Express' controller answers the same, and an address begins so many sessions only", async () => {
      const controller = new SessionController(service);
      const call = async (method, request, save) => {
        const answer = { headers: {} };
        const handler = save === undefined ? controller[method] : controller[method](save);
        await handler({ headers: { "user-agent": "test" }, ip: "192.0.2.1", ...request }, {
          status: (status) => void (answer.status = status),
          setHeader: (name, value) => void (answer.headers[name] = value),
          json: (body) => void (answer.body = body),
        });
        return answer;
      };
      const { status, body } = await call("createSession", { body: { projectData: { a: 1 } } });
      assert.equal(status, 201);
      const { sessionId } = body;
      const update = await call("updateSession", { body: { sessionId, projectData: { b: 2 } } });
      assert.deepEqual([update.status, update.body], [200, { success: true }]);
      const told = await call("updateSession", {
        headers: { prefer: "return=representation" },
        body: { sessionId },
      });
      assert.deepEqual([told.status, told.body.projectData], [200, { a: 1, b: 2 }]);
      const got = await call("getSession", { params: { sessionId } });
      assert.deepEqual([got.status, got.body.projectData], [200, { a: 1, b: 2 }]);
      assert.equal(got.body.metadata.ipAddress, "192.0.2.1");
      const { sessionId: other } = (await call("createSession", { body: {} })).body;
      assert.equal((await call("deleteSession", { params: { sessionId: other } })).status, 200);
      assert.equal((await call("getSession", { params: { sessionId: other } })).status, 404);
      const early = await call("submitSession", { params: { sessionId } }, () => assert.fail());
      assert.deepEqual([early.status, early.body.error], [409, "Invalid step"]);
      await service.updateSession(sessionId, { completedSteps: [1, 2, 3, 4] });
      for (const made of [1, 2]) {
        const { status, body } = await call("submitSession", { params: { sessionId } }, () => ({ made }));
        assert.deepEqual([status, body], [201, { made: 1 }]);
      }
      assert.equal((await call("getSession", { params: { sessionId } })).status, 410);
      let last;
      for (let attempt = 0; attempt < 6; attempt += 1) last = await call("createSession", { body: {} });
      assert.equal(last.status, 429);
      assert.ok(Number(last.headers["Retry-After"]) >= 1);
    });
  });
}

test("what the sidecar refuses has the status that is fit for it", async () => {
  const cases = [
    [errors.Forbidden, {}, 403, { error: "Forbidden", code: "FORBIDDEN" }],
    [errors.TooLarge, {}, 413, { error: "Session is too large", code: "TOO_LARGE" }],
    [errors.RateLimited, { retryAfterMs: 6100 }, 429, { error: "Too many sessions" }, "7"],
    [errors.Overloaded, { retryAfterMs: 20 }, 503, { error: "Too many requests", code: "OVERLOADED" }, "1"],
    [errors.QuotaExceeded, {}, 507, { error: "Too much is kept", code: "QUOTA_EXCEEDED" }],
    [errors.CheckedOut, {}, 409, { error: "Session is being submitted", code: "CHECKED_OUT" }, "1"],
    [errors.LeaseLost, {}, 409, { error: "Session is being submitted", code: "LEASE_LOST" }, "1"],
    [errors.Conflict, {}, 412, { error: "Session has changed", code: "CONFLICT" }],
    [errors.InvalidParams, {}, 400, { error: "Invalid request" }],
    [SyntaxError, {}, 400, { error: "Invalid request" }],
    // Those of the document's own: what is nobody's fault.
    ...["Unavailable", "DeadlineExceeded", "OutcomeUnknown", "StoreRefused", "Internal", "MethodNotFound"]
      .map(
        (name) => [errors[name], {}, 500, { error: "Failed to get session" }],
      ),
    [RangeError, {}, 500, { error: "Failed to get session" }],
  ];
  for (const [type, facts, status, body, wait = null] of cases) {
    const get = () => Promise.reject(new type("refused", facts));
    const service = new SessionService({ room: { session: { get } } });
    const { session } = createSessionHandlers({ service });
    const answer = await session.GET(new Request(url), { params: { sessionId: "any" } });
    const told = [answer.status, await answer.json(), answer.headers.get("retry-after")];
    assert.deepEqual(told, [status, body, wait], type.name);
  }
});
