import { plain } from "./members.js";
import { ProjectSessionError } from "./project-session-error.js";
import { ProjectSessionOptions } from "./project-session-options.js";
import { ProjectSessionState, ProjectSessionStatus } from "./project-session-state.js";
import { RememberedSession } from "./remembered-session.js";
import { SessionEndpoint } from "./session-endpoint.js";
import { Beginning, SessionWork } from "./session-work.js";

/** Changes that wait for more. */
interface Draft {
  readonly since: number;
  readonly saved: Promise<void>;
  settle(saved: Promise<void> | undefined): void;
  timer: ReturnType<typeof setTimeout> | undefined;
}

// How often a save is tried again, at once, when somebody else was faster.
const MAX_MERGES = 10;

/** Keeps a page's session, and knows nothing of React: its requests go one after the other. */
export class SessionClient<T> {
  private readonly endpoint: SessionEndpoint;
  private readonly remembered: RememberedSession;
  private readonly debounceMs: number;
  private readonly listeners = new Set<() => void>();
  private work: SessionWork | undefined;
  private busy: "loading" | "saving" | undefined;
  private error: ProjectSessionError | undefined;
  private draft: Draft | undefined;
  /** The end of what is to be done. */
  private tail: Promise<unknown> = Promise.resolve();
  /** What was asked for twice, as React's StrictMode does it, is done once. */
  private beginning: { readonly what: string; readonly done: Promise<string> } | undefined;
  /** Whether the page goes: nobody is there to decide on anything. */
  private isGoing = false;
  /** Sessions that could not be ended yet. */
  private readonly leftovers = new Set<string>();
  private state: ProjectSessionState<T>;

  constructor(options: ProjectSessionOptions) {
    const { endpoint = "/api/project-session", storageKey = "projectSessionId", timeoutMs = 30_000 } =
      options;
    this.endpoint = new SessionEndpoint(endpoint, timeoutMs, options.fetch);
    this.remembered = new RememberedSession(storageKey, options.storage);
    this.debounceMs = options.debounceMs ?? 500;
    this.state = this.current();
  }

  readonly snapshot = (): ProjectSessionState<T> => this.state;

