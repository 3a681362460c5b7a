import { isSame, member, Members, merged, patchOf } from "./members.js";
import { ProjectSessionConflict } from "./project-session-conflict.js";
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
  // What was sent and not answered: where the server has it, it is nobody else's change.
  private inDoubt: ReadonlyArray<Members> = [];
  // What was typed here of members that somebody else has changed meanwhile.
  private readonly undecided = new Map<string, unknown>();
  private fault: ProjectSessionError | undefined;
  private isFaultNew = false;

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
    const typed = { ...Object.fromEntries(this.undecided), ...this.sending.data, ...this.waiting.data };
    if (this.told === undefined && Object.keys(typed).length === 0) return undefined;
    return merged(this.told?.projectData ?? {}, typed);
  }

  /** The members that wait for a decision: they are not sent. */
  get conflicts(): ProjectSessionConflict[] {
    return [...this.undecided].map(([name, mine]) => ({ name, mine, theirs: this.theirs(name) }));
  }

  /** What is said of them. */
  get conflictFault(): ProjectSessionError | undefined {
    return this.undecided.size > 0 ? this.fault : undefined;
  }

  /** The same, if there is one that nobody was told of. */
  takeConflictFault(): ProjectSessionError | undefined {
    const { isFaultNew, conflictFault } = this;
    this.isFaultNew = false;
    return isFaultNew ? conflictFault : undefined;
  }

  /** Changes data, and completes a step, which moves on by itself, and decides on the members that come with it. */
  edit(data: Members, step?: number): void {
    const { waiting } = this;
    const decided = Object.entries(data).filter(([name, value]) => {
      const isOpen = this.undecided.has(name) && step === undefined && !isSame(value, this.theirs(name));
      if (isOpen) this.undecided.set(name, value);
      else this.undecided.delete(name);
      return !isOpen;
    });
    const completing = step === undefined ? waiting.completing : new Set([...waiting.completing, step]);
    const goal = step === undefined ? waiting.goal : undefined;
    this.waiting = { data: { ...waiting.data, ...Object.fromEntries(decided) }, completing, goal };
  }

  /** Decides on a member that was changed here and elsewhere. */
  decide(name: string, choice: "mine" | "theirs"): void {
    if (!this.undecided.has(name)) return;
    const mine = this.undecided.get(name);
    this.undecided.delete(name);
    if (choice === "mine") this.edit(Object.fromEntries([[name, mine]]));
  }

  goTo(step: number): void {
    this.waiting = { ...this.waiting, goal: step };
  }

  /** Takes over what the server has; members that are to be changed, and were changed elsewhere, become conflicts. */
  learn(told: ToldSession): void {
    const { told: before, waiting, sending, inDoubt } = this;
    this.told = told;
    this.beginning = undefined;
    if (before === undefined) return;
    const known = merged(before.projectData, sending.data);
    const data: [string, unknown][] = [];
    for (const [name, mine] of Object.entries(waiting.data)) {
      const now = this.theirs(name);
      const wasSent = (data: Members) =>
        Object.prototype.hasOwnProperty.call(data, name) && isSame(now, data[name]);
      const isKnown = isSame(now, member(known, name)) || inDoubt.some(wasSent);
      if (isKnown || isSame(now, mine)) data.push([name, mine]);
      else this.oppose(name, mine);
    }
    this.waiting = { ...waiting, data: Object.fromEntries(data) };
    // Those that are the same by now are none.
    for (const [name, mine] of this.undecided) {
      if (isSame(mine, this.theirs(name))) this.undecided.delete(name);
    }
  }

  /** There is no such session: what was typed is for the one that takes its place. */
  forget(): void {
    this.told = undefined;
    this.beginning = undefined;
    const { waiting } = this;
    this.waiting = { ...waiting, data: { ...Object.fromEntries(this.undecided), ...waiting.data } };
    this.undecided.clear();
    this.inDoubt = [];
  }

  /** Takes all changes that there are, to be sent; undefined where nothing would change. */
  take(): SessionChanges | undefined {
    const { waiting } = this;
    // A step is not completed with what nobody has decided on.
    const isHeldUp = waiting.completing.size > 0 && this.undecided.size > 0;
    if (isHeldUp) this.isFaultNew = true;
    this.sending = isHeldUp ? { ...waiting, completing: new Set() } : waiting;
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
    this.inDoubt = [];
  }

  /** Its data are saved, and its steps are not to be completed. */
  refused(): void {
    if (this.told !== undefined) {
      this.told = { ...this.told, projectData: merged(this.told.projectData, this.sending.data) };
    }
    this.sent();
  }

  /** What was taken is to be sent again, before what has come since; nobody may know whether it was saved. */
  giveBack({ isInDoubt }: { isInDoubt: boolean }): void {
    const { sending, waiting } = this;
    if (isInDoubt) this.inDoubt = [...this.inDoubt, sending.data];
    this.waiting = {
      data: { ...sending.data, ...waiting.data },
      completing: new Set([...sending.completing, ...waiting.completing]),
      goal: waiting.goal ?? (waiting.completing.size === 0 ? sending.goal : undefined),
    };
    this.sending = NONE;
  }

  private oppose(name: string, mine: unknown): void {
    this.undecided.set(name, mine);
    this.fault = new ProjectSessionError("CONFLICT", "Changed here and elsewhere", { status: 412 });
    this.isFaultNew = true;
  }

  private theirs(name: string): unknown {
    return member(this.told?.projectData ?? {}, name);
  }
}
