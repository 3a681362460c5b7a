// A finished draft becomes a project, once.
import { errors } from "cloakroom";
import { SessionError, SessionFault } from "cloakroom/session";
import { reference, Superseded } from "./database.mjs";
import { json, objectOf, Refusal } from "./http.mjs";

const STATUSES = {
  [SessionError.SESSION_NOT_FOUND]: 404,
  [SessionError.SESSION_EXPIRED]: 410,
  [SessionError.INVALID_STEP]: 409,
  [SessionError.VALIDATION_FAILED]: 422,
};

/** The routes of projects. */
export function projectRoutes({ service, database, lease }) {
  async function create(request) {
    const { sessionId } = await objectOf(request);
    if (typeof sessionId !== "string") throw new Refusal(400, { error: "sessionId is missing" });
    try {
      return json(201, { project: { id: await submit(sessionId) } });
    } catch (fault) {
      throw await refusal(fault, sessionId);
    }
  }

  // Checked out, saved, committed. Who dies after the insert leaves a row that the next one finds by its reference.
  function submit(sessionId) {
    const save = (data, { raw, fence }) => database.saveOnce("projects", { reference: raw.ref, fence, data });
    return service.submit(sessionId, save, { leaseTtl: lease });
  }

  async function refusal(fault, sessionId) {
    // Another request is at it, or has been since.
    if ([errors.CheckedOut, errors.LeaseLost, Superseded].some((kind) => fault instanceof kind)) {
      const body = { error: "The project is being created", code: "CHECKED_OUT" };
      return new Refusal(409, body, { "Retry-After": "1" });
    }
    if (!(fault instanceof SessionFault)) return fault;
    const { code, message: error, details: { lastValidStep, violations } } = fault;
    // The second click, the other tab: it was submitted, and is told what became of it.
    const id = code === SessionError.SESSION_EXPIRED ? await find(sessionId) : undefined;
    return new Refusal(STATUSES[code], { error, code, lastValidStep, violations, project: id && { id } });
  }

  function find(sessionId) {
    // The sidecar's `ref` is this hash.
    return database.findSaved("projects", reference(sessionId));
  }

  /** Which project a draft has become: to tell one that was submitted from one that has expired. */
  async function become(_request, { params: { sessionId } }) {
    const id = await find(sessionId);
    if (id === undefined) throw new Refusal(404, { error: "No project was made of it" });
    return json(200, { project: { id } });
  }

  async function show(_request, { params }) {
    const id = /^\d{1,9}$/.test(params.id) ? Number(params.id) : 0;
    const [project] = await database
      .query`SELECT id, data, created_at AS "createdAt" FROM projects WHERE id = ${id}`;
    if (project === undefined) throw new Refusal(404, { error: "No such project" });
    return json(200, { project });
  }

  return [
    ["POST", "/api/projects", create],
    ["GET", "/api/projects/:id", show],
    ["GET", "/api/projects/of/:sessionId", become],
  ];
}
