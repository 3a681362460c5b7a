import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Sidecar } from "./support.mjs";

const clientFolder = fileURLToPath(new URL("..", import.meta.url));
const root = fileURLToPath(new URL("../../..", import.meta.url));
const catalog = `${root}/Sources/Cloakroom/Cloakroom.docc`;

/** A page's blocks of one language that use the client, and what each says that it prints. */
function blocks(path, language) {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, "gms"))].map((match) => {
    const lines = match[1].split("\n");
    // A comment right behind a console.log is what it prints.
    const printed = lines.filter((line, index) => {
      return line.startsWith("// ") && /console\.log|^}/.test(lines[index - 1] ?? "");
    });
    return { program: match[1], printed: printed.map((line) => line.slice(3)) };
  });
}

/** The application's own part of the articles' blocks. */
const articles = {
  "FromIgniterStore.md": "const redis = undefined;",
  "FromOrderCache.md": `let orders = ["order 1"];
    const orderRepository = {
      findAll: async () => [...orders],
      save: async () => { orders = ["order 2"]; return "order 2"; },
    };
    const filters = { status: "open" }, changes = {}, webhook = { id: "evt_17" }, markPaid = () => "paid";`,
  "FromPendingOperations.md": `const jwtSecret = "a secret of the application's own";`,
  "FromProjectWizard.md": `const insert = (project) => project;
    const request = (body) =>
      new Request("http://localhost/api/project-session", { method: "POST", body: JSON.stringify(body) });`,
  "FromQuoteDetails.md": `const table = () => ({ save: async (entity) => ({ ...entity, id: 1 }) });
    const userRepository = table(), quoteRepository = table();`,
};

describe("code blocks that use the client", { timeout: 60_000 }, () => {
  let sidecar, folder;

  before(async () => {
    sidecar = await Sidecar.start();
    folder = mkdtempSync("/tmp/cloakroom-node-");
    mkdirSync(`${folder}/node_modules`);
    symlinkSync(clientFolder, `${folder}/node_modules/cloakroom`);
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await sidecar.end();
  });

  /** Runs a block behind the application's own part, and holds what it prints against what it says. */
  async function run({ program, printed }, application) {
    const text = program.replace("\n\n", `\n${application}\n`).replaceAll(
      "/tmp/cloakroom.sock",
      sidecar.path,
    );
    writeFileSync(`${folder}/block.mjs`, text);
    const env = { ...process.env, CLOAKROOM_SOCKET: sidecar.path };
    const { stdout } = await promisify(execFile)(process.execPath, ["block.mjs"], {
      cwd: folder,
      env,
      timeout: 30_000,
    });
    assert.deepEqual(stdout.trimEnd().split("\n"), printed);
  }

  test("the client's README: its calls run as they stand, and print what they say", async () => {
    const [block, ...others] = blocks(`${clientFolder}/README.md`, "javascript");
    assert.equal(others.length, 0);
    assert.ok(block.printed.length >= 4);
    await run(
      block,
      `const writeReport = () => undefined, insert = (data, id) => ({ data, id }), bill = () => undefined;
      const findOpenOrders = async () => [17], event = {}, handle = () => "handled";`,
    );
  });

  test("the package's README: its first call does", async () => {
    const [block, ...others] = blocks(`${root}/README.md`, "javascript");
    assert.equal(others.length, 0);
    await run(block, "");
  });

  test("there is something around the blocks of each article", () => {
    const written = readdirSync(catalog).filter((name) => name.startsWith("From"));
    assert.deepEqual(written.sort(), Object.keys(articles));
  });

  for (const [name, application] of Object.entries(articles)) {
    test(`${name} is ten lines that do what they say`, async () => {
      const [block, ...others] = blocks(`${catalog}/${name}`, "typescript");
      assert.equal(others.length, 0);
      assert.ok(block.printed.length > 0);
      const lines = block.program.split("\n").filter((line) => line !== "" && !line.startsWith("// "));
      assert.ok(lines.length <= 10, `${lines.length} lines`);
      await run(block, application);
    });
  }
});
