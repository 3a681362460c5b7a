// The page of a campaign: three parts, and the token by which this browser finds it again.
import { ask } from "./api.js";
import { namesOf, setValue } from "./fields.js";
import { onSubmit, showOnly } from "./form.js";
import { say, unsay } from "./notices.js";
import { showProgress } from "./progress.js";

const TOKEN = "campaignToken";
const STEPS = [
  { id: "setup", title: "Setup" },
  { id: "targeting", title: "Targeting" },
  { id: "creative", title: "Creative" },
];
const forms = STEPS.map(({ id }) => document.getElementById(`step-${id}`));
const launched = document.getElementById("launched");
const parts = [...forms, launched];
// How far it has come, from 1.
let reached = 1;

function token() {
  return localStorage.getItem(TOKEN) ?? undefined;
}

/** Shows the part that the address names, or the one that it has come to. */
function show() {
  const named = STEPS.findIndex(({ id }) => `#${id}` === location.hash) + 1;
  const step = named >= 1 && named <= reached ? named : reached;
  const status = (index) => index + 1 < reached ? "complete" : "open";
  showProgress(STEPS.map((one, index) => ({ ...one, status: status(index) })), step);
  showOnly(forms[step - 1], parts);
}

async function open() {
  try {
    if (token() === undefined) await begin();
    const { body: { campaign, expiresAt } } = await ask("GET", "/api/campaign", { token: token() });
    for (const form of forms) for (const name of namesOf(form)) setValue(form, name, campaign[name]);
    reached = STEPS.findIndex(({ id }) => id === campaign.currentStep) + 1;
    const time = new Date(expiresAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    document.getElementById("expiry").textContent = `Kept until ${time}`;
    show();
  } catch (fault) {
    if (!explain(fault)) {
      say("failure", `${fault.message}.`, { kind: "error", actions: { "Try again": open } });
    }
  }
}

async function begin() {
  const { body } = await ask("POST", "/api/campaign");
  localStorage.setItem(TOKEN, body.token);
  history.replaceState(null, "", "#setup");
}

/** What to do about a campaign that is over. */
function explain(fault) {
  if (fault.status !== 410) return false;
  localStorage.removeItem(TOKEN);
  if (fault.body.campaign) showLaunched(fault.body.campaign);
  else {
    say("over", `${fault.message}.`, { kind: "warn" });
    open();
  }
  return true;
}

function showLaunched({ id }) {
  localStorage.removeItem(TOKEN);
  document.getElementById("number").textContent = id;
  document.getElementById("expiry").textContent = "";
  showProgress(STEPS.map((one) => ({ ...one, status: "complete" })));
  showOnly(launched, parts);
}

forms.forEach((form, index) => {
  onSubmit(form, async (values) => {
    const { id: step } = STEPS[index];
    const body = {
      step,
      values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? null])),
    };
    await ask("PUT", "/api/campaign", { body, token: token() });
    unsay("over");
    reached = Math.max(reached, Math.min(index + 2, STEPS.length));
    if (index + 1 < STEPS.length) {
      location.hash = STEPS[index + 1].id;
      return;
    }
    const { body: { campaign } } = await ask("POST", "/api/campaign/launch", { token: token() });
    showLaunched(campaign);
  }, explain);
});
addEventListener("hashchange", show);
document.getElementById("another").addEventListener("click", open);

open();
