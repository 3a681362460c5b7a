"use client";
export { useProjectSession } from "./use-project-session.js";
export type { ProjectSessionHook } from "./use-project-session.js";
export { ProjectSessionError } from "./project-session-error.js";
export type { ProjectSessionErrorCode } from "./project-session-error.js";
export type { ProjectSessionFetch } from "./session-endpoint.js";
export type { ProjectSessionOptions } from "./project-session-options.js";
export type { ProjectSessionState, ProjectSessionStatus } from "./project-session-state.js";
export type { ProjectSessionStorage } from "./remembered-session.js";
