// One draft in several tabs, and one that is sent twice.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { Stage, until } from "./stage.mjs";
import { begin, fillAll, fillDetails, goOn, untilProject } from "./steps.mjs";

describe("a draft in two tabs", () => {
  let stage, browser, first;

  before(async () => {
    stage = await Stage.start({ store: "redis" });
    browser = stage.browser;
  });
  after(() => stage?.end());
  beforeEach(async () => {
    await begin(stage);
    first = await browser.tab();
  });

  test("a second tab goes on where the first one is, and each knows of the other's changes", async () => {
    await fillDetails(browser);
    await goOn(browser, "details", "requirements");
    await browser.run(`document.querySelector("#progress a[href='#details']").focus()`);
    const second = await browser.openTab(stage.url("/wizard"));
    await browser.untilShown("#step-requirements");
    await browser.click("#progress a[href='#details']");
    await browser.untilShown("#step-details");
    assert.equal(await browser.value("#projectName"), "Harbour");
    await browser.type("#projectLocation", "Bergen");
    await stage.untilSaved({ projectLocation: "Bergen" });

    await browser.switchTo(first);
    await browser.untilText("#notices", /Changed in another tab: Location/);
    assert.equal(await browser.run("return document.activeElement.hash"), "#details");
    await browser.click("#progress a[href='#details']");
    await browser.untilShown("#step-details");
    assert.equal(await browser.value("#projectLocation"), "Bergen");
    await browser.type("#clientPhone", "555");
    await stage.untilSaved({ clientPhone: "555", projectLocation: "Bergen" });

    await browser.switchTo(second);
    await browser.untilText("#notices", /Changed in another tab: Client’s phone/);
    assert.equal(await browser.value("#clientPhone"), "555");
  });

  // Another device: nothing tells this tab but the etag of what it saves.
  async function elsewhere(patch) {
    await stage.room.session.update(await stage.draftId(), { patch });
  }

  for (
    const { button, text, kept } of [
      { button: "first", text: "Use that", kept: "Tower" },
      { button: "last", text: "Keep mine", kept: "Harbour West" },
    ]
  ) {
    test(`the same field changed in both overwrites nothing: ${text}`, async () => {
      await browser.type("#projectName", "Harbour");
      await stage.untilSaved({ projectName: "Harbour" });
      await elsewhere({ projectName: "Tower", budget: 7 });
      await browser.type("#projectName", "Harbour West");
      await browser.untilText(".conflict", /Another tab has saved “Tower”/);
      // What was changed there alone is here, and what was typed here is neither lost nor saved.
      await browser.untilText("#notices", /another tab: Budget.*choose/i);
      assert.equal(await browser.value("#budget"), "7");
      assert.equal(await browser.value("#projectName"), "Harbour West");
      assert.equal((await stage.saved()).projectName, "Tower");
      await browser.untilText("#save-status", /until you choose/);
      await browser.click("#step-details .primary");
      await until(
        () => browser.run("return document.activeElement.closest('.conflict') !== null"),
        "no focus",
      );
      await browser.click(`.conflict button:${button}-of-type`);
      await stage.untilSaved({ projectName: kept, budget: 7 });
      assert.equal(await browser.value("#projectName"), kept);
      assert.equal(await browser.isShown(".conflict"), false);
    });
  }

  test("an undecided change is still there after a refresh", async () => {
    await browser.type("#projectName", "Harbour");
    await stage.untilSaved({ projectName: "Harbour" });
    await elsewhere({ projectName: "Tower" });
    await browser.type("#projectName", "Harbour West");
    await browser.untilShown(".conflict");
    await browser.reload();
    await browser.untilText(".conflict", /Another tab has saved “Tower”/);
    assert.equal(await browser.value("#projectName"), "Harbour West");
    assert.equal((await stage.saved()).projectName, "Tower");
  });

  test("a draft that is thrown away in one tab is begun anew in both, once", async () => {
    await browser.type("#projectName", "Harbour");
    await stage.untilSaved({ projectName: "Harbour" });
    const id = await stage.draftId();
    const second = await browser.openTab(stage.url("/wizard"));
    await browser.untilShown("#step-details");
    await browser.click("#discard");
    await until(async () => (await stage.draftId()) !== id, "no other draft");
    await until(async () => (await browser.value("#projectName")) === "", "the name is still there");
    await browser.switchTo(first);
    await browser.untilText("#notices", /new draft was begun in another tab/);
    assert.equal(await browser.value("#projectName"), "");
    await browser.type("#projectName", "Tower");
    await stage.untilSaved({ projectName: "Tower" });
    await browser.switchTo(second);
    await until(
      async () => (await browser.value("#projectName")) === "Tower",
      "the tabs have different drafts",
    );
  });

  test("two clicks make one project", async () => {
    const projects = await stage.count("projects");
    await fillAll(stage);
    await browser.run(`
      const button = document.querySelector("#step-review .primary");
      button.click();
      button.click();`);
    await untilProject(browser);
    assert.equal(await stage.count("projects"), projects + 1);
  });

  test("two requests at once, past what a page does, are told of one project", async () => {
    const projects = await stage.count("projects");
    await fillAll(stage);
    await stage.room.session.completeStep(await stage.draftId(), "review");
    const body = JSON.stringify({ sessionId: await stage.draftId() });
    const submit = async () => {
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(stage.url("/api/projects"), { method: "POST", headers, body });
      const { project, code } = await response.json();
      return project?.id ?? code;
    };
    const answers = await Promise.all([1, 2, 3, 4].map(submit));
    const ids = answers.filter((answer) => answer !== "CHECKED_OUT");
    assert.ok(ids.length >= 1);
    assert.equal(new Set([...ids, await submit()]).size, 1);
    assert.equal(await stage.count("projects"), projects + 1);
  });

  test("two tabs that create it at once make one project, and both are told", async () => {
    const projects = await stage.count("projects");
    await fillAll(stage);
    const onSignal = `new BroadcastChannel("signal").onmessage = () =>
      document.querySelector("#step-review .primary").click();`;
    await browser.run(onSignal);
    const second = await browser.openTab(stage.url("/wizard"));
    await browser.untilShown("#step-review");
    await browser.run(onSignal);
    await browser.run(`new BroadcastChannel("signal").postMessage("go");`);
    const isTold = async () => {
      const { pathname } = await browser.url();
      return pathname.startsWith("/projects/") || await browser.isShown("#done");
    };
    for (const tab of [second, first]) {
      await browser.switchTo(tab);
      await until(isTold, async () => `not told: ${await browser.text("body")}`);
    }
    assert.equal(await stage.count("projects"), projects + 1);
  });

  test("a tab that does nothing is told that another has made the project", async () => {
    await fillAll(stage);
    await browser.openTab(stage.url("/wizard"));
    await browser.untilShown("#step-review");
    await browser.click("#step-review .primary");
    const id = await untilProject(browser);
    await browser.switchTo(first);
    await browser.untilText("#done", /created in another tab/);
    await browser.click("#done-link");
    assert.equal(await untilProject(browser), id);
  });
});
