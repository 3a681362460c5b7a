#!/usr/bin/env node
// A wizard in a browser, and three smaller forms, on a sidecar and a PostgreSQL: see README.md.
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Room } from "cloakroom";
import { campaignRoutes } from "./app/campaigns.mjs";
import { Database } from "./app/database.mjs";
import { listener } from "./app/http.mjs";
import { readPages } from "./app/pages.mjs";
import { projectRoutes } from "./app/projects.mjs";
import { quoteRoutes } from "./app/quotes.mjs";
import { registrationRoutes } from "./app/registrations.mjs";
import { sessionRoutes } from "./app/sessions.mjs";
import { StartFault } from "./app/start-fault.mjs";

const HELP = `Usage: node server.mjs [--port 8080] [--host 127.0.0.1] [--draft-life 24h] [--lease 30s]

  --draft-life  how long a project's draft lives
  --lease       how long one request has for saving a project before another may try

PostgreSQL is found by libpq's variables (PGHOST, PGDATABASE, PGUSER, …), the sidecar by CLOAKROOM_SOCKET.`;

function settings() {
  const text = (value) => ({ type: "string", default: value });
  const options = {
    port: text("8080"),
    host: text("127.0.0.1"),
    "draft-life": text("24h"),
    lease: text("30s"),
    help: { type: "boolean", short: "h", default: false },
  };
  try {
    const { values } = parseArgs({ options });
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port > 65535) throw new TypeError(`--port is a number up to 65535`);
    return { ...values, port, draftLife: values["draft-life"] };
  } catch (fault) {
    throw new StartFault(`${fault.message}\n\n${HELP}`);
  }
}

async function openRoom() {
  const room = new Room();
  try {
    await room.system.ping({ timeoutMs: 3000 });
    return room;
  } catch (fault) {
    room.close();
    throw new StartFault(`No sidecar answers (${fault.message}).
Start one with "cloakroom serve --socket /tmp/cloakroom.sock", and this with CLOAKROOM_SOCKET=/tmp/cloakroom.sock.`);
  }
}

async function main() {
  const { help, host, port, draftLife, lease } = settings();
  if (help) return console.log(HELP);
  const database = await Database.open();
  const room = await openRoom();
  const sessions = await sessionRoutes({ room, draftLife });
  const routes = [
    ...sessions.routes,
    ...projectRoutes({ service: sessions.service, database, lease }),
    ...registrationRoutes({ room, database }),
    ...campaignRoutes({ room, database }),
    ...quoteRoutes({ room, database }),
  ];
  const folder = fileURLToPath(new URL("public", import.meta.url));
  const pages = await readPages(new URL("pages/", import.meta.url));
  const server = createServer(listener(routes, pages, folder));
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (fault) {
    throw new StartFault(`Port ${port} can't be opened (${fault.message}). Choose another with --port.`);
  }
  console.log(`Listening on http://${host}:${server.address().port}/`);

  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => {
      server.close(() => room.close());
      server.closeIdleConnections();
    });
  }
}

try {
  await main();
} catch (fault) {
  if (!(fault instanceof StartFault)) throw fault;
  console.error(fault.message);
  process.exit(1);
}
