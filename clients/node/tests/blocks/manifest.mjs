// What is said of a document's code blocks.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/**
 * One block of a document, in its order: nothing for a program that runs as it stands, or
 * @typedef {object} Entry
 * @property {string} [before] What an application has before it: imports, and what it calls.
 * @property {string} [after] What comes after it: what is asserted of what it did (`assert` is there).
 * @property {[why: string, wrong: string, right: string][]} [correct] What is wrong in it.
 * @property {string} [noCode] Why it is no code, as a diagram is none.
 * @property {string} [types] Why its types are not checked.
 * @property {(text: string, context: object) => Promise<void>} [run] How it is run, where it is no TypeScript.
 * @property {string} [fills] What such a run puts in its place.
 */

/**
 * A manifest is the default export of `NAME.mjs`, beside the document's blocks in `NAME.txt`
 * @typedef {object} Manifest
 * @property {string} title
 * @property {Entry[]} entries
 * @property {Record<string, number>} counts How many of them are treated how.
 * @property {string[]} [options] Of the sidecar that they run against.
 * @property {() => string | false} [skip] Why they can't be run on this machine.
 */

/** The fenced blocks of a document, whatever is in them. */
export function blocksOf(file) {
  const text = readFileSync(file, "utf8");
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language, text }));
}

/** How a block is treated: `as it stands`, `wrapped`, `corrected` (and perhaps wrapped), or `no code`. */
export function treatmentOf({ before, after, correct, noCode, fills }) {
  if (noCode !== undefined) return "no code";
  if (correct !== undefined) return "corrected";
  return before === undefined && after === undefined && fills === undefined ? "as it stands" : "wrapped";
}

/** A block's text without what is wrong in it. */
export function correctedText({ correct = [] }, { text }) {
  for (const [why, wrong, right] of correct) {
    assert.ok(text.includes(wrong), `${why}: ${wrong}`);
    text = text.replace(wrong, () => right);
  }
  return text;
}

/** A block as a module that can be compiled; undefined for one that is none. */
export function programOf(entry, block) {
  if (entry.noCode !== undefined || entry.run !== undefined || block === undefined) return undefined;
  const { before = "", after = "" } = entry;
  return `import assert from "node:assert/strict";\n${before}\n${correctedText(entry, block)}\n${after}
assert.ok(true);\nprocess.exit(0);\n`;
}
