// deno-lint-ignore-file no-explicit-any
// Compiles, and is not run: what an application in TypeScript writes.
import { CloakroomError, Decimal, errors, Room } from "cloakroom";
import { createCacheService } from "cloakroom/cache";
import { createCampaignStore, createPendingOperationStore } from "cloakroom/pending";
import { QuoteService } from "cloakroom/quote";
import { ProjectSessionError, useProjectSession } from "cloakroom/react";
import type { ProjectSessionFetch, ProjectSessionState, ProjectSessionStatus } from "cloakroom/react";
import Redis, { createClient } from "cloakroom/redis";
import { IgniterStore, IgniterStoreEvents, IgniterStoreRedisAdapter } from "cloakroom/store";
import type { IgniterStoreAdapter, StandardSchemaV1 } from "cloakroom/store";
import {
  createSessionHandlers,
  SessionController,
  SessionError,
  SessionFault,
  SessionService,
} from "cloakroom/session";
import type { ProjectSession } from "cloakroom/session";
import { IgniterStoreTelemetryEvents } from "cloakroom/store/telemetry";
import { IgniterTelemetry } from "cloakroom/telemetry";
import { idempotency, rateLimit, sessionStore } from "cloakroom/express";
import type { HttpRequest } from "cloakroom/express";
import type { CallOptions, Gap, PendingHandover, RoomOptions, Subscription } from "cloakroom";

interface User {
  name: string;
}

export async function uses(options: RoomOptions): Promise<void> {
  const room = new Room(options);
  const common: CallOptions = { actor: "alice", timeoutMs: 500, signal: new AbortController().signal };
  const { value } = await room.kv.get<User>("user:1", common);
  const name: string | undefined = value?.name;
  const { etag }: { etag?: string } = await room.kv.set("user:1", { name }, { ttl: "1h", onlyIf: "absent" });
  const count: number = (await room.counter.increment("n", { by: 2n, max: 10 })).value;
  const fence: number = await room.claim("report", async (claim) => claim.fence + count);
  const total = room.cached(async (customer: string, year: number) => customer.length + year, {
    name: "total",
  });
  const sum: number = await total("acme", 2026);
  const done: { id: number } = await room.idempotent("event", () => ({ id: fence + sum }));
  const operation: PendingHandover<User> = await room.pending.checkout<User>("token", "user");
  await operation.commit({ id: done.id, name: operation.data.name, etag });
  for await (const message of room.streams.group<User>("users", "mail", "worker")) {
    const text: string = message.data.name;
    console.log(text);
  }
  const events: Subscription<User> = await room.events.subscribe<User>({ pattern: "user.*" });
  for await (const event of events) {
    if (event.kind === "gap") {
      const gap: Gap = event;
      console.log(gap.reason);
    } else console.log(event.data.name);
  }
  const step: string | null = (await room.session.get("id")).currentStep;
  const health: "ok" | "degraded" = (await room.system.health()).status;
  const exact: Decimal = new Decimal("1.10");
  try {
    await room.scope({ org: "acme" }).kv.set(`${step}:${health}`, exact);
  } catch (fault) {
    if (fault instanceof errors.Conflict && fault instanceof CloakroomError) console.log(fault.reason);
  }
}

declare const AbortController: new () => { readonly signal: import("cloakroom").Signal };
declare const console: { log(text: unknown): void };

interface Request extends HttpRequest {
  user: string;
}

export async function seeds(): Promise<void> {
  const store = createPendingOperationStore({
    backend: "auto",
    jwtSecret: "your-secret",
    redisKeyPrefix: "custom:",
  });
  const token: string = await store.create("user", { name: "Alice" }, {
    operationType: "user",
    expiresIn: 3600,
  });
  const name: string | undefined = (await store.verify<User>(token, "user"))?.data.name;
  const campaigns = createCampaignStore();
  const updated: boolean = await campaigns.update<User>(
    token,
    "user",
    (current) => ({ ...current, name: name ?? "" }),
  );
  const where: "jwt" | "redis" = store.backend;
  const cacheService = createCacheService();
  const cached: User | null = await cacheService.get<User>("user:1");
  await cacheService.set("user:1", { ...cached, updated, where }, 300);
  const redis = new Redis({ host: "localhost", port: 6379 });
  const text: string | null = await redis.get("key");
  await redis.set("key", JSON.stringify({ text }), "EX", 24 * 60 * 60);
  await createClient({ url: "redis://localhost" }).connect();
  const total: number = await cacheService.getOrSet("total", () => Promise.resolve(1));
  console.log(total);
}

