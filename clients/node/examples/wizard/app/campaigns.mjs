// A campaign is put together in three parts, each kept for an hour, and is launched once.
import { errors } from "cloakroom";
import { reference } from "./database.mjs";
import { bearerOf, json, objectOf, Refusal } from "./http.mjs";
import { violationsOf } from "./violations.mjs";

const TYPE = "campaign";
const STEPS = ["setup", "targeting", "creative"];
const isText = (value) => typeof value === "string" && value.trim() !== "" && value.length <= 100;
const RULES = {
  setup: { name: isText, budget: (value) => Number.isFinite(value) && value > 0 && value <= 1e9 },
  targeting: { audience: isText, region: isText },
  creative: { headline: isText },
};
// What is no member of any part is not kept.
const MEMBERS = STEPS.flatMap((step) => Object.keys(RULES[step]));

/** The routes of campaigns; their ticket comes as a bearer token. */
export function campaignRoutes({ room, database }) {
  async function begin() {
    const data = { steps: STEPS, currentStep: STEPS[0] };
    const { token, expiresAt } = await room.pending.create({ preset: TYPE, data });
    return json(201, { token, expiresAt });
  }

  async function show(request) {
    const { data, expiresAt } = await told(bearerOf(request), (token) => room.pending.verify(token, TYPE));
    return json(200, { campaign: data, expiresAt });
  }

  /** Saves a part, and goes to the next one when it is complete; what was typed is kept in either case. */
  async function save(request) {
    const token = bearerOf(request);
    const { step, values } = await objectOf(request);
    if (!STEPS.includes(step) || typeof values !== "object" || values === null) {
      throw new Refusal(400, { error: "step and values are needed" });
    }
    const kept = Object.entries(values).filter(([name]) => name in RULES[step]);
    const patch = Object.fromEntries(kept);
    const violations = violationsOf(patch, RULES[step]);
    const next = STEPS[STEPS.indexOf(step) + 1] ?? step;
    if (violations.length === 0) patch.currentStep = next;
    const { expiresAt } = await told(token, () => room.pending.update(token, TYPE, { patch }));
    if (violations.length > 0) throw new Refusal(422, { error: "Validation failed", violations });
    return json(200, { currentStep: next, expiresAt });
  }

  async function launch(request) {
    const token = bearerOf(request);
    const id = await told(token, () =>
      room.pending.checkout(token, TYPE, ({ data, fence }) => {
        const violations = violationsOf(data, Object.assign({}, ...Object.values(RULES)));
        if (violations.length > 0) throw new Refusal(422, { error: "Validation failed", violations });
        const campaign = Object.fromEntries(MEMBERS.map((name) => [name, data[name]]));
        return database.saveOnce("campaigns", { reference: reference(token), fence, data: campaign });
      }));
    return json(201, { campaign: { id } });
  }

  async function told(token, work) {
    try {
      return await work(token);
    } catch (fault) {
      throw await refusal(fault, token);
    }
  }

  async function refusal(fault, token) {
    const { reason: code } = fault;
    if (fault instanceof errors.CheckedOut) {
      return new Refusal(409, { error: "The campaign is being launched", code }, { "Retry-After": "1" });
    }
    if (fault instanceof errors.Consumed) {
      const id = await database.findSaved("campaigns", reference(token));
      return new Refusal(410, { error: "The campaign was launched", code, campaign: id && { id } });
    }
    const isGone = [errors.Expired, errors.NotFound, errors.TokenInvalid, errors.WrongType, errors.Deleted];
    if (!isGone.some((kind) => fault instanceof kind)) return fault;
    return new Refusal(410, { error: "The campaign's hour is over: begin it again", code });
  }

  return [
    ["POST", "/api/campaign", begin],
    ["GET", "/api/campaign", show],
    ["PUT", "/api/campaign", save],
    ["POST", "/api/campaign/launch", launch],
  ];
}