  readonly subscribe = (listener: () => void): () => void => {
    if (this.listeners.size === 0) {
      page()?.addEventListener("pagehide", this.go);
      page()?.document?.addEventListener("visibilitychange", this.look);
    }
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      page()?.removeEventListener("pagehide", this.go);
      page()?.document?.removeEventListener("visibilitychange", this.look);
      this.leave();
    };
  };

  /** Begins a session in place of the one that there is, and answers its id. */
  readonly createSession = (initialData?: Partial<T>): Promise<string> =>
    this.begin(() => ({ create: plain(initialData ?? {}) }));

  /** Reads a session; begins a new one where there is none of that id, and says so where it has expired. */
  readonly loadSession = (sessionId: string): Promise<void> =>
    quiet(this.begin(() => ({ load: sessionId })).then(() => undefined));

  /**
   * Changes data: members that are given replace those of their names, an undefined or null one is removed. With a step,
   * that step is completed, and the server says which is the next; without one it is a draft, which waits for more.
   * Resolved when it is saved. Rejected with CONFLICT when a member was changed elsewhere, too: then no step is completed.
   * The same call with a step, once more, is a decision for what it is given.
   */
  readonly updateSession = (data: Partial<T>, step?: number): Promise<void> =>
    this.change((work) => work.edit(plain(data), step), { waits: step === undefined });

  /** Goes to a step: back always, forward where the server lets it. */
  readonly goToStep = (step: number): Promise<void> =>
    this.change((work) => work.goTo(step), { waits: false });

  /** Decides on one of `conflicts`: it is saved as it was typed here, or stays as the server has it. */
  readonly resolveConflict = (name: Extract<keyof T, string>, choice: "mine" | "theirs"): Promise<void> =>
    this.change((work) => work.decide(name, choice), { waits: false });

  /** Ends the session, here at once and then on the server; what waits to be saved is dropped. */
  readonly clearSession = (): Promise<void> => {
    const { work } = this;
    this.work = undefined;
    this.beginning = undefined;
    this.error = undefined;
    this.settleDraft(undefined);
    this.remembered.forget(work?.id);
    this.changed();
    return this.enqueue(async () => {
      // It may have been made only now.
      if (work?.id !== undefined && work.ended === undefined) this.leftovers.add(work.id);
      try {
        await this.endLeftovers();
      } catch (fault) {
        throw this.failed(undefined, fault);
      }
    });
  };

  /** Sends what waits, and does again what has failed. */
  readonly flush = (): Promise<void> => {
    const { work, draft } = this;
    const isIdle = work === undefined || work.ended !== undefined ||
      !(work.hasChanges || work.beginning || draft);
    return isIdle ? Promise.resolve() : this.save(work);
  };

  /** The page goes: what was typed is saved; what has failed besides is nobody's wish any more. */
  private readonly leave = (): void => {
    if (this.work?.hasChanges) void this.flush();
  };

  /**
   * The same, when the whole page goes: its last request is sent whatever others have saved since, as no script will be
   * there to read that, and what was typed last would be lost. Members that were not typed here are left alone even so.
   */
  private readonly go = (): void => {
    if (!this.work?.hasChanges) return;
    this.isGoing = true;
    this.flush().catch(() => undefined).finally(() => (this.isGoing = false));
  };

  /** Somebody comes back to the page: what another tab has saved meanwhile is shown. */
  private readonly look = (): void => {
    const { work } = this;
    const canLook = () => work === this.work && work?.ended === undefined && work?.beginning === undefined;
    if (page()?.document?.visibilityState !== "visible" || work?.told === undefined || !canLook()) return;
    const { sessionId } = work.told;
    void this.enqueue(async () => {
      if (!canLook()) return;
      try {
        this.learn(work, await this.endpoint.get(sessionId));
        work.takeConflictFault();
        this.changed();
      } catch (fault) {
        // Nobody has asked for it: a server that is away is not worth a word.
        if (fault instanceof ProjectSessionError && fault.isGone) this.failed(work, fault);
      }
    });
  };

  private begin(how: () => Beginning): Promise<string> {
    let wish: Beginning;
    try {
      wish = how();
    } catch (fault) {
      return quiet(Promise.reject(fault));
    }
    const what = JSON.stringify(wish);
    if (this.beginning?.what === what) return this.beginning.done;
    const work = this.workFor(wish);
    const done = this.enqueue(async () => {
      await this.endLeftovers().catch(() => undefined);
      return await this.open(work);
    });
    const beginning = { what, done };
    this.beginning = beginning;
    const over = () => {
      if (this.beginning === beginning) this.beginning = undefined;
    };
    done.then(over, over);
    this.changed();
    return done;
  }

  /** The session that there is, if that is read again; else another one. */
  private workFor(wish: Beginning): SessionWork {
    const { work } = this;
    if (work !== undefined && work.ended === undefined && "load" in wish && work.id === wish.load) {
      work.beginning = wish;
      return work;
    }
    // What was typed into the session before is saved first, if there ever was one.
    if (work?.told !== undefined) this.leave();
    this.settleDraft(undefined);
    this.error = undefined;
    return this.work = new SessionWork(wish);
  }

  private change(edit: (work: SessionWork) => void, { waits }: { waits: boolean }): Promise<void> {
    const { work } = this;
    if (work === undefined) {
      return quiet(Promise.reject(new ProjectSessionError("SESSION_NOT_FOUND", "There is no session")));
    }
    try {
      edit(work);
    } catch (fault) {
      return quiet(Promise.reject(fault));
    }
    const { ended } = work;
    // What was typed is there all the same, for the next session to begin with.
    const saved = ended !== undefined
      ? quiet(Promise.reject(ended))
      : waits
      ? this.later(work)
      : this.save(work);
    this.changed();
    return saved;
  }

  /** Saves when no more has come for a while. */
  private later(work: SessionWork): Promise<void> {
    const now = Date.now();
    const draft = this.draft ??= newDraft(now);
    clearTimeout(draft.timer);
    const left = draft.since + 10 * this.debounceMs - now;
    draft.timer = setTimeout(() => this.save(work), Math.max(0, Math.min(this.debounceMs, left)));
    return draft.saved;
  }

  private save(work: SessionWork): Promise<void> {
    const saved = this.enqueue(async () => {
      await this.open(work);
      await this.send(work);
    });
    this.settleDraft(saved);
    return saved;
  }

  private settleDraft(saved: Promise<void> | undefined): void {
    clearTimeout(this.draft?.timer);
    this.draft?.settle(saved);
    this.draft = undefined;
  }

  /** Does one thing after the other; what becomes of it is in the state as well. */
  private enqueue<R>(task: () => Promise<R>): Promise<R> {
    const done = this.tail.then(task);
    this.tail = done.catch(() => undefined);
    return done;
  }

  /** Sees to it that a session is there, and answers its id. */
  private async open(work: SessionWork): Promise<string> {
    const { beginning, ended, told } = work;
    if (ended !== undefined) throw ended;
    if (beginning === undefined && told !== undefined) return told.sessionId;
    this.working("loading");
    try {
      const { sessionId } = await this.opened(work);
      this.succeeded(work);
      return sessionId;
    } catch (fault) {
      throw this.failed(work, fault);
    }
  }

  private async opened(work: SessionWork) {
    const { beginning } = work;
    if (beginning !== undefined && "load" in beginning) {
      try {
        return this.learn(work, await this.endpoint.get(beginning.load));
      } catch (fault) {
        if (!(fault instanceof ProjectSessionError && fault.code === "SESSION_NOT_FOUND")) throw fault;
        this.remembered.forget(beginning.load);
        work.forget();
      }
    }
    const data = beginning !== undefined && "create" in beginning ? beginning.create : {};
    return this.learn(work, await this.endpoint.create(data));
  }

  /** Sends all changes that there are. */
  private async send(work: SessionWork): Promise<void> {
    if (work.told === undefined || !work.hasChanges) return;
    this.working("saving");
    try {
      for (let attempt = 1; !(await this.put(work, attempt === MAX_MERGES)); attempt += 1);
    } catch (fault) {
      throw this.failed(work, fault);
    }
    this.succeeded(work);
    const conflict = work.takeConflictFault();
    if (conflict !== undefined) throw conflict;
  }

  /** Sends them once; answers whether it is done, and not to be done again on top of what somebody else has saved. */
  private async put(work: SessionWork, isLast: boolean): Promise<boolean> {
    const { told } = work;
    if (told === undefined) return true;
    const changes = work.take();
    try {
      if (changes !== undefined) {
        const etag = this.isGoing ? undefined : told.etag;
        this.learn(work, await this.endpoint.update(told.sessionId, changes, etag));
      }
      work.sent();
      return true;
    } catch (fault) {
      if (fault instanceof ProjectSessionError && fault.isRefusedStep) {
        // The data were saved all the same. The step isn't asked for again; which one it is, the server says.
        work.refused();
        await this.endpoint.get(told.sessionId).then((now) => this.learn(work, now)).catch(() => undefined);
        throw fault;
      }
      const isOvertaken = fault instanceof ProjectSessionError && fault.status === 412;
      work.giveBack({ isInDoubt: !isOvertaken });
      if (isLast || !isOvertaken) throw fault;
    }
    this.learn(work, await this.endpoint.get(told.sessionId));
    return false;
  }

  private learn(work: SessionWork, told: NonNullable<SessionWork["told"]>) {
    work.learn(told);
    // A page that has gone leaves what another has begun since.
    if (work === this.work) this.remembered.remember(told.sessionId, { replacing: this.listeners.size > 0 });
    return told;
  }

  private working(busy: "loading" | "saving"): void {
    this.busy = busy;
    this.changed();
  }

  private succeeded(work: SessionWork): void {
    this.busy = undefined;
    if (work === this.work) this.error = undefined;
    this.changed();
  }

  /** Notes what went wrong, and answers it. */
  private failed(work: SessionWork | undefined, fault: unknown): unknown {
    if (!(fault instanceof ProjectSessionError)) return fault;
    this.busy = undefined;
    if (work !== undefined && fault.isGone) {
      this.remembered.forget(work.id);
      work.ended = fault;
    }
    if (work === this.work) this.error = fault;
    this.changed();
    return fault;
  }

  private async endLeftovers(): Promise<void> {
    for (const sessionId of this.leftovers) {
      await this.endpoint.delete(sessionId);
      this.leftovers.delete(sessionId);
    }
  }

  private changed(): void {
    this.state = this.current();
    for (const listener of [...this.listeners]) listener();
  }

  private current(): ProjectSessionState<T> {
    const { work, error } = this;
    const { told, ended } = work ?? {};
    return {
      sessionId: ended === undefined ? told?.sessionId ?? null : null,
      projectData: (work?.data ?? null) as T | null,
      currentStep: told?.currentStep ?? 1,
      completedSteps: told?.completedSteps ?? [],
      validationStatus: told?.validationStatus ?? {},
      expiresAt: told?.expiresAt ?? null,
      conflicts: work?.conflicts ?? [],
      status: this.status(),
      error: ended ?? error ?? work?.conflictFault ?? null,
    };
  }

  private status(): ProjectSessionStatus {
    const { work, busy, error } = this;
    if (work?.ended !== undefined) return work.ended.code === "SESSION_EXPIRED" ? "expired" : "error";
    if (work !== undefined && busy !== undefined) return busy;
    if (error !== undefined) return "error";
    if (work === undefined) return "idle";
    if (work.beginning !== undefined) return "loading";
    if (work.hasChanges) return "saving";
    return work.conflictFault === undefined ? "ready" : "conflict";
  }
}

function newDraft(since: number): Draft {
  let settle: Draft["settle"] = () => undefined;
  const saved = quiet(new Promise<void>((resolve) => settle = resolve));
  return { since, saved, settle, timer: undefined };
}

/** A promise that need not be awaited: what becomes of it is told elsewhere, too. */
function quiet<R>(promise: Promise<R>): Promise<R> {
  promise.catch(() => undefined);
  return promise;
}

interface Listenable<Name> {
  addEventListener(type: Name, listener: () => void): void;
  removeEventListener(type: Name, listener: () => void): void;
}

interface Page extends Listenable<"pagehide"> {
  readonly document?: Listenable<"visibilitychange"> & { readonly visibilityState: string };
}

/** The browser's window; there is none on a server. */
function page(): Page | undefined {
  return (globalThis as unknown as { window?: Page }).window;
}
