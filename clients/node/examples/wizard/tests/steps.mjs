// What people do on the wizard's pages.
import { writeFileSync } from "node:fs";
import { until } from "./browser.mjs";

/** What `fillDetails` enters, as it is saved. */
export const DETAILS = {
  projectName: "Harbour",
  buildingType: "office",
  squareFootage: 12500,
  clientName: "Ann Example",
  clientEmail: "ann@example.com",
  budget: 250000.5,
};

/** Opens the wizard with a new draft. */
export async function begin(stage) {
  await stage.browser.forget(stage.server.origin);
  await stage.browser.go(stage.url("/wizard"));
  await stage.browser.untilShown("#step-details");
}

/** Enters what the first step needs, and more. */
export async function fillDetails(browser) {
  for (const [name, value] of Object.entries(DETAILS)) {
    if (name === "buildingType") await browser.give(`#${name}`, "Office");
    else await browser.type(`#${name}`, String(value));
  }
}

/** Chooses a file of a name. */
export async function addDocument({ browser, files }, name, content = "content") {
  writeFileSync(`${files}/${name}`, content);
  await browser.give("#documents", `${files}/${name}`);
  await browser.untilShown("#document-list");
}

/** Completes the step that is shown, and waits for the next one. */
export async function goOn(browser, step, next) {
  await browser.click(`#step-${step} .primary`);
  await browser.untilShown(`#step-${next}`);
}

/** Goes from the first step to the last one. */
export async function fillAll(stage) {
  const { browser } = stage;
  await fillDetails(browser);
  await goOn(browser, "details", "requirements");
  await addDocument(stage, "plan.pdf");
  await goOn(browser, "requirements", "sources");
  await browser.click("[name=aiSourcing][value=true]");
  await goOn(browser, "sources", "review");
}

/** Waits for a project's page, and answers its id. */
export async function untilProject(browser) {
  const path = async () => /^\/projects\/(\d+)$/.exec((await browser.url()).pathname);
  const [, id] = await until(path, async () => `no project: ${await browser.text("body")}`);
  return Number(id);
}
