/** A member of the data that was changed here and, since it was read, elsewhere: in another tab, or by another user. */
export interface ProjectSessionConflict {
  readonly name: string;
  /** As it was typed here, which is not saved; undefined where it was removed. */
  readonly mine: unknown;
  /** As the server has it. */
  readonly theirs: unknown;
}
