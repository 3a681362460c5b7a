// Drafts of projects: `/api/project-session`, answered by the client's handlers.
import { readFile } from "node:fs/promises";
import { createSessionHandlers, SessionService } from "cloakroom/session";
import { addressOf } from "./http.mjs";

// The flow that the sidecar's package ships; it says what the data of each step have to be.
const FLOW = new URL("../../../../../systemd/flows/project-wizard.json", import.meta.url);

/** The routes, and the service that projects are submitted by. */
export async function sessionRoutes({ room, draftLife }) {
  const { name, steps, schema } = JSON.parse(await readFile(FLOW, "utf8"));
  const service = new SessionService({ room, flow: name });
  const handlers = createSessionHandlers({ service, ipAddress: addressOf });

  // Defined each time: a sidecar in memory that was started again knows no flow. The same definition is no new one.
  async function begin(request) {
    await room.flow.define(name, steps, { schema, absoluteTtl: draftLife });
    return await handlers.collection.POST(request);
  }

  const routes = [
    ["POST", "/api/project-session", begin],
    ["PUT", "/api/project-session", handlers.collection.PUT],
    ["GET", "/api/project-session/:sessionId", handlers.session.GET],
    ["DELETE", "/api/project-session/:sessionId", handlers.session.DELETE],
  ];
  return { service, routes };
}
