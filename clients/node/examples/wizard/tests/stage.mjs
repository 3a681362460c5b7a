// All that the wizard needs, of its own: a PostgreSQL, a sidecar, the example's server, and a browser.
import { execFile, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Room } from "cloakroom";
import { Sidecar } from "../../../tests/support.mjs";
import { Browser, until } from "./browser.mjs";

export { until };
const SERVER = fileURLToPath(new URL("../server.mjs", import.meta.url));
const run = promisify(execFile);

function ended(child) {
  return new Promise((resolve) => child.on("close", resolve));
}

/** A PostgreSQL in a folder of its own, on a Unix socket alone; as a user that is not root, as it insists on. */
export class Postgres {
  static async start() {
    const postgres = new Postgres();
    postgres.folder = mkdtempSync("/tmp/cloakroom-postgres-");
    const isRoot = process.getuid() === 0;
    const user = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] : [];
    if (isRoot) await run("chown", ["postgres", postgres.folder]);
    const root = "/usr/lib/postgresql";
    const [newest] = readdirSync(root).sort((one, other) => Number(other) - Number(one));
    const data = `${postgres.folder}/data`;
    const initdb = [`${root}/${newest}/bin/initdb`, "-D", data, "-U", "app", "-A", "trust", "--no-sync"];
    await exec([...user, ...initdb, "--locale=C", "-E", "UTF8"]);
    const server = [
      `${root}/${newest}/bin/postgres`,
      "-D",
      data,
      "-k",
      postgres.folder,
      "-c",
      "listen_addresses=",
    ];
    const [command, ...flags] = [...user, ...server, "-c", "fsync=off"];
    postgres.process = spawn(command, flags, { stdio: "ignore", cwd: postgres.folder });
    postgres.env = { PGHOST: postgres.folder, PGUSER: "app", PGDATABASE: "postgres" };
    await until(() => postgres.query("SELECT 1").then(() => true, () => false), "no PostgreSQL");
    return postgres;
  }

  /** What psql shows of a query, without headings. */
  async query(sql) {
    const env = { ...process.env, ...this.env };
    const { stdout } = await run("psql", ["-X", "-Atqc", sql], { env, cwd: "/" });
    return stdout.trim();
  }

  async end() {
    const over = ended(this.process);
    // At once, and with all that it has started.
    this.process.kill("SIGQUIT");
    await over;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function exec([command, ...flags]) {
  await run(command, flags, { cwd: "/" });
}

/** The example's server, which can be killed and started again on its port. */
export class Server {
  static async start(env, options = []) {
    const server = new Server();
    server.env = env;
    server.options = options;
    await server.start();
    return server;
  }

  async start(options = this.options) {
    const flags = [SERVER, "--port", String(this.port ?? 0), ...options];
    const env = { ...process.env, ...this.env };
    this.folder ??= mkdtempSync("/tmp/cloakroom-wizard-");
    const log = openSync(`${this.folder}/log`, "a");
    this.process = spawn(process.execPath, flags, { env, stdio: ["ignore", "pipe", log] });
    this.ended = ended(this.process);
    for await (const line of createInterface({ input: this.process.stdout })) {
      const [, origin] = /^Listening on (\S+)\/$/.exec(line) ?? [];
      if (origin === undefined) continue;
      this.origin = origin;
      this.port = Number(new URL(origin).port);
      return;
    }
    throw new Error(`no server: ${this.log}`);
  }

  get log() {
    return readFileSync(`${this.folder}/log`, "utf8");
  }

  async kill() {
    this.process.kill("SIGKILL");
    await this.ended;
  }

  async end() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Everything together. */
export class Stage {
  static async start({ store = "memory", options = [], through = (path) => path } = {}) {
    const stage = new Stage();
    try {
      [stage.postgres, stage.sidecar, stage.browser] = await Promise.all([
        Postgres.start(),
        // As many drafts as there are tests are begun from one address.
        Sidecar.start(store, [], { SESSION_MAX_ATTEMPTS: "1000" }),
        Browser.start(),
      ]);
      stage.room = new Room(stage.sidecar.path);
      const env = { ...stage.postgres.env, CLOAKROOM_SOCKET: await through(stage.sidecar.path) };
      stage.server = await Server.start(env, options);
      stage.files = `${stage.server.folder}/files`;
      mkdirSync(stage.files);
      return stage;
    } catch (fault) {
      await stage.end();
      throw fault;
    }
  }

  async end() {
    this.room?.close();
    for (const part of [this.browser, this.server, this.sidecar, this.postgres]) await part?.end();
  }

  url(path) {
    return this.server.origin + path;
  }

  /** How many rows a table has. */
  async count(table) {
    return Number(await this.postgres.query(`SELECT count(*) FROM ${table}`));
  }

  /** The id of the browser's draft. */
  async draftId() {
    return await until(() => this.browser.run("return localStorage.getItem('projectSessionId')"), "no draft");
  }

  /** What the sidecar has of the browser's draft. */
  async saved() {
    return (await this.room.session.get(await this.draftId())).data;
  }

  /** Waits until the sidecar has some members as they are given; null is none. */
  async untilSaved(members) {
    const same = async () => {
      const data = await this.saved();
      return Object.entries(members).every(([name, value]) =>
        JSON.stringify(data[name] ?? null) === JSON.stringify(value)
      );
    };
    await until(same, async () => `not saved: ${JSON.stringify(await this.saved())}`);
  }
}
