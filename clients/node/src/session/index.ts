export { SessionService } from "./service.js";
export type {
  ProjectSession,
  SessionMetadata,
  SessionServiceOptions,
  SessionStep,
  SessionUpdateOptions,
} from "./service.js";
export { SessionController } from "./controller.js";
export type { ControllerRequest, ControllerResponse } from "./controller.js";
export { SessionError, SessionFault } from "./session-error.js";
export type { SaveSession } from "./requests.js";
export { createSessionHandlers } from "./handlers.js";
export type {
  FetchContext,
  FetchRequest,
  FetchResponse,
  SessionHandlers,
  SessionHandlersOptions,
} from "./handlers.js";
