// The three smaller forms, and the server itself.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { request } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Stage } from "./stage.mjs";

const SERVER = fileURLToPath(new URL("../server.mjs", import.meta.url));

describe("the smaller forms", { concurrency: false }, () => {
  let stage, browser;

  before(async () => {
    stage = await Stage.start();
    browser = stage.browser;
  });
  after(() => stage?.end());
  beforeEach(() => browser.forget(stage.server.origin));

  test("a registration's link makes an account once, and says so the second time", async () => {
    await browser.go(stage.url("/register"));
    await browser.type("#password", "short");
    await browser.click("#registration .primary");
    await browser.untilText("#password-error", /10 characters/);
    assert.equal(await browser.focused(), "name");
    await browser.type("#name", "Ann");
    await browser.type("#email", "ann@example.com");
    await browser.type("#password", "correct horse");
    await browser.click("#registration .primary");
    await browser.untilText("#sent", /ann@example\.com/);
    assert.equal(await stage.count("accounts"), 0);
    await browser.go(stage.url("/outbox"));
    await browser.untilShown("#mails a");
    const link = await browser.run("return document.querySelector('#mails a').href");
    await browser.go(link);
    await browser.click("#confirmation .primary");
    await browser.untilText("#confirmed", /Welcome, Ann/);
    assert.equal(await stage.count("accounts"), 1);
    await browser.go(stage.url("/"));
    await browser.go(link);
    await browser.click("#confirmation .primary");
    await browser.untilText("#failed", /used already/);
    await browser.go(stage.url("/"));
    await browser.go(stage.url("/confirm#nothing"));
    await browser.click("#confirmation .primary");
    await browser.untilText("#failed", /not valid/);
    assert.equal(await stage.count("accounts"), 1);
    assert.doesNotMatch(await stage.postgres.query("SELECT password FROM accounts"), /horse/);
  });

  test("a campaign is kept over a refresh, and launched once", async () => {
    await browser.go(stage.url("/campaign"));
    await browser.type("#name", "Summer");
    await browser.type("#budget", "0");
    await browser.click("#step-setup .primary");
    await browser.untilText("#budget-error", /more than 0/);
    await browser.type("#budget", "10000");
    await browser.click("#step-setup .primary");
    await browser.type("#audience", "Architects");
    await browser.type("#region", "Norway");
    await browser.click("#step-targeting .primary");
    await browser.untilShown("#step-creative");
    await browser.reload();
    await browser.type("#headline", "Build by the water");
    await browser.click("#step-creative .primary");
    await browser.untilText("#launched", /was launched/);
    const data = JSON.parse(await stage.postgres.query("SELECT data FROM campaigns"));
    const all = { name: "Summer", budget: 10000, audience: "Architects", region: "Norway" };
    assert.deepEqual(data, { ...all, headline: "Build by the water" });
  });

  test("a quote is there after a refresh, and becomes a customer's once", async () => {
    await browser.go(stage.url("/quote"));
    await browser.type("#squareFootage", "12500");
    await browser.type("#visits", "4");
    await browser.click("#quote .primary");
    await browser.untilText("#price", /\$2,160/);
    await browser.reload();
    await browser.untilText("#price", /\$2,160/);
    const token = await browser.run("return localStorage.getItem('temporaryQuoteId')");
    await browser.type("#name", "Ann");
    await browser.type("#email", "Ann@example.com");
    await browser.click("#customer .primary");
    await browser.untilText("#numbers", /You are customer 1\. Quote 1 is yours/);
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    const body = JSON.stringify({ name: "Ann", email: "ann@example.com" });
    const again = await fetch(stage.url("/api/quote/customer"), { method: "POST", headers, body });
    assert.deepEqual([again.status, (await again.json()).quote], [410, { id: 1 }]);
    assert.deepEqual([await stage.count("customers"), await stage.count("quotes")], [1, 1]);
  });

  test("what is no request for it is refused", async () => {
    const cases = [
      ["GET", "/nothing", {}, undefined, 404],
      ["GET", "/js/package.json", {}, undefined, 404],
      ["GET", "/../server.mjs", {}, undefined, 404],
      ["GET", "/%2e%2e/server.html", {}, undefined, 404],
      ["GET", "/%", {}, undefined, 400],
      ["POST", "/wizard", {}, undefined, 405],
      ["DELETE", "/api/projects", {}, undefined, 405],
      ["POST", "/api/projects", { "Content-Type": "text/plain" }, "{}", 415],
      ["POST", "/api/projects", { "Content-Type": "application/json" }, "[]", 400],
      ["POST", "/api/projects", { "Content-Type": "application/json" }, '{"sessionId":"none"}', 404],
      ["GET", "/api/campaign", {}, undefined, 401],
    ];
    const { port } = new URL(stage.server.origin);
    for (const [method, path, headers, body, status] of cases) {
      // By hand: fetch would tidy the path.
      const answer = await new Promise((resolve, reject) => {
        request({ host: "127.0.0.1", port, method, path, headers }, resolve).on("error", reject).end(body);
      });
      answer.resume();
      assert.equal(answer.statusCode, status, `${method} ${path}`);
      assert.match(answer.headers["content-security-policy"], /default-src 'self'/);
    }
  });

  test("without PostgreSQL, or without a sidecar, it says what to do", () => {
    const start = (env) => {
      const given = { ...process.env, ...stage.postgres.env, CLOAKROOM_SOCKET: stage.sidecar.path, ...env };
      return spawnSync(process.execPath, [SERVER, "--port", "0"], { env: given, encoding: "utf8" });
    };
    const withoutDatabase = start({ PGHOST: "/nowhere" });
    assert.deepEqual([withoutDatabase.status, withoutDatabase.stdout], [1, ""]);
    assert.match(withoutDatabase.stderr, /PostgreSQL can't be used: [^]*createdb wizard/);
    const withoutSidecar = start({ CLOAKROOM_SOCKET: "/nowhere.sock" });
    assert.equal(withoutSidecar.status, 1);
    assert.match(withoutSidecar.stderr, /No sidecar answers [^]*cloakroom serve/);
  });
});
