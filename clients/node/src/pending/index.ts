import * as errors from "../errors.js";
import { Room } from "../room.js";
import { isOutage, milliseconds } from "../shared.js";
import { Scope } from "../stub.js";
import { SecretTokens } from "./secret-tokens.js";

/** How a store of pending operations keeps them. */
export interface PendingStoreConfig {
  /** `redis` is the sidecar's store, whichever that is; `auto`, the default, is it while it can be reached. */
  backend?: "jwt" | "redis" | "auto";
  /** What tokens that carry their data are signed with; without it the sidecar signs them with its keys. */
  jwtSecret?: string;
  /** Stores of different prefixes share nothing. */
  redisKeyPrefix?: string;
  /** How long an operation lives that says nothing else: 24 h; seconds, or a string with a unit. */
  defaultExpiration?: string | number;
  room?: Room;
}

/** How one operation is kept. */
export interface PendingCreateConfig {
  /** The same as the first argument, or left out. */
  operationType?: string;
  expiresIn?: string | number;
}

/** An operation that is pending. */
export interface Operation<T = unknown> {
  readonly operationType: string;
  readonly data: T;
  readonly createdAt: string;
  readonly expiresAt: string;
}

/** What an update makes of the data: members that replace those of their names, or a function. */
export type Updates<T> = Partial<T> | ((current: T) => T | PromiseLike<T>);

/** Operations that wait for who has their token. */
export interface PendingOperationStore {
  /** Keeps data, and answers the token that they are got back by. */
  create<T>(operationType: string, data: T, options?: PendingCreateConfig): Promise<string>;
  /** The operation; null when there is none any more, or when the token is no such one. It stays there. */
  // deno-lint-ignore no-explicit-any
  verify<T = any>(token: string, expectedOperationType?: string): Promise<Operation<T> | null>;
  /** The same, but throws Expired, Consumed, WrongType, TokenInvalid, NotFound, … in place of null. */
  // deno-lint-ignore no-explicit-any
  verifyOrThrow<T = any>(token: string, expectedOperationType?: string): Promise<Operation<T>>;
  /** The operation, once: throws Consumed the second time. */
  // deno-lint-ignore no-explicit-any
  consume<T = any>(token: string, operationType: string): Promise<Operation<T>>;
  /** Changes the data, so that no other change is lost; false for a token that carries them, or where none are. */
  // deno-lint-ignore no-explicit-any
  update<T = any>(token: string, operationType: string, updates: Updates<T>): Promise<boolean>;
  /** Ends the operation, and tells whether there was one. */
  delete(token: string, operationType: string): Promise<boolean>;
  exists(token: string, operationType: string): Promise<boolean>;
  /** Where operations are kept; with `auto`, where the last one was. */
  readonly backend: "jwt" | "redis";
}

// How often an update is tried again when somebody else was faster.
const MAX_UPDATES = 100;
// What says that there is no such operation, and not that nobody could be asked.
const NONE: ReadonlySet<string> = new Set([
  "NOT_FOUND",
  "EXPIRED",
  "CONSUMED",
  "DELETED",
  "WRONG_TYPE",
  "TOKEN_INVALID",
  "TOKEN_REVOKED",
]);

/** A store of pending operations, as applications have it that keep them in Redis or in tokens by themselves. */
export function createPendingOperationStore(config: PendingStoreConfig = {}): PendingOperationStore {
  return new SidecarStore(config);
}

/** For registrations: in tokens, 24 hours. Tokens of older code, which have no type, are registrations. */
export function createRegistrationStore(jwtSecret?: string, room?: Room): PendingOperationStore {
  const config: PendingStoreConfig = { backend: "jwt", jwtSecret, defaultExpiration: "24h", room };
  return new SidecarStore(config, "registration");
}

/** For campaigns: in the store, an hour. */
export function createCampaignStore(room?: Room): PendingOperationStore {
  return createPendingOperationStore({ backend: "redis", defaultExpiration: "1h", room });
}

/** For forms of several steps: in the store, 30 minutes. */
export function createFormStore(room?: Room): PendingOperationStore {
  return createPendingOperationStore({ backend: "redis", defaultExpiration: "30m", room });
}

class SidecarStore implements PendingOperationStore {
  backend: "jwt" | "redis";
  private readonly room: Room;
  private readonly chosen: "jwt" | "redis" | "auto";
  private readonly tokens: SecretTokens | undefined;
  private readonly expiration: string | number;

