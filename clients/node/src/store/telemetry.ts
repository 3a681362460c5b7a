import { TelemetryEvents } from "../telemetry.js";

const OPERATIONS = {
  kv: ["get", "set", "exists", "remove", "expire", "touch"],
  counter: ["increment", "decrement", "expire"],
  claim: ["once", "release"],
  batch: ["get", "set"],
  events: ["publish", "subscribe", "unsubscribe"],
  stream: ["append", "group", "read", "ack"],
  dev: ["scan"],
};

/** What a store tells its telemetry: `igniter.store.kv.get.started`, `.success` and `.error`, for each operation. */
export const IgniterStoreTelemetryEvents: TelemetryEvents = {
  namespace: "igniter.store",
  names: Object.entries(OPERATIONS).flatMap(([namespace, operations]) =>
    operations.flatMap((operation) =>
      ["started", "success", "error"].map((end) => `igniter.store.${namespace}.${operation}.${end}`)
    )
  ),
};
