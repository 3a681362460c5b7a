import { SessionHandover } from "../handover.js";
import { SessionCheckoutOptions } from "../methods.js";
import { Room } from "../room.js";
import { saveOnce } from "../save-once.js";
import { SessionError, SessionFault } from "./session-error.js";

/** What the application knows of a browser. */
export interface SessionMetadata {
  userAgent: string;
  ipAddress: string;
  deviceInfo: string;
}

/** One person's way through the steps: their data, and what the steps are called in `validationStatus`. */
// deno-lint-ignore no-explicit-any
export interface ProjectSession<T = any, S extends string = string> {
  sessionId: string;
  projectData: T;
  /** From 1. */
  currentStep: number;
  completedSteps: number[];
  /** By `step1`, `step2`, …: whether the step is complete, and its data fit. */
  validationStatus: Record<S, boolean>;
  createdAt: Date;
  lastActivity: Date;
  expiresAt: Date;
  metadata: SessionMetadata;
  /** Of the data: for an update that is to overwrite nothing that it hasn't seen. */
  etag: string;
}

/** How an update is made. */
export interface SessionUpdateOptions {
  /** Only over data that have this etag; throws Conflict else, and changes nothing. */
  ifMatch?: string;
}

/** A step of the flow, as `flow.define` takes it. */
export interface SessionStep {
  id: string;
  title?: string;
  schema?: object | boolean;
  requires?: ReadonlyArray<string>;
  dependsOn?: ReadonlyArray<string>;
  when?: object | boolean;
}

/** Which flow sessions go through. */
export interface SessionServiceOptions {
  room?: Room;
  /** Its name: `project`. */
  flow?: string;
  /** Its steps, which are defined at the first session; with a `flow` and none, it is there already. */
  steps?: ReadonlyArray<SessionStep>;
}

const DEFAULT_STEPS: ReadonlyArray<SessionStep> = [1, 2, 3, 4].map((step) => ({ id: `step${step}` }));

/** Keeps sessions of several steps in the sidecar, which checks their order and their data. */
export class SessionService {
  private readonly room: Room;
  private readonly flow: string;
  private readonly steps: ReadonlyArray<SessionStep> | undefined;
  private defined: Promise<unknown> | undefined;

  constructor(options: SessionServiceOptions = {}) {
    this.room = options.room ?? new Room();
    this.flow = options.flow ?? "project";
    this.steps = options.steps ?? (options.flow === undefined ? DEFAULT_STEPS : undefined);
  }

  /** Begins a session, and answers its id; its times are the sidecar's. */
  async createSession(session: Partial<ProjectSession> = {}): Promise<string> {
    const { projectData = {}, currentStep, completedSteps, metadata } = session;
    return await told(async () => {
      await this.define();
      const made = await this.room.session.create({ flow: this.flow, data: projectData, metadata });
      const isBegun = (completedSteps?.length ?? 0) > 0 || (currentStep ?? 1) !== 1;
      if (isBegun) {
        try {
          await this.updateSession(made.sessionId, { currentStep, completedSteps }, metadata);
        } catch (fault) {
          // What was thrown matters more: nobody knows its id, and it ends by itself.
          await this.room.session.delete({ sessionId: made.sessionId, metadata }).catch(() => undefined);
          throw fault;
        }
      }
      return made.sessionId;
    });
  }

  /** The session; null when there is none any more. */
  // deno-lint-ignore no-explicit-any
  async getSession<T = any, S extends string = string>(
    sessionId: string,
    metadata?: SessionMetadata,
  ): Promise<ProjectSession<T, S> | null> {
    try {
      return await this.requireSession<T, S>(sessionId, metadata);
    } catch (fault) {
      const isGone = fault instanceof SessionFault &&
        (fault.code === SessionError.SESSION_NOT_FOUND || fault.code === SessionError.SESSION_EXPIRED);
      if (!isGone) throw fault;
      return null;
    }
  }

