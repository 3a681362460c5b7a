import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

function has(tool) {
  return spawnSync(tool, ["--version"], { stdio: "ignore" }).status === 0;
}

function hasReact() {
  try {
    return createRequire(import.meta.url).resolve("react") !== "";
  } catch {
    return false;
  }
}

describe(
  "the package, packed and used from another folder",
  { skip: !has("npm") && "there is no npm" },
  () => {
    let folder;

    before(() => {
      folder = mkdtempSync("/tmp/cloakroom-node-");
      const options = {
        cwd: `${here}/..`,
        encoding: "utf8",
        env: { ...process.env, npm_config_cache: `${folder}/cache` },
      };
      // What `npm pack` compiles first is compiled here already.
      const packed = execFileSync("npm", [
        "pack",
        "--silent",
        "--ignore-scripts",
        "--offline",
        "--pack-destination",
        folder,
      ], options);
      mkdirSync(`${folder}/node_modules/cloakroom`, { recursive: true });
      const unpack = [
        "-xf",
        `${folder}/${packed.trim()}`,
        "-C",
        `${folder}/node_modules/cloakroom`,
        "--strip-components=1",
      ];
      execFileSync("tar", unpack);
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    function run(name, program) {
      writeFileSync(`${folder}/${name}`, program);
      return execFileSync(process.execPath, [name], { cwd: folder, encoding: "utf8" });
    }

    test("is the same by require and by import", () => {
      const program = `
      import { createRequire } from "node:module";
      import * as all from "cloakroom";
      import { Room, errors } from "cloakroom";
      import { createCacheService } from "cloakroom/cache";
      import { rateLimit } from "cloakroom/express";
      import { createFormStore } from "cloakroom/pending";
      import Redis, { createClient } from "cloakroom/redis";
      import { QuoteService } from "cloakroom/quote";
      new QuoteService();
      import { createSessionHandlers, SessionController, SessionError } from "cloakroom/session";
      new SessionController();
      if (SessionError.SESSION_EXPIRED !== "SESSION_EXPIRED") throw createSessionHandlers;
      import { IgniterStore } from "cloakroom/store";
      import { IgniterStoreRedisAdapter } from "cloakroom/store/adapters";
      import { IgniterStoreTelemetryEvents } from "cloakroom/store/telemetry";
      import { IgniterTelemetry } from "cloakroom/telemetry";
      IgniterTelemetry.create().addEvents(IgniterStoreTelemetryEvents);
      IgniterStore.create().withAdapter(IgniterStoreRedisAdapter.create()).withService("api").build();
      const required = createRequire(import.meta.url)("cloakroom");
      for (const name of Object.keys(required)) if (all[name] !== required[name]) throw new Error(name);
      const RequiredRedis = createRequire(import.meta.url)("cloakroom/redis");
      if (Redis !== RequiredRedis || Redis !== RequiredRedis.Redis) throw new Error("Redis");
      for (const part of [rateLimit, createCacheService, createClient, createFormStore]) if (typeof part !== "function") throw part;
      console.log(Room === required.Room, errors.Conflict === required.errors.Conflict);`;
      assert.equal(run("both.mjs", program), "true true\n");
      assert.equal(run("one.cjs", "console.log(typeof require('cloakroom').Room)"), "function\n");
    });

    test("has a hook for React, which it doesn't bring along", {
      skip: !hasReact() && "there is no React",
    }, () => {
      const program =
        `import { useProjectSession } from "cloakroom/react"; console.log(typeof useProjectSession);`;
      assert.equal(run("hook.mjs", program), "function\n");
      assert.equal(existsSync(`${folder}/node_modules/cloakroom/node_modules`), false);
    });

    const strict = ["--strict", "--noEmit", "--target", "es2020", "--lib", "es2020"];

    test("has types that Debian's tsc takes, in modules of both kinds, without Node's own", () => {
      const kinds = [["node16", "node16", "uses.mts", "uses.cts"], ["commonjs", "node", "uses.ts"]];
      for (const [module, resolution, ...names] of kinds) {
        for (const name of names) copyFileSync(`${here}/types/uses.ts`, `${folder}/${name}`);
        const flags = [...strict, "--module", module, "--moduleResolution", resolution, ...names];
        const { status, stdout } = spawnSync("tsc", flags, { cwd: folder, encoding: "utf8" });
        assert.equal(status, 0, stdout);
      }
    });

    test("has types that a newer compiler takes, with `await using`", {
      skip: !has("deno") && "there is no deno",
    }, () => {
      copyFileSync(`${here}/types/uses.ts`, `${folder}/uses.ts`);
      writeFileSync(
        `${folder}/using.ts`,
        `import { Room } from "cloakroom";
       import { useProjectSession } from "cloakroom/react";
       export const hook = () => useProjectSession({ fetch, storage: localStorage });
       await using room = new Room();
       await using claim = await room.claim("report");
       await using operation = await room.pending.checkout("token", "quote");
       await using events = await room.events.subscribe("news");
       console.log(claim.fence, operation.data, events);`,
      );
      writeFileSync(`${folder}/package.json`, '{"dependencies":{"cloakroom":"*"}}');
      const flags = ["check", "--no-lock", "--node-modules-dir=manual", "uses.ts", "using.ts"];
      const { status, stderr } = spawnSync("deno", flags, {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, NO_COLOR: "1" },
      });
      assert.equal(status, 0, stderr);
    });
  },
);
