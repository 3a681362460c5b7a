import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, afterEach, before, describe, test } from "node:test";
import { Room } from "../dist/index.js";
import { isSame, patchOf } from "../dist/react/members.js";
import { createSessionHandlers, SessionService } from "../dist/session/index.js";
import { eventually, Sidecar } from "./support.mjs";

const require = createRequire(import.meta.url);
globalThis.IS_REACT_ACT_ENVIRONMENT = true;

/** A package of the machine's; undefined where it has none. */
function installed(name) {
  try {
    return require(name);
  } catch {
    return undefined;
  }
}
const React = installed("react"), renderer = installed("react-test-renderer");
const server = installed("react-dom/server");
const skip = (!React || !renderer || !server) && "there is no React";
const { ProjectSessionError, useProjectSession } = skip ? {} : require("../dist/react/index.js");

test("a change is a merge patch that makes members what they were set to", () => {
  const saved = { a: 1, list: [1, 2], place: { street: "Main St", city: { name: "NYC", zip: 1 } } };
  for (
    const [changes, patch] of [
      [{}, {}],
      [{ a: 1, list: [1, 2] }, {}],
      [{ a: 2, b: null }, { a: 2 }],
      [{ a: undefined, place: null }, { a: null, place: null }],
      [{ list: [2] }, { list: [2] }],
      [{ place: { street: "Main St" } }, { place: { city: null } }],
      [{ place: { street: "Elm St", city: { name: "NYC" } } }, {
        place: { street: "Elm St", city: { zip: null } },
      }],
      [{ place: "here" }, { place: "here" }],
      [{ toString: 1 }, { toString: 1 }],
      [JSON.parse('{"__proto__":{"x":1}}'), JSON.parse('{"__proto__":{"x":1}}')],
    ]
  ) assert.deepEqual(patchOf(saved, changes), patch, JSON.stringify(changes));
});

test("values are the same whatever the order of members, and with or without those that are null", () => {
  for (
    const [one, other, expected] of [
      [1, 1, true],
      [1, "1", false],
      [undefined, null, true],
      [{ a: 1, b: { c: 2, d: null } }, { b: { c: 2 }, a: 1 }, true],
      [{ a: 1 }, { a: 1, b: 0 }, false],
      [[1, 2], [1, 2], true],
      [[1, 2], [2, 1], false],
      [[1], [1, undefined], false],
      [[], {}, false],
      [{}, null, false],
      [{}, JSON.parse('{"__proto__":{"x":1}}'), false],
    ]
  ) {
    assert.equal(isSame(one, other), expected, JSON.stringify([one, other]));
    assert.equal(isSame(other, one), expected, JSON.stringify([other, one]));
  }
});

/** What a page has around it: a server, of which each request is seen, and a storage that outlives the page. */
class Browser {
  constructor(service) {
    this.handlers = createSessionHandlers({ service });
    this.kept = new Map();
    this.storage = {
      getItem: (name) => this.kept.get(name) ?? null,
      setItem: (name, value) => void this.kept.set(name, value),
      removeItem: (name) => void this.kept.delete(name),
    };
    this.seen = [];
    this.underWay = 0;
    this.most = 0;
    this.gate = Promise.resolve();
    /** What is done with the next requests instead of sending them. */
    this.instead = [];
  }

  fetch = async (url, options) => {
    const { pathname } = new URL(url, "http://localhost");
    const request = {
      method: options.method,
      path: pathname,
      body: options.body && JSON.parse(options.body),
      ifMatch: options.headers["If-Match"],
    };
    this.seen.push(request);
    this.underWay += 1;
    this.most = Math.max(this.most, this.underWay);
    try {
      await this.gate;
      const instead = this.instead.shift();
      if (instead !== undefined) return await instead(options);
      return await this.answer(pathname, options);
    } finally {
      this.underWay -= 1;
    }
  };

  async answer(pathname, { method, headers, body }) {
    const request = new Request(`http://localhost${pathname}`, { method, headers, body });
    const sessionId = /^\/api\/project-session\/(.+)$/.exec(pathname)?.[1];
    return sessionId === undefined
      ? await this.handlers.collection[method](request)
      : await this.handlers.session[method](request, {
        params: { sessionId: decodeURIComponent(sessionId) },
      });
  }

  /** Holds requests until what is answered is called. */
  hold() {
    let release;
    this.gate = new Promise((resolve) => release = resolve);
    return release;
  }

  get sessionId() {
    return this.kept.get("projectSessionId");
  }