  constructor(
    config: PendingStoreConfig,
    /** The type of a token that has none. */
    private readonly typeless?: string,
  ) {
    const { backend = "auto", jwtSecret, redisKeyPrefix, defaultExpiration = "24h" } = config;
    const name = redisKeyPrefix?.replace(/:+$/, "");
    const scope: Scope = name === undefined || name === "" || name === "pending" ? [] : [
      { key: "prefix", id: name },
    ];
    this.room = (config.room ?? sharedRoom()).scope(scope);
    this.chosen = backend;
    this.backend = backend === "jwt" ? "jwt" : "redis";
    this.tokens = jwtSecret === undefined ? undefined : new SecretTokens(jwtSecret);
    this.expiration = defaultExpiration;
  }

  async create<T>(operationType: string, data: T, options: PendingCreateConfig = {}): Promise<string> {
    if (options.operationType !== undefined && options.operationType !== operationType) {
      throw new TypeError("the operation's type is given twice, and differs");
    }
    const { expiresIn = this.expiration } = options;
    if (this.tokens !== undefined && this.chosen === "jwt") return this.sign(operationType, data, expiresIn);
    const backend = this.chosen === "jwt" ? "jwt" : this.chosen === "auto" && !this.tokens ? "auto" : "store";
    try {
      const made = await this.room.pending.create({ operationType, data, expiresIn, backend });
      this.backend = made.backend === "jwt" ? "jwt" : "redis";
      return withType(made.token, operationType);
    } catch (fault) {
      // A token that nobody got ends by itself: also where nobody knows whether one was made.
      if (this.chosen !== "auto" || this.tokens === undefined || !isOutage(fault)) throw fault;
      return this.sign(operationType, data, expiresIn);
    }
  }

  async verify<T>(token: string, expectedOperationType?: string): Promise<Operation<T> | null> {
    return await orNone(this.verifyOrThrow<T>(token, expectedOperationType), null);
  }

  async verifyOrThrow<T>(token: string, expectedOperationType?: string): Promise<Operation<T>> {
    const found = this.look(token, expectedOperationType);
    if (found.secret !== undefined) {
      const { operation, key } = found.secret;
      // Without a store it is taken at its word, as the sidecar takes its own.
      const used = await this.room.kv.get<string>(key).catch((fault: unknown) => {
        if (isOutage(fault)) return { value: null };
        throw fault;
      });
      if (used.value !== null) throw ended(used.value);
      return operation as Operation<T>;
    }
    return operationOf(await this.room.pending.verify<T>(found.token, found.operationType));
  }

  async consume<T>(token: string, operationType: string): Promise<Operation<T>> {
    const found = this.look(token, operationType);
    if (found.secret === undefined) {
      return operationOf(await this.room.pending.consume<T>(found.token, found.operationType));
    }
    const reason = await this.end(found.secret, "CONSUMED");
    if (reason !== undefined) throw ended(reason);
    return found.secret.operation as Operation<T>;
  }

  async update<T>(token: string, operationType: string, updates: Updates<T>): Promise<boolean> {
    return await orNone(this.change(token, operationType, updates), false);
  }

  async delete(token: string, operationType: string): Promise<boolean> {
    return await orNone(this.remove(token, operationType), false);
  }

  async exists(token: string, operationType: string): Promise<boolean> {
    return (await this.verify(token, operationType)) !== null;
  }

  private async remove(token: string, operationType: string): Promise<boolean> {
    const found = this.look(token, operationType);
    if (found.secret !== undefined) return (await this.end(found.secret, "DELETED")) === undefined;
    return (await this.room.pending.delete(found.token, found.operationType)).deleted;
  }

  private async change<T>(token: string, operationType: string, updates: Updates<T>): Promise<boolean> {
    const found = this.look(token, operationType);
    if (found.secret !== undefined) return false;
    for (let attempt = 1;; attempt += 1) {
      const { data, etag, backend } = await this.room.pending.verify<T>(found.token, found.operationType);
      if (backend === "jwt") return false;
      const changed = typeof updates === "function" ? await updates(data) : { ...data, ...updates };
      try {
        await this.room.pending.update(found.token, found.operationType, { data: changed, ifMatch: etag });
        return true;
      } catch (fault) {
        if (!(fault instanceof errors.Conflict) || attempt === MAX_UPDATES) throw fault;
      }
    }
  }

  private sign(operationType: string, data: unknown, expiresIn: string | number): string {
    if (this.tokens === undefined) throw new TypeError("there is no jwtSecret");
    this.backend = "jwt";
    return this.tokens.sign(operationType, data, lifeOf(expiresIn));
  }

