// The application around the blocks: a folder with its packages, where they are compiled and run.
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ambient, links, packages } from "./packages.mjs";

const compilerOptions = {
  target: "es2022",
  lib: ["es2022", "dom", "dom.iterable"],
  module: "node16",
  moduleResolution: "node16",
  types: [],
  strict: true,
  // A document leaves out what its readers know.
  noImplicitAny: false,
  strictPropertyInitialization: false,
  skipLibCheck: true,
  experimentalDecorators: true,
};

export class Application {
  constructor(sidecar) {
    this.sidecar = sidecar;
    this.folder = mkdtempSync("/tmp/cloakroom-node-");
    mkdirSync(`${this.folder}/node_modules/@types`, { recursive: true });
    symlinkSync(fileURLToPath(new URL("../..", import.meta.url)), `${this.folder}/node_modules/cloakroom`);
    for (const [name, target] of links()) symlinkSync(target, `${this.folder}/node_modules/${name}`);
    for (const [name, subpaths] of Object.entries(packages)) this.#install(name, subpaths);
    writeFileSync(`${this.folder}/ambient.d.ts`, ambient);
    writeFileSync(
      `${this.folder}/tsconfig.json`,
      JSON.stringify({ compilerOptions, include: ["*.mts", "*.d.ts"] }),
    );
  }

  #install(name, subpaths) {
    const folder = `${this.folder}/node_modules/${name}`;
    mkdirSync(folder, { recursive: true });
    const exports = {};
    for (const [index, [path, { code, types }]] of Object.entries(subpaths).entries()) {
      exports[path] = `./${index}.mjs`;
      writeFileSync(`${folder}/${index}.mjs`, code);
      writeFileSync(`${folder}/${index}.d.mts`, types);
    }
    writeFileSync(`${folder}/package.json`, JSON.stringify({ name, exports }));
  }

  /** Compiles programs, each with its index; what the compiler has against one is told by `complaints`. */
  async compile(programs) {
    for (const { index, text } of programs) writeFileSync(`${this.folder}/${index}.mts`, text);
    const { stdout, error } = spawnSync("tsc", ["--project", "."], { cwd: this.folder, encoding: "utf8" });
    if (error) throw error;
    this.said = stdout.split("\n").filter((line) => /: error /.test(line));
    const foreign = this.said.filter((line) => !/^\d+\.mts/.test(line));
    assert.deepEqual(foreign, [], "the stand-ins have types that don't compile");
  }

  complaints(index) {
    return this.said.filter((line) => line.startsWith(`${index}.mts(`));
  }

  /** Runs a program in a process of its own, which is to end well; answers what it prints. */
  async run(index, env = {}) {
    const options = {
      cwd: this.folder,
      env: { ...process.env, CLOAKROOM_SOCKET: this.sidecar.path, NODE_ENV: "development", ...env },
      timeout: 60_000,
    };
    return (await promisify(execFile)(process.execPath, [`${index}.mjs`], options)).stdout;
  }

  end() {
    rmSync(this.folder, { recursive: true });
  }
}
