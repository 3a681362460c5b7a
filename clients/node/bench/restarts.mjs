// What a process has in memory once its sidecar was started anew so many times, before and after V8 collects.
//
//   CLOAKROOM_BINARY=/usr/bin/cloakroom RESTARTS=1000 node --expose-gc bench/restarts.mjs
//
// With --max-semi-space-size=1 the young generation, which V8 lets grow to 32 MB, is not in the way.
import { Room } from "../dist/index.js";
import { Sidecar } from "../tests/support.mjs";

const RESTARTS = Number(process.env.RESTARTS ?? 1000);
const CALLS = 10;

function print(when) {
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  const [used, total, resident] = [heapUsed, heapTotal, rss].map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`);
  console.log(`${when}: ${used} used of a heap of ${total}, ${resident} resident`);
}

async function restart(sidecar, room) {
  await sidecar.restart();
  await Promise.all(Array.from({ length: CALLS }, (_, index) => room.kv.get(`key:${index}`)));
}

if (globalThis.gc === undefined) throw new Error("run it with --expose-gc");
const sidecar = await Sidecar.start();
const room = new Room(sidecar.path);
const events = await room.events.subscribe("channel");
try {
  // The first are for the engine's compiler.
  for (let index = 0; index < 20; index += 1) await restart(sidecar, room);
  globalThis.gc();
  print("before");
  for (let index = 0; index < RESTARTS; index += 1) await restart(sidecar, room);
  print(`after ${RESTARTS} restarts`);
  globalThis.gc();
  print("collected");
} finally {
  events.close();
  room.close();
  await sidecar.end();
}
