// Real sidecars, in memory and on a real Redis, and a proxy that loses answers.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, openSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const BINARY = process.env.CLOAKROOM_BINARY ?? "cloakroom";

export async function eventually(what, message = "waited in vain") {
  for (const end = performance.now() + 10_000; performance.now() < end; await sleep(5)) {
    if (await what()) return;
  }
  assert.fail(message);
}

function answers(path) {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.on("connect", () => resolve(true)).on("error", () => resolve(false));
    probe.on("connect", () => probe.destroy());
  });
}

function ended(child) {
  return new Promise((resolve) => child.on("close", resolve));
}

/** A sidecar in a folder of its own, with its store. */
export class Sidecar {
  static async start(store = "memory", options = [], environment = {}) {
    const sidecar = new Sidecar();
    sidecar.folder = mkdtempSync("/tmp/cloakroom-node-");
    sidecar.path = `${sidecar.folder}/s.sock`;
    sidecar.options = options;
    sidecar.environment = environment;
    if (store === "redis") {
      sidecar.redisPath = `${sidecar.folder}/r.sock`;
      sidecar.options = [...options, "--redis", `unix://${sidecar.redisPath}`];
      await sidecar.startRedis();
    }
    await sidecar.start();
    return sidecar;
  }

  async startRedis() {
    const flags = ["--port", "0", "--unixsocket", this.redisPath, "--save", "", "--dir", this.folder];
    this.redis = spawn("redis-server", flags, { stdio: "ignore" });
    await eventually(() => answers(this.redisPath), "no Redis");
  }

  async start() {
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith("CLOAKROOM_")),
    );
    const log = openSync(`${this.folder}/log`, "a");
    const flags = ["serve", "--socket", this.path, ...this.options];
    this.process = spawn(BINARY, flags, {
      stdio: ["ignore", log, log],
      // A debug build on a busy machine is not blamed for a late answer of Redis.
      env: { ...env, CLOAKROOM_STORE_COMMAND_TIMEOUT: "10s", ...this.environment },
    });
    await eventually(() => answers(this.path), "no sidecar");
  }

  async stop() {
    if (this.process === undefined) return;
    const over = ended(this.process);
    this.process.kill("SIGKILL");
    this.process = undefined;
    await over;
  }

  async restart() {
    await this.stop();
    await this.start();
  }

  async end() {
    await this.stop();
    if (this.redis !== undefined) {
      const over = ended(this.redis);
      this.redis.kill("SIGKILL");
      await over;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Takes the lines of a socket; its errors, which an interface tells too, are seen to elsewhere. */
function linesOf(socket, take) {
  createInterface({ input: socket }).on("line", take).on("error", () => undefined);
}

/**
 * Hands lines on; `losses` says how many of the next answers it loses, with their connections, and `withheld` the
 * method whose requests it hands on to nobody.
 */
export class Proxy {
  static async start(target) {
    const proxy = new Proxy();
    proxy.path = `${target}.proxy`;
    proxy.losses = 0;
    proxy.seen = [];
    proxy.sockets = new Set();
    proxy.server = createServer((near) => {
      const far = connect(target);
      for (const socket of [near, far]) {
        proxy.sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => {
          proxy.sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      linesOf(near, (line) => {
        const request = JSON.parse(line);
        proxy.seen.push(request);
        if (request.method !== proxy.withheld) far.write(`${line}\n`);
      });
      linesOf(far, (line) => {
        if (proxy.losses > 0) {
          proxy.losses -= 1;
          near.destroy();
        } else near.write(`${line}\n`);
      });
    });
    await new Promise((resolve) => proxy.server.listen(proxy.path, resolve));
    return proxy;
  }

  requests(method) {
    return this.seen.filter((request) => request.method === method);
  }

  async end() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