  /** The session; throws a SessionFault that says whether it has expired or was never there. */
  // deno-lint-ignore no-explicit-any
  async requireSession<T = any, S extends string = string>(
    sessionId: string,
    metadata?: SessionMetadata,
  ): Promise<ProjectSession<T, S>> {
    const options = { withMetadata: true, metadata };
    const got = await told(() => this.room.session.get<T>(sessionId, options));
    const ids = got.steps.map(({ id }) => id);
    const number = (id: string) => ids.indexOf(id) + 1;
    const validationStatus: Record<string, boolean> = {};
    for (const id of ids) validationStatus[`step${number(id)}`] = got.validationStatus[id] ?? false;
    return {
      sessionId: got.sessionId,
      projectData: got.data,
      // Behind the last one there is none: it is where somebody stays.
      currentStep: got.currentStep === null ? Math.max(1, ids.length) : number(got.currentStep),
      completedSteps: got.completedSteps.map(number).sort((one, other) => one - other),
      validationStatus,
      createdAt: new Date(got.createdAt),
      lastActivity: new Date(got.lastActivity),
      expiresAt: new Date(got.expiresAt),
      metadata: {
        userAgent: got.metadata?.userAgent ?? "",
        ipAddress: got.metadata?.ipAddress ?? "",
        deviceInfo: got.metadata?.deviceInfo ?? "",
      },
      etag: got.etag,
    };
  }

  /**
   * Saves what is given: members of the data replace those of their names, and no others; steps are completed in
   * their order, as far as the sidecar finds that they are. What was typed is saved also when a step is refused.
   * Without a `currentStep` the session is then at the first step that is not complete. Answers the etag of the data
   * that it leaves.
   */
  async updateSession(
    sessionId: string,
    changes: Partial<ProjectSession>,
    metadata?: SessionMetadata,
    { ifMatch }: SessionUpdateOptions = {},
  ): Promise<{ etag: string }> {
    const { projectData, currentStep, completedSteps } = changes;
    return await told(async () => {
      const { session } = this.room;
      // Also without data: it counts as use.
      const { etag } = await session.update(sessionId, { patch: projectData ?? {}, metadata, ifMatch });
      if (completedSteps === undefined && currentStep === undefined) return { etag };
      const before = await session.get(sessionId, { metadata });
      const ids = before.steps.map(({ id }) => id);
      const wanted = new Set((completedSteps ?? []).map((step) => stepId(ids, step)));
      let at = before.currentStep;
      // In the flow's order; what is no step of it, the sidecar refuses.
      const inOrder = [...ids.filter((id) => wanted.delete(id)), ...wanted];
      for (const id of inOrder) {
        // Who says where to be lists what is complete; who doesn't completes it, once more perhaps, and moves on.
        if (currentStep !== undefined && before.completedSteps.includes(id)) continue;
        at = (await session.completeStep(sessionId, id, { metadata })).currentStep;
      }
      const target = currentStep === undefined ? at : stepId(ids, currentStep);
      if (target !== null && target !== at) await session.goTo(sessionId, target, { metadata });
      // Steps are gone to and completed without a change of the data.
      return { etag };
    });
  }

  /** Ends a session; there need be none. */
  async deleteSession(sessionId: string, metadata?: SessionMetadata): Promise<void> {
    await told(() => this.room.session.delete({ sessionId, metadata }));
  }

  /**
   * Saves a finished session where it belongs, once: who submits it again is answered the first result, for a day. The
   * session ends when it was saved, and is open again when not. Under the `raw.ref` of what `save` is given beside the
   * data, a row is there once, whatever dies between the two.
   */
  async submit<T, R>(
    sessionId: string,
    save: (data: T, session: SessionHandover<T>) => R | PromiseLike<R>,
    options: SessionCheckoutOptions = {},
  ): Promise<R> {
    const { session } = this.room;
    const ways = {
      checkout: (receipt: string) => session.checkout<T>(sessionId, { ...options, receipt }),
      commit: (receipt: string) => session.commit<R>(sessionId, receipt, { metadata: options.metadata }),
    };
    return await told(() =>
      saveOnce(this.room, sessionId, ways, (leased) => save(leased.data, leased), options.leaseTtl)
    );
  }

  /** Nothing: the sidecar ends sessions by itself, and counts each end. */
  async cleanupExpiredSessions(): Promise<void> {}

  /** Once; again only when it could not be done. */
  private async define(): Promise<void> {
    if (this.steps === undefined) return;
    this.defined ??= this.room.flow.define(this.flow, this.steps);
    try {
      await this.defined;
    } catch (fault) {
      this.defined = undefined;
      throw fault;
    }
  }
}

/** The flow's step of a number; another one is the sidecar's to refuse. */
function stepId(ids: ReadonlyArray<string>, step: number): string {
  return ids[step - 1] ?? `step${step}`;
}

async function told<R>(work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (fault) {
    throw SessionFault.from(fault);
  }
}