export const { POST, PUT } = createSessionHandlers().collection;

export async function sessions(service: SessionService): Promise<void> {
  const sessionId: string = await service.createSession({ projectData: { name: "Tower" }, currentStep: 1 });
  const session: ProjectSession<User> | null = await service.getSession<User>(sessionId);
  const left: number = (session?.expiresAt.getTime() ?? 0) + (session?.currentStep ?? 1);
  const id: number = await service.submit<User, number>(sessionId, ({ name }) => name.length + left);
  const controller = new SessionController(service);
  const submit = controller.submitSession(({ name }: User) => ({ name }));
  console.log([id, controller.createSession, submit]);
}

export async function wizard(fetch: ProjectSessionFetch): Promise<ProjectSessionState<User>> {
  const session = useProjectSession<User>({ endpoint: "/api/sessions", fetch, debounceMs: 1000 });
  const id: string = session.sessionId ?? await session.createSession({ name: "Tower" });
  await session.loadSession(id);
  await session.updateSession({ name: session.projectData?.name }, session.currentStep);
  const done: number[] = session.completedSteps;
  const status: ProjectSessionStatus = session.status;
  try {
    await session.goToStep(done.length);
    await session.flush();
    await session.clearSession();
    for (const { name, mine, theirs } of session.conflicts) console.log([name, mine, theirs]);
    await session.resolveConflict("name", "theirs");
  } catch (fault) {
    if (fault instanceof ProjectSessionError && fault.code === "SESSION_EXPIRED") console.log(status);
  }
  // @ts-expect-error: it has no such member.
  await session.updateSession({ title: "Tower" });
  return session;
}

export async function quotes(service: QuoteService): Promise<boolean> {
  const { temporaryQuoteId } = await service.startQuote();
  await service.saveQuoteDetails(temporaryQuoteId, { name: "Alice" });
  const name: string = (await service.getQuoteDetails<User>(temporaryQuoteId)).name;
  return (await service.registerUser(temporaryQuoteId, { name })).success;
}

export function whatToDo(fault: unknown): string {
  if (!(fault instanceof SessionFault)) return "";
  switch (fault.code) {
    case SessionError.SESSION_NOT_FOUND:
    case SessionError.SESSION_EXPIRED:
      return "restart";
    case SessionError.INVALID_STEP:
      return "goTo";
    case SessionError.VALIDATION_FAILED:
      return "fix";
  }
}

declare const created: StandardSchemaV1<{ userId: string }>;
declare const email: StandardSchemaV1<{ to: string }, { to: string; at: number }>;

class MemoryAdapter implements IgniterStoreAdapter<Map<string, any>> {
  readonly client = new Map<string, any>();

  async get<T>(key: string): Promise<T | null> {
    return this.client.get(key) ?? null;
  }

  async set(key: string, value: any): Promise<void> {
    this.client.set(key, value);
  }
}

