// The page of the wizard: its steps, and what happens to the draft behind them.
import { showConflicts } from "./conflicts.js";
import { Connectors } from "./connectors.js";
import { Documents } from "./documents.js";
import { namesOf, setError, setValue, showErrors, valueOf, whileBusy } from "./fields.js";
import { say, unsay } from "./notices.js";
import { ProjectSession } from "./project-session.js";
import { showProgress } from "./progress.js";
import { showValues } from "./review.js";
import { errorTexts, FIELDS, STEPS } from "./texts.js";

const session = new ProjectSession();
const forms = STEPS.map(({ id }) => document.getElementById(`step-${id}`));
const documents = new Documents(forms[1], (value) => changed(forms[1], "documents", value));
const connectors = new Connectors(forms[2], (value) => changed(forms[2], "manualConnectors", value));
// Which of the steps is shown, from 1.
let shown;
// Whether this tab is the one that makes the project.
let isSubmitting = false;

// MARK: What is shown

/** Shows what the draft has, in whichever fields. */
function render() {
  const { values } = session;
  for (const form of forms) {
    for (const name of namesOf(form)) if (name !== "documents") setValue(form, name, values[name]);
  }
  documents.show(values.documents);
  connectors.show(values.manualConnectors);
  showConflicts(session, (name, choice) => {
    session.resolve(name, choice);
    render();
  });
  showValues(document.getElementById("summary"), values, { editable: true });
  renderProgress();
}

function renderProgress() {
  const { currentStep, expiresAt } = session.state;
  const status = (step) => {
    if (isComplete(step)) return "complete";
    // It was gone past, and doesn't fit any more.
    return step < currentStep ? "invalid" : "open";
  };
  showProgress(STEPS.map(({ id, title }, index) => ({ id, title, status: status(index + 1) })), shown);
  const time = expiresAt?.toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit" });
  document.getElementById("expiry").textContent = expiresAt ? `Kept until ${time}` : "";
}

/** Shows a step, and moves the focus to its heading unless the page has just been opened. */
function show(step, { isFirst = false } = {}) {
  shown = step;
  forms.forEach((form, index) => form.hidden = index + 1 !== step);
  const { title } = STEPS[step - 1];
  document.title = `${title} (${step} of ${STEPS.length}) – New project`;
  render();
  if (isFirst) return;
  scrollTo(0, 0);
  forms[step - 1].querySelector("h2").focus();
}

function isComplete(step) {
  return session.state.validationStatus[`step${step}`] ?? false;
}

/** The step that the address names; undefined for none. */
function stepOfAddress() {
  const index = STEPS.findIndex(({ id }) => `#${id}` === location.hash);
  return index < 0 ? undefined : index + 1;
}

/** Names a step in the address without a new entry in the browser's history. */
function replaceAddress(step) {
  history.replaceState(null, "", `#${STEPS[step - 1].id}`);
}

// MARK: What is done

function changed(form, name, value) {
  setError(form, name);
  session.change(name, value);
}

/** Goes to the step that the address names, or to the last one whose turn it is. */
async function follow({ isFirst = false } = {}) {
  const wanted = stepOfAddress() ?? session.state.currentStep;
  if (stepOfAddress() === undefined) replaceAddress(wanted);
  const isAhead = STEPS.slice(0, wanted - 1).some((_, index) => !isComplete(index + 1));
  if (!isAhead) show(wanted, { isFirst });
  if (wanted === session.state.currentStep) return;
  try {
    await session.goTo(wanted);
    if (isAhead) show(wanted, { isFirst });
  } catch (fault) {
    if (fault.body?.code === "INVALID_STEP") goBackTo(fault.body.lastValidStep, { isFirst });
    // What was typed is kept here, and saved when the server is there again.
    else if (isAhead && !session.isOver) goBackTo(STEPS[session.state.currentStep - 1].id, { isFirst });
  }
}

function goBackTo(id, options) {
  const step = Math.max(1, STEPS.findIndex((one) => one.id === id) + 1);
  replaceAddress(step);
  show(step, options);
  say("step", `Complete “${STEPS[step - 1].title}” first.`, { kind: "warn" });
}

async function next(step) {
  const form = forms[step - 1];
  unsay("step");
  await attempt(form, async () => {
    await session.complete(step, step + 1);
    location.hash = STEPS[step].id;
  });
}

async function create() {
  await attempt(forms[3], async () => {
    isSubmitting = true;
    try {
      await session.submit();
    } finally {
      isSubmitting = false;
    }
  });
}

/** Does something with a form, and says why it can't be done. */
async function attempt(form, work) {
  await whileBusy(form, async () => {
    try {
      await work();
      unsay("failure");
      render();
    } catch (fault) {
      if (session.isOver) return;
      render();
      explain(fault);
    }
  });
}

