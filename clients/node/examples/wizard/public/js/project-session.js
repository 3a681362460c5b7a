// The draft of a project, with the server that keeps it and with the other tabs of this browser. It knows nothing of
// the page; it dispatches events, each with its detail:
//
//   state      nothing: `state` has been read anew
//   status     "saving", "saved", "waiting": what was typed is not saved, and it is tried again; or "undecided": what
//              was typed is not saved until somebody has decided on a conflict
//   remote     { fields, conflicts }: somebody else has saved these; `conflicts` are those that were typed here as well
//   over       { reason: "expired" or "gone", values }: there is no draft until `restart`
//   restarted  another tab has begun anew, and this one goes on with it
//   submitted  the project that it has become
import { ask } from "./api.js";
import { Draft } from "./draft.js";

const PATH = "/api/project-session";
const ID = "projectSessionId";
const LAST_STEP = 4;
const QUIET_MS = 400;
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const LONGEST_TIMER_MS = 2 ** 31 - 1;
// A browser sends no more than 64 KiB for a page that is gone.
const LONGEST_KEEPALIVE = 60_000;

export class ProjectSession extends EventTarget {
  state = { currentStep: 1, completedSteps: [], validationStatus: {}, expiresAt: undefined };

  #draft = new Draft();
  #id;
  #etag;
  #isOver = false;
  #isSaving = false;
  #queue = Promise.resolve();
  #saveTimer;
  #endTimer;
  #failures = 0;
  #channel = new BroadcastChannel("project-session");

  constructor() {
    super();
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    addEventListener("pagehide", () => this.#saveAtEnd());
    addEventListener("pageshow", ({ persisted }) => persisted && this.#look());
    addEventListener("online", () => this.#saveSoon(0));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.#look();
      else this.#saveSoon(0);
    });
  }

  /** Whether there is no draft, until the next one is begun. */
  get isOver() {
    return this.#isOver;
  }

  /** The data as this tab shows them. */
  get values() {
    return this.#draft.values;
  }

  /** The members that were changed here and elsewhere. */
  get conflicts() {
    return this.#draft.conflicts;
  }

  /** What the server has of a member. */
  saved(name) {
    return this.#draft.saved(name);
  }

  /** Goes on with the draft that this browser has, or begins one. */
  async open() {
    await this.#inTurn(() => this.#join());
    const kept = sessionStorage.getItem(this.#keptName);
    if (kept === null) return;
    this.#tellRemote(this.#draft.restore(kept));
    this.#keep();
    this.#saveSoon(0);
  }

  /** Begins anew; the values are saved there. */
  async restart(values = {}) {
    await this.#inTurn(() => this.#join());
    for (const [name, value] of Object.entries(values)) this.change(name, value);
    this.#tell({ kind: "restarted" });
  }

  /** Throws the draft away, and begins another. */
  async discard() {
    await this.#inTurn(async () => {
      await ask("DELETE", `${PATH}/${this.#id}`);
      this.#forget();
    });
    await this.restart();
  }