  methods() {
    return this.seen.map(({ method }) => method);
  }
}

const away = () => Promise.reject(new TypeError("fetch failed"));
const saying = (status, body = {}) => () => Promise.resolve(new Response(JSON.stringify(body), { status }));

/** A page that is mounted; `hook` is what it was told by its last rendering. */
class Page {
  static mounted = new Set();

  /** `start` is what it does in its effect. */
  static async mount(browser, { start, strict = false, ...options } = {}) {
    const page = new Page();
    const Wizard = () => {
      page.hook = useProjectSession({
        fetch: browser.fetch,
        storage: browser.storage,
        debounceMs: 3_600_000,
        ...options,
      });
      React.useEffect(() => {
        start?.(page.hook);
      }, []);
      return page.hook.status;
    };
    const element = React.createElement(
      strict ? React.StrictMode : React.Fragment,
      null,
      React.createElement(Wizard),
    );
    await renderer.act(async () => page.root = renderer.create(element, { unstable_strictMode: strict }));
    Page.mounted.add(page);
    return page;
  }

  /** What becomes of a call: undefined, or what it threw. */
  async call(name, ...args) {
    let fault;
    await renderer.act(async () => {
      await this.hook[name](...args).catch((thrown) => fault = thrown);
    });
    return fault;
  }

  async until(status) {
    await renderer.act(() => eventually(() => this.hook.status === status, `never ${status}`));
  }

  async unmount() {
    Page.mounted.delete(this);
    await renderer.act(async () => this.root.unmount());
  }
}

// As the document's page begins: with the session of before, or with another one.
const startFrom = (browser) => (hook) => {
  const saved = browser.storage.getItem("projectSessionId");
  if (saved === null) hook.createSession({});
  else hook.loadSession(saved);
};

