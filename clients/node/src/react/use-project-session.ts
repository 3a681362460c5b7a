"use client";
import { useState, useSyncExternalStore } from "react";
import { ProjectSessionOptions } from "./project-session-options.js";
import { ProjectSessionState } from "./project-session-state.js";
import { SessionClient } from "./session-client.js";

/** A session's state, and what can be done with it; the functions stay the same from rendering to rendering. */
export interface ProjectSessionHook<T> extends
  ProjectSessionState<T>,
  Pick<
    SessionClient<T>,
    | "createSession"
    | "updateSession"
    | "goToStep"
    | "loadSession"
    | "clearSession"
    | "resolveConflict"
    | "flush"
  > {}

/**
 * A wizard's session: what was typed is kept by the server, step by step, over `createSessionHandlers`.
 *
 * Nothing is begun by itself: a page calls `loadSession` or `createSession` in an effect. No function has to be awaited;
 * what fails is in `error` as well. Saves are sent one after the other, each with all that was typed until then, and what
 * was not saved is sent again by the next call. Options are read when a component is mounted.
 *
 * Nothing that another tab or user has saved is overwritten unseen: a save says of which data it is a change (`If-Match`).
 * Where there are others by now, they are read, and changes of other members are saved on top of them; a member that was
 * changed on both sides is one of `conflicts`, and the call throws CONFLICT. What others have saved is also read when
 * somebody comes back to the page.
 */
// deno-lint-ignore no-explicit-any
export function useProjectSession<T = any>(options: ProjectSessionOptions = {}): ProjectSessionHook<T> {
  const [client] = useState(() => new SessionClient<T>(options));
  const state = useSyncExternalStore(client.subscribe, client.snapshot, client.snapshot);
  const { createSession, updateSession, goToStep, loadSession, clearSession } = client;
  const { resolveConflict, flush } = client;
  return {
    ...state,
    createSession,
    updateSession,
    goToStep,
    loadSession,
    clearSession,
    resolveConflict,
    flush,
  };
}
