import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Sidecar } from "./support.mjs";

const package_ = fileURLToPath(new URL("..", import.meta.url));

/** The blocks of one language, and what each says that it prints. */
function blocks(language) {
  const text = readFileSync(`${package_}/README.md`, "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map((match) => {
    const lines = match[1].split("\n");
    // A comment right behind a console.log is what it prints.
    const printed = lines.filter((line, index) => {
      return line.startsWith("// ") && /console\.log|^}/.test(lines[index - 1] ?? "");
    });
    return { program: match[1], printed: printed.map((line) => line.slice(3)) };
  });
}

test("the README's calls run as they stand, and print what they say", async () => {
  const sidecar = await Sidecar.start();
  const folder = mkdtempSync("/tmp/cloakroom-node-");
  try {
    mkdirSync(`${folder}/node_modules`);
    symlinkSync(package_, `${folder}/node_modules/cloakroom`);
    // The application's own part.
    const application = `
      const writeReport = () => undefined, insert = (data, id) => ({ data, id }), bill = () => undefined;
      const findOpenOrders = async () => [17], event = {}, handle = () => "handled";\n`;
    const [{ program, printed }, ...others] = blocks("javascript");
    assert.equal(others.length, 0);
    assert.ok(printed.length >= 4);
    writeFileSync(`${folder}/readme.mjs`, program.replace("\n\n", `\n${application}\n`));
    const env = { ...process.env, CLOAKROOM_SOCKET: sidecar.path };
    const { stdout } = await promisify(execFile)(process.execPath, ["readme.mjs"], {
      cwd: folder,
      env,
      timeout: 30_000,
    });
    assert.deepEqual(stdout.trimEnd().split("\n"), printed);
  } finally {
    rmSync(folder, { recursive: true });
    await sidecar.end();
  }
});