for (const kind of ["memory", "redis"]) {
  describe(`a page's session, ${kind}`, { skip, timeout: 120_000 }, () => {
    let sidecar, room, service, browser, complaints;
    const complain = console.error;

    before(async () => {
      sidecar = await Sidecar.start(kind);
      room = new Room(sidecar.path);
      service = new SessionService({ room });
      // What React has to say against how it is used; Node's own warnings begin with the process' number.
      console.error = (...said) => /^\(node:\d+\) /.test(said[0]) || complaints.push(said.join(" "));
      complaints = [];
    });
    after(async () => {
      console.error = complain;
      room.close();
      await sidecar.end();
    });
    afterEach(async () => {
      for (const page of Page.mounted) await page.unmount();
      assert.deepEqual(complaints, []);
    });

    const begin = async (options) => {
      browser = new Browser(service);
      return await Page.mount(browser, { start: startFrom(browser), ...options });
    };
    const begun = async (options) => {
      const page = await begin(options);
      await page.until("ready");
      browser.seen = [];
      return page;
    };
    const saved = async () => (await service.getSession(browser.sessionId)).projectData;

    test("goes through its steps, is there again after a reload, and is cleared", async () => {
      const page = await begin();
      await page.until("ready");
      const { sessionId, projectData, currentStep, completedSteps, error } = page.hook;
      assert.deepEqual([projectData, currentStep, completedSteps, error], [{}, 1, [], null]);
      assert.equal(sessionId, browser.sessionId);
      assert.equal(page.hook.expiresAt.getTime(), (await service.getSession(sessionId)).expiresAt.getTime());
      assert.equal(
        await page.call("updateSession", { projectName: "Tower" }, page.hook.currentStep),
        undefined,
      );
      assert.equal(await page.call("updateSession", { budget: 7 }, page.hook.currentStep), undefined);
      const step2 = page.hook;
      assert.deepEqual([step2.currentStep, step2.completedSteps, step2.status], [3, [1, 2], "ready"]);
      assert.deepEqual(step2.validationStatus, { step1: true, step2: true, step3: false, step4: false });
      await page.unmount();

      const again = await Page.mount(browser, { start: startFrom(browser) });
      await again.until("ready");
      const { hook } = again;
      assert.deepEqual(hook.projectData, { projectName: "Tower", budget: 7 });
      assert.deepEqual([hook.sessionId, hook.currentStep, hook.completedSteps], [sessionId, 3, [1, 2]]);
      await again.call("updateSession", {}, 3);
      await again.call("updateSession", {}, 4);
      assert.deepEqual(again.hook.completedSteps, [1, 2, 3, 4]);
      assert.equal(await again.call("clearSession"), undefined);
      const cleared = again.hook;
      assert.deepEqual([cleared.sessionId, cleared.projectData, cleared.status], [null, null, "idle"]);
      assert.deepEqual([cleared.currentStep, cleared.completedSteps, browser.sessionId], [1, [], undefined]);
      assert.equal(await service.getSession(sessionId), null);
    });

    test("is one session in StrictMode, which begins everything twice", async () => {
      const page = await begin({ strict: true });
      await page.until("ready");
      assert.deepEqual(browser.methods(), ["POST"]);
      await page.unmount();
      browser.seen = [];
      const again = await Page.mount(browser, { start: startFrom(browser), strict: true });
      await again.until("ready");
      assert.deepEqual(browser.methods(), ["GET"]);
    });

    test("is the same functions in every rendering", async () => {
      const page = await begun();
      const { hook } = page;
      await page.call("updateSession", { a: 1 }, 1);
      for (const [name, value] of Object.entries(hook)) {
        if (typeof value === "function") assert.equal(page.hook[name], value, name);
      }
    });

    test("survives that its page goes in the middle of a request", async () => {
      const page = await begin();
      const release = browser.hold();
      page.hook.updateSession({ projectName: "Tower" });
      await page.unmount();
      release();
      await eventually(() => browser.underWay === 0 && browser.seen.length === 2, "not saved");
      assert.deepEqual(browser.methods(), ["POST", "PUT"]);
      await eventually(async () => (await saved()).projectName === "Tower", "not saved");
    });

    test("of a page that has gone doesn't take the place of what was begun since", async () => {
      browser = new Browser(service);
      const release = browser.hold();
      const page = await Page.mount(browser, { start: startFrom(browser) });
      await page.unmount();
      browser.kept.set("projectSessionId", "another");
      release();
      await eventually(() => browser.underWay === 0);
      await page.hook.flush();
      assert.equal(browser.sessionId, "another");
    });

    test("that has expired says so, keeps what was typed, and begins anew", async () => {
      await room.flow.define("short", [{ id: "only" }], { absoluteTtl: "50ms" });
      const short = new SessionService({ room, flow: "short" });
      browser = new Browser(short);
      const page = await Page.mount(browser, { start: startFrom(browser) });
      await renderer.act(() => eventually(() => browser.sessionId !== undefined));
      await eventually(async () => (await short.getSession(browser.sessionId)) === null);
      const fault = await page.call("updateSession", { projectName: "Tower" }, 1);
      assert.deepEqual([fault.code, fault.status], ["SESSION_EXPIRED", 410]);
      assert.ok(fault instanceof ProjectSessionError);
      const { hook } = page;
      assert.deepEqual([hook.status, hook.error, hook.sessionId], ["expired", fault, null]);
      assert.equal(browser.sessionId, undefined);
      assert.equal(await page.call("updateSession", { budget: 7 }), fault);
      assert.deepEqual(page.hook.projectData, { projectName: "Tower", budget: 7 });
      browser.handlers = createSessionHandlers({ service });
      await page.call("createSession", page.hook.projectData);
      assert.deepEqual([page.hook.status, page.hook.error], ["ready", null]);
      assert.deepEqual(await saved(), { projectName: "Tower", budget: 7 });
    });

    test("that expired while nobody looked says so after a reload", async () => {
      const page = await begun();
      await page.unmount();
      browser.instead.push(saying(410, { error: "Session expired", code: "SESSION_EXPIRED" }));
      const again = await Page.mount(browser, { start: startFrom(browser) });
      await again.until("expired");
      assert.deepEqual([again.hook.projectData, browser.sessionId], [null, undefined]);
      assert.equal(again.hook.error.message, "Session expired");
      await again.call("createSession", {});
      assert.equal(again.hook.status, "ready");
    });

    test("that is not there any more is begun anew", async () => {
      browser = new Browser(service);
      browser.kept.set("projectSessionId", "a/forgotten one");
      const page = await Page.mount(browser, { start: startFrom(browser) });
      await page.until("ready");
      assert.deepEqual(browser.methods(), ["GET", "POST"]);
      assert.equal(page.hook.sessionId, browser.sessionId);
    });

    test("that was ended elsewhere is not brought back by a save", async () => {
      const page = await begun();
      await service.deleteSession(browser.sessionId);
      const fault = await page.call("updateSession", { a: 1 }, 1);
      assert.equal(fault.code, "SESSION_NOT_FOUND");
      assert.deepEqual([page.hook.status, page.hook.projectData], ["error", { a: 1 }]);
      assert.deepEqual(browser.methods(), ["PUT"]);
    });

    test("is begun and saved by the next call when the server was away", async () => {
      browser = new Browser(service);
      browser.instead.push(away, away, saying(500, { error: "Failed to create session" }));
      const page = await Page.mount(browser, { start: startFrom(browser) });
      await page.until("error");
      assert.deepEqual([page.hook.error.code, page.hook.error.status], ["UNAVAILABLE", undefined]);
      assert.equal((await page.call("updateSession", { projectName: "Tower" }, 1)).code, "UNAVAILABLE");
      assert.deepEqual(page.hook.projectData, { projectName: "Tower" });
      const failed = await page.call("flush");
      assert.deepEqual([failed.status, failed.message], [500, "Failed to create session"]);
      assert.equal(await page.call("updateSession", { budget: 7 }, 2), undefined);
      assert.deepEqual([page.hook.status, page.hook.error, page.hook.completedSteps], ["ready", null, [
        1,
        2,
      ]]);
      assert.deepEqual(await saved(), { projectName: "Tower", budget: 7 });
    });

    test("is read by the next call when the server was away, with what was typed on top", async () => {
      const page = await begun();
      await page.call("updateSession", { a: 1, b: 1 }, 1);
      await page.unmount();
      browser.instead.push(away);
      const again = await Page.mount(browser, { start: startFrom(browser) });
      await again.until("error");
      assert.equal(await again.call("updateSession", { b: 2 }, 2), undefined);
      assert.deepEqual(again.hook.projectData, { a: 1, b: 2 });
      assert.deepEqual([await saved(), again.hook.completedSteps], [{ a: 1, b: 2 }, [1, 2]]);
    });

    test("sends one save after the other, each with all that was typed until then", async () => {
      const page = await begun();
      const release = browser.hold();
      const saves = [];
      const type = (count) => saves.push(page.hook.updateSession({ count, [`member${count}`]: count }));
      await renderer.act(async () => {
        type(1);
        page.hook.flush();
        await eventually(() => browser.underWay === 1);
        for (let count = 2; count <= 20; count += 1) type(count);
        saves.push(page.hook.flush(), page.hook.flush());
      });
      assert.deepEqual([page.hook.projectData.count, page.hook.status], [20, "saving"]);
      release();
      await renderer.act(() => Promise.all(saves));
      assert.deepEqual([browser.most, browser.methods(), page.hook.status], [1, ["PUT", "PUT"], "ready"]);
      const members = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`member${at + 1}`, at + 1]));
      assert.deepEqual(await saved(), { count: 20, ...members });
    });

    test("never writes an older value over a newer one when a save had to be repeated", async () => {
      const page = await begun();
      browser.instead.push(away);
      const release = browser.hold();
      const first = page.hook.updateSession({ name: "old", kept: 1 }, 1);
      const second = page.hook.updateSession({ name: "new" });
      release();
      await renderer.act(async () => {
        await assert.rejects(first, { code: "UNAVAILABLE" });
        await page.hook.flush();
        await second;
      });
      assert.deepEqual(await saved(), { name: "new", kept: 1 });
      assert.deepEqual(page.hook.completedSteps, [1]);
    });

    test("saves a draft by itself", async () => {
      const page = await begun({ debounceMs: 1 });
      await renderer.act(() =>
        Promise.all([{ a: 1 }, { b: 2 }].map((data) => page.hook.updateSession(data)))
      );
      assert.deepEqual([await saved(), browser.methods()], [{ a: 1, b: 2 }, ["PUT"]]);
      assert.deepEqual(page.hook.completedSteps, []);
    });

    test("has what the page has: members are replaced, and are not there when they were removed", async () => {
      const page = await begun();
      const at = new Date(0);
      await page.call("updateSession", { place: { street: "Main St", city: "NYC" }, a: 1, b: 2, c: null }, 1);
      await page.call("updateSession", { place: { street: "Elm St", at }, a: undefined, b: null }, 1);
      const expected = { place: { street: "Elm St", at: at.toISOString() } };
      assert.deepEqual([await saved(), page.hook.projectData], [expected, expected]);
      browser.seen = [];
      const draft = page.hook.updateSession({ place: { at, street: "Elm St" } });
      await page.call("flush");
      await draft;
      // The order of members is no change.
      assert.deepEqual(browser.seen, []);
      const fault = await page.call("updateSession", { big: 1n });
      assert.ok(fault instanceof TypeError);
      assert.deepEqual(page.hook.projectData, expected);
    });

    test("leaves alone what somebody else has changed", async () => {
      const page = await begun();
      await page.call("updateSession", { a: 1, b: 1 }, 1);
      await service.updateSession(browser.sessionId, { projectData: { b: 2 } });
      await page.call("updateSession", { a: 2 }, 2);
      assert.deepEqual([await saved(), page.hook.projectData], [{ a: 2, b: 2 }, { a: 2, b: 2 }]);
    });

    /** Two tabs with the same session, which both show `data`. */
    const twoTabs = async (data, options) => {
      const page = await begun(options);
      await page.call("updateSession", data, 1);
      const other = await Page.mount(browser, { start: startFrom(browser), ...options });
      await other.until("ready");
      browser.seen = [];
      return [page, other];
    };
    /** Saves a draft. */
    const save = async (page, data) => {
      const draft = page.hook.updateSession(data).catch((fault) => fault);
      const fault = await page.call("flush");
      await draft;
      return fault;
    };

    test("of two tabs has what both have typed", async () => {
      const [page, other] = await twoTabs({ a: 0, b: 0, c: 0 });
      assert.equal(await save(page, { a: 1, c: 1 }), undefined);
      assert.equal(await save(other, { b: 2, c: 1 }), undefined);
      assert.equal(await other.call("updateSession", {}, 2), undefined);
      const expected = { a: 1, b: 2, c: 1 };
      assert.deepEqual([await saved(), other.hook.projectData, other.hook.status], [
        expected,
        expected,
        "ready",
      ]);
      const etags = browser.seen.filter(({ method }) => method === "PUT").map(({ ifMatch }) => ifMatch);
      assert.ok(etags.every((etag) => /^"[0-9a-f]+"$/.test(etag)), String(etags));
      assert.deepEqual(browser.methods(), ["PUT", "PUT", "GET", "PUT", "PUT"]);
      // The first tab is told by its next save.
      assert.equal(await save(page, { d: 3 }), undefined);
      assert.deepEqual(page.hook.projectData, { ...expected, d: 3 });
      assert.deepEqual([page.hook.completedSteps, page.hook.conflicts], [[1, 2], []]);
    });

    test("of two tabs that change the same is as the first has saved it until the second one decides", async () => {
      for (const [choice, name] of [["mine", "Bridge"], ["theirs", "Tower"]]) {
        const [page, other] = await twoTabs({ name: "House", budget: 1 });
        assert.equal(await save(page, { name: "Tower" }), undefined);
        const fault = await other.call("updateSession", { name: "Bridge", budget: 2 }, 2);
        assert.ok(fault instanceof ProjectSessionError);
        assert.deepEqual([fault.code, fault.status, fault.message], [
          "CONFLICT",
          412,
          "Changed here and elsewhere",
        ]);
        const { hook } = other;
        assert.deepEqual([hook.status, hook.error], ["conflict", fault]);
        assert.deepEqual(hook.conflicts, [{ name: "name", mine: "Bridge", theirs: "Tower" }]);
        // It goes on being shown as it was typed, and what nobody else has changed is saved.
        assert.deepEqual(hook.projectData, { name: "Bridge", budget: 2 });
        assert.deepEqual(await saved(), { name: "Tower", budget: 2 });
        assert.deepEqual(hook.completedSteps, [1]);
        // No other save, and no other step, goes past it in silence.
        assert.equal(await save(other, { budget: 3 }), undefined);
        assert.equal((await other.call("updateSession", { budget: 4 }, 2)).code, "CONFLICT");
        assert.deepEqual(await saved(), { name: "Tower", budget: 4 });
        assert.deepEqual([other.hook.status, other.hook.completedSteps], ["conflict", [1]]);

        assert.equal(await other.call("resolveConflict", "name", choice), undefined);
        assert.deepEqual([other.hook.status, other.hook.error, other.hook.conflicts], ["ready", null, []]);
        const expected = { name, budget: 4 };
        assert.deepEqual([await saved(), other.hook.projectData], [expected, expected]);
        assert.equal(await other.call("updateSession", {}, 2), undefined);
        assert.deepEqual(other.hook.completedSteps, [1, 2]);
        for (const one of [page, other]) await one.unmount();
      }
    });

    test("is as it was typed when its step is completed once more, and as the server has it when that is typed", async () => {
      const [page, other] = await twoTabs({ name: "House" });
      await save(page, { name: "Tower" });
      assert.equal((await save(other, { name: "Bri" })).code, "CONFLICT");
      // Who goes on typing has perhaps not seen it yet.
      assert.equal(await save(other, { name: "Bridge" }), undefined);
      assert.deepEqual(other.hook.conflicts, [{ name: "name", mine: "Bridge", theirs: "Tower" }]);
      assert.deepEqual(await saved(), { name: "Tower" });
      assert.equal(await other.call("updateSession", { name: "Bridge" }, 2), undefined);
      assert.deepEqual([await saved(), other.hook.completedSteps], [{ name: "Bridge" }, [1, 2]]);

      assert.equal((await save(page, { name: "House" })).code, "CONFLICT");
      assert.equal(await save(page, { name: "Bridge" }), undefined);
      assert.deepEqual([page.hook.conflicts, page.hook.status, await saved()], [[], "ready", {
        name: "Bridge",
      }]);
    });

    test("removed in one tab and changed in the other is a conflict like another", async () => {
      const [page, other] = await twoTabs({ a: { x: 1 }, b: 1 });
      await save(page, { a: null, b: 2 });
      assert.equal((await save(other, { a: { x: 2 }, b: undefined })).code, "CONFLICT");
      assert.deepEqual(other.hook.conflicts, [
        { name: "a", mine: { x: 2 }, theirs: undefined },
        { name: "b", mine: undefined, theirs: 2 },
      ]);
      assert.deepEqual(other.hook.projectData, { a: { x: 2 } });
      await other.call("resolveConflict", "b", "mine");
      await other.call("resolveConflict", "a", "mine");
      assert.deepEqual([await saved(), other.hook.status], [{ a: { x: 2 } }, "ready"]);
    });

    test("is in no conflict with itself when an answer was lost", async () => {
      const page = await begun();
      browser.instead.push(async (options) => {
        assert.equal((await browser.answer("/api/project-session", options)).status, 200);
        throw new TypeError("fetch failed");
      });
      assert.equal((await page.call("updateSession", { name: "To", a: 1 }, 1)).code, "UNAVAILABLE");
      assert.equal(await page.call("updateSession", { name: "Tower" }, 2), undefined);
      assert.deepEqual([await saved(), page.hook.conflicts], [{ name: "Tower", a: 1 }, []]);
      assert.deepEqual([page.hook.completedSteps, page.hook.status], [[1, 2], "ready"]);
    });

    test("that is gone while something is undecided keeps what was typed", async () => {
      const [page, other] = await twoTabs({ name: "House" });
      await save(page, { name: "Tower" });
      await save(other, { name: "Bridge" });
      await service.deleteSession(browser.sessionId);
      assert.equal(await other.call("loadSession", browser.sessionId), undefined);
      assert.equal(await other.call("flush"), undefined);
      assert.deepEqual([await saved(), other.hook.status], [{ name: "Bridge" }, "ready"]);
    });

    test("is read again when somebody comes back to the page, and saved when the page goes", async () => {
      const listeners = { pagehide: new Set(), visibilitychange: new Set() };
      const target = {
        addEventListener: (type, listener) => void listeners[type].add(listener),
        removeEventListener: (type, listener) => void listeners[type].delete(listener),
      };
      const tell = (type) => {
        for (const listener of listeners[type]) listener();
      };
      const document = { ...target, visibilityState: "visible" };
      globalThis.window = { ...target, document };
      try {
        const page = await begun();
        const put = (projectData) => service.updateSession(browser.sessionId, { projectData });
        const comeBack = async () => {
          browser.seen = [];
          await renderer.act(async () => {
            tell("visibilitychange");
            await eventually(() => browser.underWay === 0 && browser.seen.length === 1);
          });
        };
        await page.call("updateSession", { a: 1, b: 1 }, 1);
        await put({ a: 2 });
        await comeBack();
        await renderer.act(() => eventually(() => page.hook.projectData.a === 2));
        assert.deepEqual([page.hook.projectData, page.hook.status], [{ a: 2, b: 1 }, "ready"]);
        // What was typed meanwhile is not lost by it.
        page.hook.updateSession({ a: 3, b: 3 }).catch(() => undefined);
        await put({ a: 4 });
        await comeBack();
        await renderer.act(() => eventually(() => page.hook.conflicts.length === 1));
        assert.deepEqual(page.hook.conflicts, [{ name: "a", mine: 3, theirs: 4 }]);
        document.visibilityState = "hidden";
        tell("visibilitychange");
        // A server that is away is not a fault of what nobody has asked for.
        document.visibilityState = "visible";
        browser.instead.push(away);
        await comeBack();
        assert.equal(page.hook.status, "saving");
        // Nobody is there any more to bring it together with what others have saved.
        await put({ c: 1 });
        browser.seen = [];
        await renderer.act(async () => {
          tell("pagehide");
          await eventually(async () => (await saved()).b === 3);
        });
        assert.deepEqual(browser.seen.map(({ method, ifMatch }) => [method, ifMatch]), [["PUT", undefined]]);
        assert.deepEqual(await saved(), { a: 4, b: 3, c: 1 });
        await renderer.act(() => eventually(() => page.hook.status === "conflict"));
        await service.deleteSession(browser.sessionId);
        await comeBack();
        assert.deepEqual([page.hook.status, page.hook.error.code], ["error", "SESSION_NOT_FOUND"]);
        await page.unmount();
        assert.deepEqual([listeners.pagehide.size, listeners.visibilitychange.size], [0, 0]);
      } finally {
        delete globalThis.window;
      }
    });

    test("goes back to a step, and from there to the first that is not complete", async () => {
      const page = await begun();
      for (const step of [1, 2]) await page.call("updateSession", {}, step);
      assert.equal(await page.call("goToStep", 1), undefined);
      assert.deepEqual([page.hook.currentStep, page.hook.completedSteps], [1, [1, 2]]);
      await page.call("updateSession", { a: 1 }, 1);
      assert.equal(page.hook.currentStep, 3);
      const refused = await page.call("goToStep", 4);
      assert.deepEqual([refused.code, refused.lastValidStep], ["INVALID_STEP", "step3"]);
      assert.deepEqual([page.hook.status, page.hook.currentStep], ["error", 3]);
      assert.equal(await page.call("updateSession", { a: 2 }, 3), undefined);
      assert.deepEqual([page.hook.status, page.hook.error, page.hook.currentStep], ["ready", null, 4]);
    });

    test("is saved after a submission that failed, and not lost while it was under way", async () => {
      const page = await begun();
      await service.updateSession(browser.sessionId, { completedSteps: [1, 2, 3, 4] });
      let fail;
      const failing = new Promise((_, reject) => fail = reject);
      const submitted = service.submit(browser.sessionId, () => failing);
      await eventually(async () => (await page.call("updateSession", { a: 1 }, 4))?.code === "CONFLICT");
      assert.deepEqual([page.hook.status, page.hook.projectData], ["error", { a: 1 }]);
      fail(new RangeError());
      await assert.rejects(submitted, RangeError);
      assert.equal(await page.call("flush"), undefined);
      assert.deepEqual([await saved(), page.hook.status], [{ a: 1 }, "ready"]);
    });

    test("tells what doesn't fit, has saved it, and lets it be mended", async () => {
      const schema = { type: "object", required: ["projectName"] };
      const checked = new SessionService({
        room,
        flow: "checked",
        steps: [{ id: "details", schema }, { id: "end" }],
      });
      browser = new Browser(checked);
      const page = await Page.mount(browser, { start: startFrom(browser) });
      await page.until("ready");
      const fault = await page.call("updateSession", { budget: 7 }, 1);
      assert.deepEqual([fault.code, fault.status, fault.violations.length], ["VALIDATION_FAILED", 422, 1]);
      assert.deepEqual([page.hook.status, page.hook.currentStep, page.hook.completedSteps], ["error", 1, []]);
      assert.deepEqual((await checked.getSession(browser.sessionId)).projectData, { budget: 7 });
      const draft = page.hook.updateSession({ budget: 8 });
      assert.equal(await page.call("flush"), undefined);
      await draft;
      assert.deepEqual([page.hook.status, page.hook.error], ["ready", null]);
      assert.equal(await page.call("updateSession", { projectName: "Tower" }, 1), undefined);
      assert.deepEqual([page.hook.currentStep, page.hook.completedSteps], [2, [1]]);
    });

    test("is cleared here at once, and on the server by the next call when that was away", async () => {
      const page = await begun();
      const { sessionId } = page.hook;
      const draft = page.hook.updateSession({ a: 1 });
      browser.instead.push(away);
      const fault = await page.call("clearSession");
      await draft;
      assert.equal(fault.code, "UNAVAILABLE");
      assert.deepEqual([page.hook.status, page.hook.sessionId, browser.sessionId], [
        "error",
        null,
        undefined,
      ]);
      assert.notEqual(await service.getSession(sessionId), null);
      await page.call("createSession", {});
      assert.equal(await service.getSession(sessionId), null);
      assert.deepEqual(browser.methods(), ["DELETE", "DELETE", "POST"]);
      assert.equal(page.hook.status, "ready");
      // Nothing is changed of a session that is not there.
      await page.call("clearSession");
      assert.equal((await page.call("updateSession", { a: 1 })).code, "SESSION_NOT_FOUND");
      assert.equal(page.hook.status, "idle");
    });

    test("that is cleared while it is begun is ended", async () => {
      browser = new Browser(service);
      const release = browser.hold();
      const page = await Page.mount(browser, { start: startFrom(browser) });
      const cleared = page.hook.clearSession();
      release();
      await renderer.act(() => cleared);
      assert.deepEqual([browser.methods(), browser.sessionId], [["POST", "DELETE"], undefined]);
      assert.deepEqual([page.hook.status, page.hook.sessionId], ["idle", null]);
    });

    test("saves what was typed before another one takes its place", async () => {
      const page = await begun();
      const { sessionId } = page.hook;
      const other = await service.createSession({ projectData: { other: true } });
      const draft = page.hook.updateSession({ a: 1 });
      await page.call("loadSession", other);
      await draft;
      assert.deepEqual((await service.getSession(sessionId)).projectData, { a: 1 });
      assert.deepEqual([page.hook.projectData, browser.sessionId], [{ other: true }, other]);
    });

    test("waits so long for an answer, and no longer", async () => {
      browser = new Browser(service);
      browser.instead.push(({ signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
      );
      const page = await Page.mount(browser, { timeoutMs: 20 });
      const late = await page.call("loadSession", "any");
      assert.deepEqual([late.code, late.message], ["UNAVAILABLE", "The server does not answer"]);
    });

    test("tells what else is refused", async () => {
      browser = new Browser(service);
      const page = await Page.mount(browser);
      const limited = () =>
        Promise.resolve(new Response("{}", { status: 429, headers: { "Retry-After": "7" } }));
      for (
        const [instead, code, retryAfterMs] of [
          [limited, "RATE_LIMITED", 7000],
          [saying(400), "INVALID_REQUEST"],
          [saying(404), "INVALID_REQUEST"],
          [saying(412), "CONFLICT"],
          [saying(503), "UNAVAILABLE"],
          [saying(201, {}), "UNAVAILABLE"],
          [() => Promise.resolve(new Response("<html>", { status: 502 })), "UNAVAILABLE"],
          [() => Promise.resolve(new Response("<html>")), "UNAVAILABLE"],
        ]
      ) {
        browser.instead.push(instead);
        const fault = await page.call("createSession", {});
        assert.deepEqual([fault.code, fault.retryAfterMs], [code, retryAfterMs], String(instead));
      }
    });

    test("is read where the server doesn't answer a change with it", async () => {
      browser = new Browser(service);
      const { fetch } = browser;
      browser.fetch = (url, options) =>
        fetch(url, { ...options, headers: { ...options.headers, Prefer: "" } });
      const page = await Page.mount(browser, { start: startFrom(browser) });
      await page.until("ready");
      assert.deepEqual([page.hook.projectData, page.hook.currentStep], [{}, 1]);
      await page.call("updateSession", { a: 1 }, 1);
      assert.deepEqual(browser.methods(), ["POST", "PUT", "GET"]);
      assert.deepEqual([page.hook.projectData, page.hook.currentStep], [{ a: 1 }, 2]);
    });

    test("does without a storage that is forbidden", async () => {
      browser = new Browser(service);
      const storage = {
        getItem() {
          throw new Error();
        },
        setItem() {
          throw new Error();
        },
        removeItem() {},
      };
      const page = await Page.mount(browser, { start: (hook) => hook.createSession({ a: 1 }), storage });
      await page.until("ready");
      await page.call("clearSession");
      assert.equal(page.hook.status, "idle");
    });

    test("is nothing yet when a server renders the page", async () => {
      const Wizard = () => {
        const { status, sessionId, projectData, currentStep } = useProjectSession();
        return JSON.stringify({ status, sessionId, projectData, currentStep });
      };
      const html = server.renderToString(React.createElement(Wizard)).replaceAll("&quot;", '"');
      const nothing = { status: "idle", sessionId: null, projectData: null, currentStep: 1 };
      assert.deepEqual(JSON.parse(html), nothing);
    });
  });
}
