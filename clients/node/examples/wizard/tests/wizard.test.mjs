// The wizard, from its first step to its project.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Stage, until } from "./stage.mjs";
import { addDocument, begin, DETAILS, fillAll, fillDetails, goOn, untilProject } from "./steps.mjs";

const ALL = { ...DETAILS, documents: [{ name: "plan.pdf", size: 7 }], aiSourcing: true };

for (const store of ["memory", "redis"]) {
  describe(`the wizard, ${store}`, () => {
    let stage, browser;

    before(async () => {
      stage = await Stage.start({ store });
      browser = stage.browser;
    });
    after(() => stage?.end());

    test("four steps make one project of all that was entered", async () => {
      await begin(stage);
      const projects = await stage.count("projects");
      await fillAll(stage);
      const summary = await browser.text("#summary");
      for (const text of ["Harbour", "Office", "12,500 sq ft", "$250,000.50", "plan.pdf (7 bytes)", "On"]) {
        assert.ok(summary.includes(text), `${text} is not in ${summary}`);
      }
      await browser.click("#step-review .primary");
      const id = await untilProject(browser);
      await browser.untilText("#title", /^Harbour$/);
      assert.equal(await stage.count("projects"), projects + 1);
      const data = JSON.parse(await stage.postgres.query(`SELECT data FROM projects WHERE id = ${id}`));
      assert.deepEqual(data, ALL);
      // The draft is over: the wizard begins another.
      await browser.go(stage.url("/wizard"));
      await browser.untilShown("#step-details");
      assert.equal(await browser.value("#projectName"), "");
    });

    test("what was typed is saved without a click, and a refresh goes on with it at its step", async () => {
      await begin(stage);
      await browser.type("#projectDescription", "By the water");
      await fillDetails(browser);
      await stage.untilSaved({ ...DETAILS, projectDescription: "By the water" });
      await browser.untilText("#save-status", /^Saved$/);
      await goOn(browser, "details", "requirements");
      await addDocument(stage, "plan.pdf");
      await stage.untilSaved({ documents: ALL.documents });
      await browser.reload();
      await browser.untilShown("#step-requirements");
      await browser.untilText("#document-list", /plan\.pdf/);
      await browser.go(stage.url("/wizard"));
      await browser.untilShown("#step-requirements");
      await browser.click("#progress a[href='#details']");
      await browser.untilShown("#step-details");
      assert.equal(await browser.value("#projectDescription"), "By the water");
      assert.equal(await browser.value("#squareFootage"), "12500");
      // What is emptied is emptied there too.
      await browser.type("#projectDescription", "");
      await stage.untilSaved({ projectDescription: null });
    });
  });
}

