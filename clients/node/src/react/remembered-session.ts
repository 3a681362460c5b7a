/** Where a browser keeps which session was its last: `localStorage`, or what is like it. */
export interface ProjectSessionStorage {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

/** The id of a browser's session, so that it is found again after a reload. */
export class RememberedSession {
  constructor(
    private readonly key: string,
    private readonly given: ProjectSessionStorage | undefined,
  ) {}

  /** Keeps an id; in place of another one only where that is wanted. */
  remember(sessionId: string, { replacing }: { replacing: boolean }): void {
    this.use((storage) => {
      if (replacing || storage.getItem(this.key) === null) storage.setItem(this.key, sessionId);
    });
  }

  /** Forgets an id, and not another one. */
  forget(sessionId: string | undefined): void {
    this.use((storage) => {
      if (storage.getItem(this.key) === sessionId) storage.removeItem(this.key);
    });
  }

  /** A storage may be forbidden or full: then a session is not found again after a reload. */
  private use(what: (storage: ProjectSessionStorage) => void): void {
    try {
      const { localStorage } = globalThis as unknown as { localStorage?: ProjectSessionStorage };
      const storage = this.given ?? localStorage;
      if (storage) what(storage);
    } catch {
      // As above.
    }
  }
}
