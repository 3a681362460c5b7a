// Restarts and crashes in the middle, and drafts that are over.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { Proxy } from "../../../tests/support.mjs";
import { Stage, until } from "./stage.mjs";
import { begin, DETAILS, fillAll, fillDetails, goOn, untilProject } from "./steps.mjs";

describe("the wizard, when something ends", { concurrency: false }, () => {
  let stage, browser, proxy;

  before(async () => {
    const through = async (path) => (proxy = await Proxy.start(path)).path;
    stage = await Stage.start({ store: "redis", options: ["--lease", "2s"], through });
    browser = stage.browser;
  });
  after(async () => {
    await stage?.end();
    await proxy?.end();
  });
  beforeEach(() => begin(stage));

  test("a restart of the sidecar loses nothing, and what was typed meanwhile is saved", async () => {
    await fillDetails(browser);
    await stage.untilSaved(DETAILS);
    await stage.sidecar.stop();
    await browser.type("#projectLocation", "Bergen");
    await stage.sidecar.start();
    await stage.untilSaved({ ...DETAILS, projectLocation: "Bergen" });
    await goOn(browser, "details", "requirements");
    await browser.reload();
    await browser.untilShown("#step-requirements");
  });

  test("while the server is away it is said that nothing is saved, and it is saved later", async () => {
    await browser.type("#projectName", "Harbour");
    await stage.untilSaved({ projectName: "Harbour" });
    await stage.server.kill();
    await browser.type("#projectName", "Tower");
    await browser.untilText("#notices", /not saved yet/);
    await stage.server.start();
    await stage.untilSaved({ projectName: "Tower" });
    await until(async () => !await browser.isShown("#notices .notice"), "it is still said");
  });

  test("a server that is killed between insert and commit, twice, leaves one project", async () => {
    const projects = await stage.count("projects");
    await fillAll(stage);
    for (let crash = 0; crash < 2; crash += 1) {
      proxy.withheld = "session.commit";
      const before = proxy.requests("session.commit").length;
      await browser.click("#step-review .primary");
      await until(() => proxy.requests("session.commit").length > before, "no commit");
      await stage.server.kill();
      proxy.withheld = undefined;
      assert.equal(await stage.count("projects"), projects + 1);
      await stage.server.start();
      await browser.untilText("#notices", /try again/);
    }
    await browser.click("#step-review .primary");
    await untilProject(browser);
    assert.equal(await stage.count("projects"), projects + 1);
  });

  test("a draft that is gone says so and starts over, with what was there if that is wanted", async () => {
    await browser.type("#projectName", "Harbour");
    await stage.untilSaved({ projectName: "Harbour" });
    const id = await stage.draftId();
    await stage.room.session.delete({ sessionId: id });
    await browser.type("#projectName", "Harbour West");
    await browser.untilText("#notices", /not there any more.*new one/);
    assert.notEqual(await stage.draftId(), id);
    await until(async () => (await browser.value("#projectName")) === "", "it is not a new one");
    await browser.click("#notices [data-name=over] button");
    await stage.untilSaved({ projectName: "Harbour West" });
  });

  test("a draft that has expired says so by itself, and starts over", async () => {
    await stage.server.kill();
    await stage.server.start(["--draft-life", "2s"]);
    await browser.forget(stage.server.origin);
    await browser.go(stage.url("/wizard"));
    // A page that is still loading when the server goes says that instead.
    await browser.untilShown("#step-details");
    const id = await stage.draftId();
    // Those that are begun from now on live longer.
    await stage.server.kill();
    await stage.server.start();
    await browser.untilText("#notices", /has expired.*new one/);
    await until(async () => (await stage.draftId()) !== id, "no other draft");
    await browser.untilShown("#step-details");
    await browser.type("#projectName", "Tower");
    await stage.untilSaved({ projectName: "Tower" });
  });
});
