// The pages. A file has a page's title, its script, and its main part; the frame around them is one for all.
import { readdir, readFile } from "node:fs/promises";

/**
 * Reads the pages of a folder.
 *
 * @returns {Promise<Map<string, Buffer>>} what a path without `.html` shows; `/` for `index.html`.
 */
export async function readPages(folder) {
  const frame = await readFile(new URL("frame.html", folder), "utf8");
  const pages = new Map();
  for (const file of await readdir(folder)) {
    if (!file.endsWith(".html") || file === "frame.html") continue;
    const name = file.slice(0, -".html".length);
    const path = name === "index" ? "/" : `/${name}`;
    pages.set(path, Buffer.from(pageOf(frame, path, await readFile(new URL(file, folder), "utf8"))));
  }
  return pages;
}

function pageOf(frame, path, text) {
  const start = text.indexOf("<main");
  return frame
    .replace("<title></title>", () => text.slice(0, start).trimEnd())
    .replace("<!-- main -->", () => text.slice(start))
    .replace(`<a href="${path}">`, () => `<a href="${path}" aria-current="page">`);
}