function explain(fault) {
  const { violations, code, lastValidStep } = fault.body ?? {};
  if (session.conflicts.length > 0) {
    showStepOf(session.conflicts);
    document.querySelector(".conflict button")?.focus();
  } else if (code === "INVALID_STEP") {
    goBackTo(lastValidStep);
  } else if (violations !== undefined) {
    showViolations(violations);
  } else {
    say("failure", `${fault.message}. What you typed is kept here; try again.`, { kind: "error" });
  }
}

/** Goes to the first step that has one of some fields, unless it is there. */
function showStepOf(names) {
  const step = STEPS.findIndex(({ id }) => names.some((name) => name in (FIELDS[id] ?? {}))) + 1;
  if (step === 0 || step === shown) return;
  history.pushState(null, "", `#${STEPS[step - 1].id}`);
  show(step);
}

function showViolations(violations) {
  const { fields, items } = errorTexts(violations);
  showStepOf([...fields.keys(), ...items.keys()]);
  for (const [name, faults] of items) {
    if (name === "documents") documents.show(session.values.documents, faults);
    if (name === "manualConnectors") connectors.show(session.values.manualConnectors, faults);
    if (name in FIELDS.requirements) fields.set(name, "Remove what can’t be used");
  }
  showErrors(forms[shown - 1], fields);
}

/** Begins a draft, or says why there is none. */
async function begin(work) {
  try {
    await work();
    unsay("failure");
    return true;
  } catch (fault) {
    if (session.isOver && fault.status !== 429 && !fault.isPassing) return false;
    const wait = fault.retryAfterMs ? ` in ${Math.ceil(fault.retryAfterMs / 1000)} seconds` : "";
    say("failure", `${fault.message}. Try again${wait}.`, {
      kind: "error",
      actions: { "Try again": () => start(() => session.open()) },
    });
    return false;
  }
}

async function start(work, options = {}) {
  if (!await begin(work)) return;
  document.getElementById("save-status").textContent = "Saved as you type";
  await follow(options);
}

async function startOver(text, values = {}) {
  replaceAddress(1);
  const hasValues = Object.keys(values).length > 0;
  const putBack = () => {
    for (const [name, value] of Object.entries(values)) session.change(name, value);
    render();
  };
  say("over", text, { kind: "warn", actions: hasValues ? { "Put back what was here": putBack } : {} });
  await start(() => session.restart());
}

// MARK: Events

forms.forEach((form, index) => {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (index === forms.length - 1) create();
    else next(index + 1);
  });
  form.addEventListener("input", ({ target: { name } }) => {
    if (name !== "" && name !== "documents") changed(form, name, valueOf(form, name));
  });
});
addEventListener("hashchange", () => stepOfAddress() && follow());
document.getElementById("discard").addEventListener("click", async () => {
  if (!confirm("Throw away all that you have entered?")) return;
  await start(() => session.discard());
});

const STATUSES = {
  saving: "Saving…",
  saved: "Saved",
  waiting: "Not saved yet; trying again",
  undecided: "Not saved until you choose",
};
session.addEventListener("status", ({ detail }) => {
  const status = document.getElementById("save-status");
  status.textContent = STATUSES[detail];
  status.className = detail;
  if (detail === "waiting") {
    say("waiting", "What you typed is not saved yet. It is kept here, and tried again.", { kind: "warn" });
  } else if (detail === "saved") {
    unsay("waiting");
    renderProgress();
  }
});
session.addEventListener("state", renderProgress);
session.addEventListener("remote", ({ detail: { fields, conflicts } }) => {
  const labels = Object.assign({}, ...Object.values(FIELDS));
  const list = (names) => names.map((name) => labels[name] ?? name).join(", ");
  render();
  const others = fields.filter((name) => !conflicts.includes(name));
  const texts = [];
  if (others.length > 0) texts.push(`Changed in another tab: ${list(others)}.`);
  if (conflicts.length > 0) {
    texts.push(`Changed here and in another tab: ${list(conflicts)}; choose what is right.`);
  }
  say("remote", texts.join(" "), { kind: conflicts.length > 0 ? "warn" : "info" });
});
session.addEventListener("over", ({ detail: { reason, values } }) => {
  const what = reason === "expired" ? "This draft has expired" : "This draft is not there any more";
  startOver(`${what}. You are at the beginning of a new one.`, values);
});
session.addEventListener("restarted", () => {
  say("remote", "A new draft was begun in another tab.");
  replaceAddress(1);
  follow();
});
session.addEventListener("submitted", ({ detail: { id } }) => {
  const path = `/projects/${id}`;
  // In place of the wizard, so that the way back doesn't lead to a draft that is no more.
  if (isSubmitting) return location.replace(path);
  forms.forEach((form) => form.hidden = true);
  document.getElementById("draft").hidden = true;
  document.getElementById("discard").hidden = true;
  document.getElementById("done-link").href = path;
  const done = document.getElementById("done");
  done.hidden = false;
  done.querySelector("h2").focus();
});

start(() => session.open(), { isFirst: true });
