import { Members, merged, patchOf } from "./members.js";
import { ProjectSessionError } from "./project-session-error.js";
import { SessionChanges, ToldSession } from "./session-endpoint.js";

/** What has to be done for a session to be there. */
export type Beginning = { readonly create: Members } | { readonly load: string };

/** Changes of a session that are saved together. */
interface Changes {
  readonly data: Members;
  readonly completing: ReadonlySet<number>;
  readonly goal: number | undefined;
}

const NONE: Changes = { data: {}, completing: new Set(), goal: undefined };

/** One session, from the wish for it to its end, with what is not saved of it yet. */
export class SessionWork {
  /** What the server has said of it last. */
  told: ToldSession | undefined;
  /** Why it is no more. */
  ended: ProjectSessionError | undefined;
  private waiting = NONE;
  private sending = NONE;

  /** `beginning` is what has still to be done for it to be there. */
  constructor(public beginning: Beginning | undefined) {}

  get id(): string | undefined {
    const { told, beginning } = this;
    return told?.sessionId ?? (beginning !== undefined && "load" in beginning ? beginning.load : undefined);
  }

  /** Whether there is something to be sent. */
  get hasChanges(): boolean {
    const { data, completing, goal } = this.waiting;
    return Object.keys(data).length > 0 || completing.size > 0 || goal !== undefined;
  }

  /** The data as they were typed; undefined where there are none. */
  get data(): Members | undefined {
    const typed = { ...this.sending.data, ...this.waiting.data };
    if (this.told === undefined && Object.keys(typed).length === 0) return undefined;
    return merged(this.told?.projectData ?? {}, typed);
  }

  /** Changes data, and completes a step, which moves on by itself. */
  edit(data: Members, step?: number): void {
    const { waiting } = this;
    const completing = step === undefined ? waiting.completing : new Set([...waiting.completing, step]);
    const goal = step === undefined ? waiting.goal : undefined;
    this.waiting = { data: { ...waiting.data, ...data }, completing, goal };
  }

  goTo(step: number): void {
    this.waiting = { ...this.waiting, goal: step };
  }

  learn(told: ToldSession): void {
    this.told = told;
    this.beginning = undefined;
  }

  /** Takes all changes that there are, to be sent; undefined where nothing would change. */
  take(): SessionChanges | undefined {
    this.sending = this.waiting;
    this.waiting = NONE;
    const { data, completing, goal } = this.sending;
    const projectData = patchOf(this.told?.projectData ?? {}, data);
    if (Object.keys(projectData).length === 0 && completing.size === 0 && goal === undefined) {
      return undefined;
    }
    const completedSteps = completing.size === 0 ? undefined : [...completing];
    return { projectData, completedSteps, currentStep: goal };
  }

  /** What was taken is saved. */
  sent(): void {
    this.sending = NONE;
  }

  /** Its data are saved, and its steps are not to be completed. */
  refused(): void {
    if (this.told !== undefined) {
      this.told = { ...this.told, projectData: merged(this.told.projectData, this.sending.data) };
    }
    this.sending = NONE;
  }

  /** What was taken is to be sent again, before what has come since. */
  giveBack(): void {
    const { sending, waiting } = this;
    this.waiting = {
      data: { ...sending.data, ...waiting.data },
      completing: new Set([...sending.completing, ...waiting.completing]),
      goal: waiting.goal ?? (waiting.completing.size === 0 ? sending.goal : undefined),
    };
    this.sending = NONE;
  }
}
