// Pictures of each step, wide and narrow, light and dark, for people to look at:
//
//   CLOAKROOM_BINARY=/usr/bin/cloakroom node tests/screenshots.mjs FOLDER
import { mkdirSync } from "node:fs";
import { addDocument, fillDetails } from "./steps.mjs";
import { Stage, until } from "./stage.mjs";

const LOOKS = [
  { name: "wide-light", width: 1280 },
  { name: "wide-dark", width: 1280, dark: true },
  { name: "narrow-light", width: 375, touch: true },
  { name: "narrow-dark", width: 375, touch: true, dark: true },
  { name: "least", width: 320, touch: true },
];

const folder = process.argv[2];
if (folder === undefined) throw new Error("which folder?");
mkdirSync(folder, { recursive: true });

const stage = await Stage.start();
const { browser } = stage;

/** Takes a picture of each look, and says what is wider than the window. */
async function take(page) {
  for (const look of LOOKS) {
    await browser.show(look);
    await browser.picture(`${folder}/${page}-${look.name}.png`);
    const width = await browser.run("return document.documentElement.scrollWidth");
    if (width > look.width) console.log(`${page} at ${look.width}: ${width} wide`);
  }
  await browser.show(LOOKS[0]);
}

try {
  await browser.go(stage.url("/"));
  await take("home");
  await browser.go(stage.url("/wizard"));
  await browser.untilShown("#step-details");
  await browser.type("#squareFootage", "12,500");
  await browser.type("#clientEmail", "ann.example.com");
  await browser.click("#step-details .primary");
  await browser.untilShown("#projectName-error");
  await take("details-errors");
  await fillDetails(browser);
  await take("details");
  await browser.click("#step-details .primary");
  await browser.untilShown("#step-requirements");
  await addDocument(stage, "plan.pdf");
  await addDocument(
    stage,
    "a-very-long-name-of-a-file-that-has-no-place-in-a-narrow-window-and-is-broken-somewhere.exe",
  );
  await browser.click("#step-requirements .primary");
  await browser.untilShown("#documents-error");
  await take("requirements-errors");
  await browser.click("#document-list li:nth-child(2) button");
  await browser.click("#step-requirements .primary");
  await browser.untilShown("#step-sources");
  await browser.click("[name=aiSourcing][value=true]");
  await browser.click("#add-connector");
  await browser.type("#connector-0", "Harbour SCADA");
  await browser.click("#add-connector");
  await browser.click("#step-sources .primary");
  await browser.untilShown("#connector-1-error");
  await take("sources-errors");
  await browser.type("#connector-1", "Weather station");
  await browser.click("#step-sources .primary");
  await browser.untilShown("#step-review");
  await take("review");

  // Somebody else, elsewhere, at the same field.
  await browser.click("#progress a[href='#details']");
  await browser.untilShown("#step-details");
  await stage.room.session.update(await stage.draftId(), { patch: { projectName: "Tower", budget: 7 } });
  await browser.type("#projectName", "Harbour West");
  await browser.untilShown(".conflict");
  await take("conflict");
  await browser.click(".conflict button:last-child");
  await browser.click("#progress a[href='#review']");
  await browser.untilShown("#step-review");
  await browser.click("#step-review .primary");
  await until(async () => (await browser.url()).pathname.startsWith("/projects/"), "no project");
  await browser.untilShown("#created");
  await take("project");

  await browser.go(stage.url("/register"));
  await browser.click("#registration .primary");
  await browser.untilShown("#email-error");
  await take("register-errors");
  await browser.type("#name", "Ann");
  await browser.type("#email", "ann@example.com");
  await browser.type("#password", "correct horse");
  await browser.click("#registration .primary");
  await browser.untilShown("#sent");
  await take("registered");
  await browser.go(stage.url("/outbox"));
  await browser.untilShown("#mails a");
  await take("outbox");
  await browser.go(stage.url("/campaign"));
  await browser.untilShown("#step-setup");
  await take("campaign");
  await browser.go(stage.url("/quote"));
  await browser.type("#squareFootage", "12500");
  await browser.type("#visits", "4");
  await browser.click("#quote .primary");
  await browser.untilShown("#customer");
  await take("quote");
} finally {
  await stage.end();
}
