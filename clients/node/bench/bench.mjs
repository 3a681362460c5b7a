// The client through the sidecar, beside node-redis on the same Redis itself: in turn, as ratios with their error.
//
//   CLOAKROOM_BINARY=/usr/bin/cloakroom NODE_PATH=/usr/share/nodejs node bench/bench.mjs    # Debian's node-redis
//
// It starts a Redis and a sidecar of its own. Values are JSON in either case, and are parsed.
import { createRequire } from "node:module";
import { Room } from "../dist/index.js";
import { Sidecar } from "../tests/support.mjs";

const require = createRequire(import.meta.url);
const { createClient } = require("redis");

const ROUNDS = Number(process.env.ROUNDS ?? 30);
const CALLS = 4000;

/** Calls a second, how long each took, and this process' own time for one, with so many under way. */
async function run(call, inFlight) {
  const times = new Float64Array(CALLS);
  let next = 0;
  const begun = performance.now();
  const before = process.cpuUsage();
  const worker = async () => {
    while (next < CALLS) {
      const index = next++;
      const since = performance.now();
      await call();
      times[index] = performance.now() - since;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const rate = (CALLS * 1000) / (performance.now() - begun);
  const { user, system } = process.cpuUsage(before);
  times.sort();
  return { rate, cpu: (user + system) / CALLS / 1000, p50: times[CALLS / 2], p99: times[(CALLS * 99) / 100] };
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The geometric mean of the ratios, with twice its standard error. */
function ratio(pairs) {
  const logs = pairs.map(([ours, theirs]) => Math.log(ours / theirs));
  const middle = mean(logs);
  const variance = logs.reduce((sum, log) => sum + (log - middle) ** 2, 0) / (logs.length - 1);
  const value = Math.exp(middle);
  return `${value.toFixed(2)} ± ${(2 * value * Math.sqrt(variance / logs.length)).toFixed(2)}`;
}

async function compare(name, inFlight, ours, theirs) {
  const rounds = [];
  for (let round = 0; round < ROUNDS + 2; round += 1) {
    const first = round % 2 === 0;
    const one = await run(first ? ours : theirs, inFlight);
    const other = await run(first ? theirs : ours, inFlight);
    // The first two are for the engine's compiler.
    if (round >= 2) rounds.push(first ? [one, other] : [other, one]);
  }
  const of = (field, index) => mean(rounds.map((pair) => pair[index][field]));
  const pairs = (field) => rounds.map(([one, other]) => [one[field], other[field]]);
  const rates = `${of("rate", 0).toFixed(0)}/s, node-redis ${of("rate", 1).toFixed(0)}/s`;
  console.log(`${name}, ${inFlight} in flight: ${rates}, ratio ${ratio(pairs("rate"))}`);
  for (const field of inFlight === 1 ? ["p50", "p99", "cpu"] : ["cpu"]) {
    const [one, other] = [0, 1].map((index) => `${(of(field, index) * 1000).toFixed(1)} µs`);
    console.log(`  ${field} ${one}, node-redis ${other}, ratio ${ratio(pairs(field))}`);
  }
}

const sidecar = await Sidecar.start("redis");
const room = new Room(sidecar.path);
const redis = createClient({ socket: { path: sidecar.redisPath } });
try {
  await redis.connect();
  const value = { id: 17, name: "x".repeat(100), tags: ["a", "b"], open: true };
  await room.kv.set("bench", value);
  await redis.set("bench", JSON.stringify(value));
  const get = [() => room.kv.get("bench"), async () => JSON.parse(await redis.get("bench"))];
  const set = [
    () => room.kv.set("bench", value, { ttl: 3600 }),
    () => redis.set("bench", JSON.stringify(value), { EX: 3600 }),
  ];
  for (const inFlight of [1, 64]) {
    await compare("get", inFlight, ...get);
    await compare("set", inFlight, ...set);
  }
} finally {
  await redis.disconnect();
  room.close();
  await sidecar.end();
}
