import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const { privatePath, socketPath } = require("../dist/socket-path.js");
const { errors } = require("../dist/index.js");

function inFolder(body) {
  return () => {
    const folder = mkdtempSync("/tmp/cloakroom-node-");
    try {
      body(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

test("the option comes first, then $CLOAKROOM_SOCKET", () => {
  assert.equal(socketPath("/a", { CLOAKROOM_SOCKET: "/b" }), "/a");
  assert.equal(socketPath(undefined, { CLOAKROOM_SOCKET: "/b", RUNTIME_DIRECTORY: "/c" }), "/b");
});

test(
  "then the user's runtime folder, if a socket is there, and never the application's own",
  inFolder((folder) => {
    const environment = { XDG_RUNTIME_DIR: folder, RUNTIME_DIRECTORY: folder };
    const elsewhere = socketPath(undefined, {});
    assert.equal(socketPath(undefined, environment), elsewhere);
    writeFileSync(`${folder}/cloakroom.sock`, "");
    assert.equal(socketPath(undefined, environment), `${folder}/cloakroom.sock`);
    assert.equal(socketPath(undefined, { RUNTIME_DIRECTORY: folder }), elsewhere);
    assert.equal(socketPath(undefined, { XDG_RUNTIME_DIR: "relative" }), elsewhere);
  }),
);

test(
  "a folder in /tmp is one of the user's alone",
  inFolder((root) => {
    const uid = process.getuid();
    const folder = `${root}/cloakroom-${uid}`;
    const path = `${folder}/cloakroom.sock`;
    assert.equal(privatePath(uid, root), path);
    mkdirSync(folder, { mode: 0o700 });
    assert.equal(privatePath(uid, root), path);
    chmodSync(folder, 0o720);
    assert.throws(() => privatePath(uid, root), errors.Unavailable);
    rmSync(folder, { recursive: true });
    mkdirSync(`${root}/others`, { mode: 0o700 });
    symlinkSync(`${root}/others`, folder);
    assert.throws(() => privatePath(uid, root), errors.Unavailable);
    // Another user's: a folder of the same name whose owner is not the one who asks.
    mkdirSync(`${root}/cloakroom-${uid + 1}`, { mode: 0o700 });
    assert.throws(() => privatePath(uid + 1, root), errors.Unavailable);
  }),
);