describe("the wizard's steps", () => {
  let stage, browser;

  before(async () => {
    stage = await Stage.start();
    browser = stage.browser;
  });
  after(() => stage?.end());

  test("what was typed at the last moment before a refresh is not lost", async () => {
    await begin(stage);
    await browser.run(`
      const name = document.querySelector("#projectName");
      name.value = "Harbour";
      name.dispatchEvent(new InputEvent("input", { bubbles: true }));
      location.reload();`);
    await until(async () => (await browser.value("#projectName")) === "Harbour", "the name is lost");
    await stage.untilSaved({ projectName: "Harbour" });
    assert.equal(await browser.isShown(".conflict"), false);
    assert.equal(await browser.isShown("#notices .notice"), false);
  });

  test("what doesn't fit is said at its field, the first one has the focus, and the draft is kept", async () => {
    await begin(stage);
    const invalid = {
      squareFootage: "12,500",
      numberOfFloors: "2.5",
      clientEmail: "ann.example.com",
      budget: "-1",
    };
    for (const [name, value] of Object.entries(invalid)) await browser.type(`#${name}`, value);
    await browser.click("#step-details .primary");
    const errors = {
      projectName: /Enter a name for the project/,
      buildingType: /Choose a building type/,
      squareFootage: /in digits, such as 12500/,
      numberOfFloors: /whole number/,
      clientEmail: /name@example\.com/,
      budget: /negative/,
    };
    for (const [name, text] of Object.entries(errors)) {
      await browser.untilText(`#${name}-error`, text);
      const [isInvalid, describedBy] = await browser.run(
        `const field = document.getElementById(arguments[0]);
         return [field.getAttribute("aria-invalid"), field.getAttribute("aria-describedby")];`,
        name,
      );
      assert.equal(isInvalid, "true");
      assert.ok(describedBy.split(" ").includes(`${name}-error`));
    }
    assert.equal(await browser.focused(), "projectName");
    await stage.untilSaved({
      squareFootage: "12,500",
      numberOfFloors: 2.5,
      clientEmail: "ann.example.com",
      budget: -1,
    });
    await browser.reload();
    await until(async () => (await browser.value("#squareFootage")) === "12,500", "the draft is lost");
    // What is mended is not complained of, and the step can be completed.
    await browser.click("#step-details .primary");
    await browser.untilShown("#squareFootage-error");
    await fillDetails(browser);
    await browser.type("#numberOfFloors", "");
    assert.equal(await browser.isShown("#squareFootage-error"), false);
    await goOn(browser, "details", "requirements");
  });

  test("a document of another format, and an empty connector, are named where they are", async () => {
    await begin(stage);
    await fillDetails(browser);
    await goOn(browser, "details", "requirements");
    await browser.click("#step-requirements .primary");
    await browser.untilText("#documents-error", /at least one document/);
    assert.equal(await browser.focused(), "documents");
    await addDocument(stage, "plan.pdf");
    await addDocument(stage, "program.exe");
    await addDocument(stage, "empty.txt", "");
    await browser.click("#step-requirements .primary");
    await browser.untilText("#document-list li:nth-child(2) .error", /format/);
    await browser.untilText("#document-list li:nth-child(3) .error", /empty/);
    await browser.click("#document-list li:nth-child(3) button");
    await browser.click("#document-list li:nth-child(2) button");
    await goOn(browser, "requirements", "sources");
    await browser.click("#step-sources .primary");
    await browser.untilText("#aiSourcing-error", /on or off/);
    await browser.click("[name=aiSourcing][value=false]");
    await browser.click("#add-connector");
    await browser.click("#step-sources .primary");
    await browser.untilText("#connector-0-error", /Enter a name/);
    assert.equal(await browser.focused(), "connector-0");
    await browser.type("#connector-0", "SCADA");
    await goOn(browser, "sources", "review");
    assert.deepEqual((await stage.saved()).manualConnectors, [{ name: "SCADA" }]);
  });

  test("the browser's back button goes back a step, and forward again", async () => {
    await begin(stage);
    await fillDetails(browser);
    await goOn(browser, "details", "requirements");
    await addDocument(stage, "plan.pdf");
    await goOn(browser, "requirements", "sources");
    await browser.back();
    await browser.untilShown("#step-requirements");
    await browser.untilText("#document-list", /plan\.pdf/);
    await browser.back();
    await browser.untilShown("#step-details");
    assert.equal(await browser.value("#projectName"), "Harbour");
    await browser.type("#projectName", "Harbour West");
    await browser.run("history.go(2)");
    await browser.untilShown("#step-sources");
    await stage.untilSaved({ projectName: "Harbour West" });
    assert.equal(
      await browser.run("return document.querySelector('[aria-current=step]').closest('li').className"),
      "open",
    );
  });

  test("a step whose turn has not come is not shown, and the one that is missing is named", async () => {
    await begin(stage);
    await browser.go(stage.url("/wizard#review"));
    await browser.untilText("#notices", /Complete “Project details” first/);
    await browser.untilShown("#step-details");
    assert.equal((await browser.url()).hash, "#details");
  });

  test("a step that fits no more by a later change has to be mended before there is a project", async () => {
    await begin(stage);
    const projects = await stage.count("projects");
    await fillAll(stage);
    await browser.click("#progress a[href='#details']");
    await browser.type("#projectName", "");
    await stage.untilSaved({ projectName: null });
    await browser.back();
    await browser.untilShown("#step-details");
    await browser.untilText("#notices", /Complete “Project details” first/);
    // Somebody else empties it while the last step is shown.
    await browser.type("#projectName", "Harbour");
    await goOn(browser, "details", "requirements");
    await goOn(browser, "requirements", "sources");
    await goOn(browser, "sources", "review");
    await stage.room.session.update(await stage.draftId(), { patch: { squareFootage: 0 } });
    await browser.click("#step-review .primary");
    await browser.untilText("#squareFootage-error", /more than 0/);
    assert.equal(await browser.focused(), "squareFootage");
    assert.equal(await stage.count("projects"), projects);
  });
});