export async function stores(): Promise<void> {
  const events = IgniterStoreEvents.create("user").event("created", created).group(
    "notifications",
    (group) => group.event("email", email),
  ).build();
  const store = IgniterStore.create()
    .withAdapter(IgniterStoreRedisAdapter.create({ redis: new Redis() }))
    .withService("api")
    .withTelemetry(IgniterTelemetry.create().addEvents(IgniterStoreTelemetryEvents).build())
    .addScope("organization", { required: true })
    .addScope("workspace")
    .addEvents(events)
    .build();
  const inner = store.scope("organization", "1").scope("workspace", 2);
  const user: User | null = await inner.kv.get<User>("user:1");
  await inner.events.publish("user:created", { userId: user?.name ?? "" });
  await inner.events.user.notifications.email.publish({ to: "a@b.c" });
  const end: () => Promise<void> = await inner.events.subscribe("user:notifications:email", (context) => {
    const { to, at }: { to: string; at: number } = context.data;
    const type: "user:notifications:email" = context.type;
    console.log([to, at, type, context.scope?.identifier]);
  });
  await inner.events.subscribe("user:*", (context) => {
    if (context.type === "user:created") {
      const id: string = context.data.userId;
      console.log(id);
    } else console.log(context.data.at);
  });
  await inner.events.subscribe("other", ({ data }) => console.log(data));
  await end();
  // @ts-expect-error: there is no such scope.
  store.scope("invalid", "id");
  // @ts-expect-error: its data has another shape.
  await inner.events.publish("user:created", { userId: 7 });
  // @ts-expect-error: there is no such event.
  inner.events.user.changed;
  IgniterStore.create().withAdapter(new MemoryAdapter()).withService("api").build().scope("any", "id");
}

// As Node's own types have it, whose overloads a middleware has to take.
declare function createServer(listener: (request: IncomingMessage, response: ServerResponse) => void): void;
interface IncomingMessage {
  method?: string | undefined;
  url?: string | undefined;
  complete: boolean;
  readableEnded: boolean;
  headers: { [name: string]: string | string[] | undefined; "set-cookie"?: string[] | undefined };
  rawHeaders: string[];
  socket: { remoteAddress?: string | undefined };
  read(size?: number): any;
  unshift(chunk: any, encoding?: string): void;
  on(event: "close", listener: () => void): this;
  on(event: "error", listener: (fault: Error) => void): this;
  on(event: string | symbol, listener: (...args: any[]) => void): this;
  removeListener(event: "close", listener: () => void): this;
  removeListener(event: string | symbol, listener: (...args: any[]) => void): this;
}
interface ServerResponse {
  statusCode: number;
  statusMessage: string;
  headersSent: boolean;
  setHeader(name: string, value: number | string | ReadonlyArray<string>): this;
  getHeaders(): { [name: string]: number | string | string[] | undefined };
  writeHead(status: number, message?: string, headers?: object | unknown[]): this;
  writeHead(status: number, headers?: object | unknown[]): this;
  write(chunk: any, callback?: (fault: Error | null | undefined) => void): boolean;
  write(chunk: any, encoding: string, callback?: (fault: Error | null | undefined) => void): boolean;
  end(callback?: () => void): this;
  end(chunk: any, callback?: () => void): this;
  end(chunk: any, encoding: string, callback?: () => void): this;
  flushHeaders(): void;
  on(event: "close", listener: () => void): this;
  on(event: string | symbol, listener: (...args: any[]) => void): this;
}
const limit = rateLimit({ limit: 1, window: "1m", key: (request) => request.url });
const once = idempotency();
createServer((request, response) =>
  void limit(request, response, () => once(request, response, () => undefined))
);

// As express-session's own types have it.
declare class Store {
  regenerate(request: unknown, callback: (fault?: any) => any): void;
}
export const store: Store & { get(sid: string, callback: (fault: any, session?: any) => void): void } =
  sessionStore({ Store }, { prefix: "sess:", ttl: "1h" });

export const middlewares = [
  rateLimit({ policy: "api" }),
  rateLimit({ limit: 1, window: 60, key: (request: Request) => request.user }),
  idempotency({ required: (request) => request.method === "POST", lockTtl: "1m" }),
];

export function misuses(room: Room): void {
  // @ts-expect-error: a key is text.
  void room.kv.get(1);
  // @ts-expect-error: there is no such condition.
  void room.kv.set("a", 1, { onlyIf: "never" });
  // @ts-expect-error: there is no such method.
  void room.kv.frob("a");
  // @ts-expect-error: a value is not known before it is looked at.
  void room.kv.get("a").then(({ value }) => value.name);
}
