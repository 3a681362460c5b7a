/**
 * A draft's members as one tab has them: what the server has, what was typed since, and what was typed here of a
 * member that somebody else has saved meanwhile. It asks nobody and shows nothing. A member that is to go is undefined.
 */
export class Draft {
  #saved = {};
  #unsaved = new Map();
  #conflicts = new Map();
  /** What was sent last: where the server has it, it is this tab's own, though no answer came. */
  #sent = new Map();

  /** As this tab shows them. */
  get values() {
    return { ...this.#saved, ...Object.fromEntries(this.#unsaved), ...Object.fromEntries(this.#conflicts) };
  }

  get hasUnsaved() {
    return this.#unsaved.size > 0;
  }

  /** The members that wait for a decision. */
  get conflicts() {
    return [...this.#conflicts.keys()];
  }

  /** What the server has of a member. */
  saved(name) {
    return this.#saved[name];
  }

  /** Something was typed. While a member waits for a decision it is not saved. */
  change(name, value) {
    if (this.#conflicts.has(name)) this.#conflicts.set(name, value);
    else if (isSame(value, this.#saved[name])) this.#unsaved.delete(name);
    else this.#unsaved.set(name, value);
  }

  /** Decides on a member that was changed here and elsewhere. */
  resolve(name, { mine }) {
    const value = this.#conflicts.get(name);
    this.#conflicts.delete(name);
    if (mine) this.change(name, value);
  }

  /** What is to be sent: a merge patch, in which null removes. It is to be settled once the server has said so. */
  takePatch() {
    const sent = new Map(this.#unsaved);
    for (const [name, value] of sent) this.#sent.set(name, value);
    const patch = Object.fromEntries([...sent].map(([name, value]) => [name, value ?? null]));
    return { sent, patch };
  }

  /** The server has what was sent; what was typed since then is still to be saved. */
  settle(sent) {
    for (const [name, value] of sent) {
      if (value === undefined) delete this.#saved[name];
      else this.#saved[name] = value;
      if (this.#unsaved.has(name) && isSame(this.#unsaved.get(name), value)) this.#unsaved.delete(name);
    }
    this.#sent.clear();
  }

  /**
   * Takes over what the server has, and answers the members that somebody else has changed, and which of them were
   * changed here as well.
   */
  merge(fresh) {
    const before = this.#saved;
    this.#saved = { ...fresh };
    const changed = [...new Set([...Object.keys(before), ...Object.keys(fresh)])]
      .filter((name) => !isSame(before[name], fresh[name]))
      .filter((name) => !(this.#sent.has(name) && isSame(this.#sent.get(name), fresh[name])));
    // The same here and there, perhaps saved by this tab before a reload: there is nothing to tell, or to save.
    const agreed = [...this.#unsaved].filter(([name, value]) => isSame(value, fresh[name])).map(([name]) =>
      name
    );
    for (const name of agreed) this.#unsaved.delete(name);
    const fields = changed.filter((name) => !agreed.includes(name));
    const conflicts = fields.filter((name) => this.#unsaved.has(name));
    for (const name of conflicts) {
      this.#conflicts.set(name, this.#unsaved.get(name));
      this.#unsaved.delete(name);
    }
    return { fields, conflicts };
  }

  /** What is not saved, and what it was typed over: text for a store that outlives a reload; undefined is none. */
  get kept() {
    const unsaved = [...this.#unsaved].map(([name, value]) => ({ name, value, over: this.#saved[name] }));
    const conflicts = [...this.#conflicts].map(([name, value]) => ({ name, value, isConflict: true }));
    const kept = [...unsaved, ...conflicts];
    return kept.length > 0 ? JSON.stringify(kept) : undefined;
  }

  /** Goes on with what was kept; answers as `merge` does. */
  restore(kept) {
    const fresh = this.#saved;
    this.#saved = { ...fresh };
    const undecided = [];
    for (const { name, value, over, isConflict } of JSON.parse(kept)) {
      if (!isConflict) {
        this.#unsaved.set(name, value);
        this.#saved[name] = over;
      } else if (!isSame(value, fresh[name])) {
        this.#conflicts.set(name, value);
        undecided.push(name);
      }
    }
    const { fields, conflicts } = this.merge(fresh);
    return { fields: [...fields, ...undecided], conflicts: [...conflicts, ...undecided] };
  }

  clear() {
    this.#saved = {};
    for (const part of [this.#unsaved, this.#conflicts, this.#sent]) part.clear();
  }
}

/** Whether two JSON values are the same. */
export function isSame(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