  /** What a token is, and of which type; throws where it is not of the expected one. */
  private look(token: string, expected: string | undefined): Found {
    if (this.tokens !== undefined && token.split(".").length === 3 && isHMAC(token)) {
      return { secret: this.read(this.tokens, token, expected) };
    }
    const { bare, type } = withoutType(token);
    const operationType = expected ?? type;
    if (operationType === undefined) {
      throw new errors.TokenInvalid("the token does not say of which type it is");
    }
    return { secret: undefined, token: bare, operationType };
  }

  private read(tokens: SecretTokens, token: string, expected: string | undefined): Secret {
    const claims = tokens.read(token);
    const operationType = claims.operationType ?? this.typeless;
    if (operationType === undefined || (expected !== undefined && operationType !== expected)) {
      throw new errors.WrongType("the token is of another type");
    }
    const operation = {
      operationType,
      data: claims.data,
      createdAt: new Date(claims.createdAt).toISOString(),
      expiresAt: new Date(claims.expiresAt).toISOString(),
    };
    return { operation, key: `pending:jwt:${claims.id}`, expiresAt: claims.expiresAt };
  }

  /** Records that a token was used up; answers why it was before, if it was. */
  private async end(secret: Secret, reason: string): Promise<string | undefined> {
    const ttl = `${Math.max(1, Math.ceil(secret.expiresAt - Date.now()))}ms`;
    try {
      await this.room.kv.set(secret.key, reason, { ttl, onlyIf: "absent" });
      return undefined;
    } catch (fault) {
      if (!(fault instanceof errors.Conflict)) throw fault;
      return (await this.room.kv.get<string>(secret.key)).value ?? reason;
    }
  }
}

interface Secret {
  readonly operation: Operation;
  /** What says in the store that it was used up. */
  readonly key: string;
  readonly expiresAt: number;
}

type Found =
  | { readonly secret: Secret }
  | { readonly secret: undefined; readonly token: string; readonly operationType: string };

let shared: Room | undefined;

/** One for all stores that are given none. */
function sharedRoom(): Room {
  return (shared ??= new Room());
}

function operationOf<T>(found: {
  operationType: string;
  data: T;
  createdAt: string;
  expiresAt: string;
}): Operation<T> {
  const { operationType, data, createdAt, expiresAt } = found;
  return { operationType, data, createdAt, expiresAt };
}

async function orNone<T, N>(found: Promise<T>, none: N): Promise<T | N> {
  try {
    return await found;
  } catch (fault) {
    if (fault instanceof errors.CloakroomError && NONE.has(fault.reason)) return none;
    throw fault;
  }
}

function ended(reason: string): errors.CloakroomError {
  return reason === "DELETED"
    ? new errors.Deleted("the operation was deleted")
    : new errors.Consumed("the operation was used");
}

/** A token of the store with its type behind it: the sidecar checks it, and wants to be told which. */
function withType(token: string, operationType: string): string {
  if (token.includes(".")) return token;
  return `${token}.${Buffer.from(operationType).toString("base64url")}`;
}

function withoutType(token: string): { bare: string; type: string | undefined } {
  const [bare, type, payload] = token.split(".");
  if (payload === undefined) {
    return { bare, type: type === undefined ? undefined : Buffer.from(type, "base64url").toString() };
  }
  return { bare: token, type: claimedType(type) };
}

/** The type that a token of the sidecar's says it is of, which the sidecar checks. */
function claimedType(payload: string): string | undefined {
  try {
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    return typeof claims?.operationType === "string" ? claims.operationType : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a token may be one of the application's own. */
function isHMAC(token: string): boolean {
  try {
    const { alg, kid } = JSON.parse(Buffer.from(token.split(".")[0], "base64url").toString());
    return alg === "HS256" && kid === undefined;
  } catch {
    return true; // It is refused by who reads it.
  }
}

function lifeOf(expiresIn: string | number): number {
  const isLife = typeof expiresIn === "number"
    ? Number.isSafeInteger(expiresIn) && expiresIn > 0
    : /^[1-9]\d*(ms|min|s|m|h|d)$/.test(expiresIn);
  const ms = isLife ? milliseconds(expiresIn) : 0;
  if (ms <= 0 || ms > 3652 * 86_400_000) {
    throw new errors.TtlInvalid("a life is whole seconds, or a number with ms, s, m, h or d");
  }
  return ms;
}