  /** Something was typed: it is saved when nothing more comes for a moment. */
  change(name, value) {
    this.#draft.change(name, value);
    this.#keep();
    if (this.#draft.hasUnsaved) this.#saveSoon(QUIET_MS);
  }

  /** Decides on a member that was changed here and elsewhere. */
  resolve(name, choice) {
    this.#draft.resolve(name, choice);
    this.#keep();
    this.#sayWhenSaved();
    this.#saveSoon(0);
  }

  /** Completes a step and goes on to another; throws Refused with what doesn't fit. What was typed is saved even so. */
  async complete(step, next) {
    await this.#inTurn(() => this.#complete([step], next));
  }

  /** Goes to a step; throws Refused when it is not its turn. */
  async goTo(currentStep) {
    await this.#inTurn(() => this.#put({ currentStep }));
  }

  /** Makes a project of it, and waits while another request is at it: it is there when "submitted" is dispatched. */
  async submit() {
    await this.#inTurn(async () => {
      try {
        await this.#complete(Array.from({ length: LAST_STEP }, (_, index) => index + 1), LAST_STEP);
      } catch (fault) {
        if (fault.body?.code !== "CHECKED_OUT") throw fault;
      }
      await this.#submit();
    });
  }

  // MARK: With the server

  async #submit() {
    for (;;) {
      try {
        const { body } = await ask("POST", "/api/projects", { body: { sessionId: this.#id } });
        return this.#submitted(body.project);
      } catch (fault) {
        if (fault.body?.code !== "CHECKED_OUT") throw await this.#ended(fault);
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }
  }

  async #complete(completedSteps, currentStep) {
    try {
      await this.#put({ completedSteps, currentStep });
    } finally {
      if (!this.#isOver) await this.#load();
    }
  }

  /** Goes on with the browser's draft, whichever tab has begun it. */
  async #join() {
    await exclusively(async () => {
      let id = localStorage.getItem(ID);
      if (id === null) {
        const begun = { projectData: {}, currentStep: 1, completedSteps: [] };
        id = (await ask("POST", PATH, { body: begun })).body.sessionId;
        localStorage.setItem(ID, id);
      }
      this.#id = id;
      this.#isOver = false;
    });
    await this.#load({ isFirst: true });
  }

  /** Reads what the server has, and brings it together with what was typed here. */
  async #load({ isFirst = false } = {}) {
    try {
      const { body, etag } = await ask("GET", `${PATH}/${this.#id}`);
      this.#etag = etag;
      const { currentStep, completedSteps, validationStatus, expiresAt } = body;
      this.state = { currentStep, completedSteps, validationStatus, expiresAt: new Date(expiresAt) };
      this.#awaitEnd();
      const remote = this.#draft.merge(body.projectData);
      // What was kept before a reload is still to be read.
      if (isFirst) return;
      this.#keep();
      this.#sayWhenSaved();
      this.#dispatch("state");
      this.#tellRemote(remote);
    } catch (fault) {
      throw await this.#ended(fault);
    }
  }

  /** Saves. Where somebody else was faster, it reads what they have saved, and tries again. */
  async #put(steps = {}) {
    for (;;) {
      const { sent, patch } = this.#draft.takePatch();
      if (sent.size > 0) this.#say("saving");
      this.#isSaving = true;
      try {
        const { etag } = await this.#send({ projectData: patch, ...steps }, this.#etag);
        this.#etag = etag;
        this.#draft.settle(sent);
        break;
      } catch (fault) {
        if (fault.status !== 412) throw await this.#ended(fault);
        await this.#load();
        // A step is not completed with what nobody has decided on.
        if (this.conflicts.length > 0 && steps.completedSteps) throw fault;
      } finally {
        this.#isSaving = false;
      }
    }
    this.#failures = 0;
    this.#keep();
    if (steps.currentStep) this.state = { ...this.state, currentStep: steps.currentStep };
    this.#sayWhenSaved();
    this.#tell({ kind: "saved" });
  }

  async #send(changes, etag) {
    const body = { sessionId: this.#id, ...changes };
    const keepalive = JSON.stringify(body).length < LONGEST_KEEPALIVE;
    return await ask("PUT", PATH, { body, etag, keepalive });
  }

  /** What a fault means: whether there is no draft any more, and why. */
  async #ended(fault) {
    if (this.#isOver || fault.status !== 404 && fault.status !== 410) return fault;
    const project = fault.body.project ?? await this.#become();
    if (project !== undefined) {
      this.#submitted(project);
    } else {
      const { values } = this;
      this.#forget();
      this.#dispatch("over", { reason: fault.status === 410 ? "expired" : "gone", values });
    }
    return fault;
  }

  /** Which project it has become; undefined for none. */
  async #become() {
    const answer = await ask("GET", `/api/projects/of/${this.#id}`).catch(() => undefined);
    return answer?.body.project;
  }

  #submitted(project) {
    this.#tell({ kind: "submitted", project });
    this.#forget();
    this.#dispatch("submitted", project);
  }

  // MARK: When

  /** One after the other: two requests of one tab don't take each other for another tab's. */
  #inTurn(work) {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  #saveSoon(ms) {
    clearTimeout(this.#saveTimer);
    this.#saveTimer = setTimeout(async () => {
      if (this.#isOver || !this.#draft.hasUnsaved) return;
      try {
        await this.#inTurn(() => this.#put());
      } catch {
        if (this.#isOver) return;
        this.#say("waiting");
        this.#saveSoon(RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)]);
      }
    }, ms);
  }

  /** The page goes away, perhaps for good; this request outlives it. */
  #saveAtEnd() {
    if (this.#isOver || !this.#draft.hasUnsaved) return;
    // Behind a request that is under way, nobody knows the etag that it leaves.
    const etag = this.#isSaving ? undefined : this.#etag;
    this.#send({ projectData: this.#draft.takePatch().patch }, etag).catch(() => undefined);
  }

  /** Reads what others have saved, when nothing else is to be done. */
  #look() {
    if (this.#isOver || this.#id === undefined) return;
    this.#inTurn(() => this.#isOver || this.#load()).catch(() => undefined);
  }

  /** Looks when its life is over, so that nobody goes on typing into a draft that is no more. */
  #awaitEnd() {
    clearTimeout(this.#endTimer);
    const ms = Math.max(this.state.expiresAt - Date.now(), 0) + 200;
    this.#endTimer = setTimeout(() => this.#look(), Math.min(ms, LONGEST_TIMER_MS));
  }

  // MARK: In this browser

  get #keptName() {
    return `draft:${this.#id}`;
  }

  /** What was typed and not saved outlives a reload of this tab. */
  #keep() {
    const { kept } = this.#draft;
    if (kept === undefined) sessionStorage.removeItem(this.#keptName);
    else sessionStorage.setItem(this.#keptName, kept);
  }

  #forget() {
    sessionStorage.removeItem(this.#keptName);
    if (localStorage.getItem(ID) === this.#id) localStorage.removeItem(ID);
    clearTimeout(this.#saveTimer);
    clearTimeout(this.#endTimer);
    this.#draft.clear();
    this.#isOver = true;
    this.#id = undefined;
    this.#etag = undefined;
    this.#failures = 0;
  }

  #tell(message) {
    this.#channel.postMessage({ id: this.#id, ...message });
  }

  #hear({ kind, id, project }) {
    if (kind === "restarted") {
      if (id !== this.#id) this.#follow();
    } else if (id === this.#id && kind === "saved") {
      this.#look();
    } else if (id === this.#id && kind === "submitted") {
      this.#forget();
      this.#dispatch("submitted", project);
    }
  }

  #follow() {
    this.#forget();
    this.#inTurn(() => this.#join()).then(() => this.#dispatch("restarted"), () => undefined);
  }

  #tellRemote({ fields, conflicts }) {
    if (fields.length > 0) this.#dispatch("remote", { fields, conflicts });
  }

  #sayWhenSaved() {
    if (!this.#draft.hasUnsaved) this.#say(this.conflicts.length > 0 ? "undecided" : "saved");
  }

  #say(status) {
    this.#dispatch("status", status);
  }

  #dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Of two tabs that begin at once, the second one finds the draft of the first. */
function exclusively(work) {
  // Not there on an insecure origin that is not this machine.
  return navigator.locks === undefined ? work() : navigator.locks.request("project-session", work);
}
