// Runs the code blocks of documents whose readers come to the sidecar: each document has a manifest in `blocks`.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { Application } from "./blocks/application.mjs";
import { blocksOf, correctedText, programOf, treatmentOf } from "./blocks/manifest.mjs";
import { Sidecar } from "./support.mjs";

const folder = new URL("blocks/", import.meta.url);
const documents = readdirSync(folder).filter((name) => name.endsWith(".txt")).map((name) =>
  name.slice(0, -4)
);

for (const name of documents) {
  const { default: manifest } = await import(new URL(`${name}.mjs`, folder).href);
  const blocks = blocksOf(new URL(`${name}.txt`, folder));

  describe(`the code blocks of ${manifest.title}`, { timeout: 240_000, skip: manifest.skip?.() }, () => {
    let sidecar, application;

    before(async () => {
      sidecar = await Sidecar.start("memory", manifest.options);
      application = new Application(sidecar);
      await application.compile(
        manifest.entries.flatMap((entry, index) => {
          const text = programOf(entry, blocks[index]);
          return text === undefined ? [] : [{ index, text }];
        }),
      );
    });
    after(async () => {
      application?.end();
      await sidecar.end();
    });

    test("are all in the manifest", () => {
      assert.equal(manifest.entries.length, blocks.length);
      const counts = {};
      for (const entry of manifest.entries) {
        counts[treatmentOf(entry)] = (counts[treatmentOf(entry)] ?? 0) + 1;
      }
      assert.deepEqual(counts, manifest.counts);
    });

    for (const [index, entry] of manifest.entries.entries()) {
      const block = blocks[index] ?? { text: "" };
      const first = block.text.split("\n").find((line) => line.trim() !== "");
      test(`${index}, ${treatmentOf(entry)}: ${first}`, async () => {
        if (entry.noCode !== undefined) return;
        if (entry.run !== undefined) {
          return await entry.run(correctedText(entry, block), { sidecar, application });
        }
        if (entry.types === undefined) assert.deepEqual(application.complaints(index), []);
        await application.run(index);
      });
    }
  });
}
