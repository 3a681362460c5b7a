// The Node client's program for the conformance suite: a command a line in, an answer a line out.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { CloakroomError, Room } from "../dist/index.js";

const require = createRequire(import.meta.url);
const { decode, encode } = require("../dist/json.js");

const calls = new Map();
const subscriptions = new Map();
let room;
let exactDecimals = true;

function failure(fault) {
  if (!(fault instanceof CloakroomError)) return { error: `${fault.name}: ${fault.message}` };
  const { reason: error, message, retryable, retryAfterMs } = fault;
  return { error, message, retryable, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function given(command) {
  const { method, params, timeout } = command;
  return [method, decode(params, exactDecimals), timeout === undefined ? {} : { timeoutMs: timeout * 1000 }];
}

function told(event) {
  if (event === undefined) return { none: true };
  return event.kind === "gap" ? { gap: event.reason } : { event: encode(event.data), channel: event.channel };
}

const verbs = {
  open({ path, timeout, service, client, numbers = "exact" }) {
    room?.close();
    exactDecimals = numbers === "exact";
    room = new Room({
      path,
      service,
      client,
      exactDecimals,
      timeoutMs: timeout === undefined ? undefined : timeout * 1000,
    });
  },

  async call(command) {
    const { as, times, ...once } = command;
    if (as !== undefined) {
      const controller = new AbortController();
      calls.set(as, { controller, answer: answer(once, controller.signal) });
      return undefined;
    }
    if (times !== undefined) {
      return { answers: await Promise.all(Array.from({ length: times }, () => answer(once))) };
    }
    return answer(once);
  },

  async await({ as }) {
    const { answer } = calls.get(as);
    calls.delete(as);
    return await answer;
  },

  cancel({ as }) {
    calls.get(as).controller.abort();
  },

  notify(command) {
    return room.notify(...given(command));
  },

  async subscribe({ as, channel, pattern }) {
    subscriptions.set(as, await room.events.subscribe(channel ?? { pattern }));
  },

  async next({ as, wait = 10 }) {
    const subscription = subscriptions.get(as);
    // A `next` that was given up takes no event from the one that follows.
    subscription.taken ??= subscription.next();
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, wait * 1000)));
    const item = await Promise.race([subscription.taken, late]);
    clearTimeout(timer);
    if (item !== undefined) subscription.taken = undefined;
    return told(item?.value);
  },

  unsubscribe({ as }) {
    subscriptions.get(as).close();
    subscriptions.delete(as);
  },

  close() {
    room.close();
  },
};

async function answer(once, signal) {
  try {
    const [method, params, options] = given(once);
    return { result: encode(await room.call(method, params, { ...options, signal })) };
  } catch (fault) {
    return failure(fault);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: verb, ...command } = JSON.parse(line);
  let reply;
  try {
    reply = (await verbs[verb](command)) ?? { ok: true };
  } catch (fault) {
    reply = failure(fault);
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
