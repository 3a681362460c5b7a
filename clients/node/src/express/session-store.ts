import { createHash } from "node:crypto";
import { Conflict, NotFound } from "../errors.js";
import { Room } from "../room.js";
import { CallOptions } from "../stub.js";

/** How express-session's sessions are kept. */
export interface SessionStoreOptions extends Pick<CallOptions, "scope" | "timeoutMs"> {
  room?: Room;
  /** What the names of sessions begin with: `express:session:`. */
  prefix?: string;
  /** The life of a session whose cookie has no end: 24 h. */
  ttl?: number | string;
}

/** A session's data, as express-session hands them to a store. */
export interface SessionData {
  cookie: { expires?: Date | string | null | boolean; maxAge?: number | null };
}

/** What a callback of a store is told. */
export type Told<T = void> = (fault?: unknown, found?: T) => void;

/** What express-session asks of a store. */
export interface SessionStoreMethods {
  /** Finds a session; neither a fault nor a session where there is none. */
  get(sid: string, callback: Told<SessionData | null>): void;
  /** Keeps a session. One that was ended since this one was read is not brought back. */
  set(sid: string, session: SessionData, callback?: Told): void;
  /** Lengthens a session's life, to the end that its cookie has now. */
  touch(sid: string, session: SessionData, callback?: Told): void;
  /** Ends a session. */
  destroy(sid: string, callback?: Told): void;
}

/**
 * A store for express-session, whose `Store` it extends: `session({ store: sessionStore(session), … })`. The sidecar
 * ends sessions with their cookies; nothing has to be cleaned up. express-session is not a dependency: any that has its
 * documented `Store` will do.
 */
export function sessionStore<B extends object>(
  session: { readonly Store: new () => B },
  options: SessionStoreOptions = {},
): B & SessionStoreMethods {
  const { prefix = "express:session:", ttl = "24h", scope, timeoutMs } = options;
  const { kv } = options.room ?? new Room();
  const common = { scope, timeoutMs };
  // Sessions that were in the store: a request that saves one of them late makes no new one.
  const known = new WeakSet<object>();
  // Who reads the store's keys can't take over a session by them.
  const nameOf = (sid: string) => prefix + createHash("sha256").update(sid).digest("hex");

  /** None for a session that is over before it is kept. */
  const life = ({ cookie }: SessionData): number | string | undefined => {
    const { expires } = cookie ?? {};
    if (expires === undefined || expires === null || typeof expires === "boolean") return ttl;
    const left = Math.floor(new Date(expires).getTime() - Date.now());
    return left > 0 ? `${left}ms` : undefined;
  };

  const get = async (sid: string): Promise<SessionData | null> => {
    const { found, value } = await kv.get<SessionData>(nameOf(sid), common);
    if (!found || value === null) return null;
    known.add(value);
    return value;
  };

  const set = async (sid: string, session: SessionData): Promise<void> => {
    const end = life(session);
    if (end === undefined) return destroy(sid);
    try {
      const onlyIf = known.has(session) ? "present" : undefined;
      await kv.set(nameOf(sid), session, { ...common, ttl: end, onlyIf });
      known.add(session);
    } catch (fault) {
      // It was ended meanwhile, by a logout or by time: nothing is brought back.
      if (!(fault instanceof Conflict) && !(fault instanceof NotFound)) throw fault;
    }
  };

  const touch = async (sid: string, session: SessionData): Promise<void> => {
    const end = life(session);
    if (end === undefined) return destroy(sid);
    await kv.expire(nameOf(sid), end, common);
  };

  const destroy = async (sid: string): Promise<void> => {
    await kv.remove(nameOf(sid), common);
  };

  // deno-lint-ignore no-explicit-any
  const Base = session.Store as new () => any;
  class CloakroomStore extends Base implements SessionStoreMethods {
    get(sid: string, callback: Told<SessionData | null>): void {
      tell(get(sid), callback);
    }

    set(sid: string, session: SessionData, callback?: Told): void {
      tell(set(sid, session), callback);
    }

    touch(sid: string, session: SessionData, callback?: Told): void {
      tell(touch(sid, session), callback);
    }

    destroy(sid: string, callback?: Told): void {
      tell(destroy(sid), callback);
    }

    /** What a request works on is made of what was read. */
    createSession(request: unknown, data: SessionData): SessionData {
      const session: SessionData = super.createSession(request, data);
      if (known.has(data)) known.add(session);
      return session;
    }
  }
  return new CloakroomStore() as unknown as B & SessionStoreMethods;
}

/** Tells a callback, whose own faults are its own: they end no promise. */
function tell<T>(promise: Promise<T>, callback: Told<T> | undefined): void {
  promise.then(
    (found) => setImmediate(() => callback?.(null, found)),
    (fault) => setImmediate(() => callback?.(fault)),
  );
}
