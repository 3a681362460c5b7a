// A wizard's sessions, on `cloakroom/session`, `cloakroom/react` and `cloakroom/redis`.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { Room } from "../../dist/index.js";
import { createSessionHandlers, SessionService } from "../../dist/session/index.js";
import { eventually, Sidecar } from "../support.mjs";
import { redisLine } from "./redis-line.mjs";
import { browser, types } from "./wizard-application.mjs";

const steps = `"step1" | "step2" | "step3" | "step4"`;

/** A request as the document writes it: its method and path, its headers, and behind an empty line its body. */
async function send(handlers, text, fills = {}) {
  for (const [placeholder, value] of Object.entries(fills)) {
    assert.ok(text.includes(placeholder), placeholder);
    text = text.replaceAll(placeholder, value);
  }
  const [head, body] = text.trim().split("\n\n");
  const [line, ...fields] = head.split("\n");
  const [, method, path] = /^(\w+) (\/\S+)$/.exec(line);
  const headers = Object.fromEntries(fields.map((field) => field.split(": ")));
  const request = new Request(`http://localhost${path}`, { method, headers, body });
  const [, sessionId] = /^\/api\/project-session\/(.+)$/.exec(path) ?? [];
  const answer = sessionId === undefined
    ? await handlers.collection[method](request)
    : await handlers.session[method](request, { params: Promise.resolve({ sessionId }) });
  return [answer.status, await answer.json()];
}

/** Runs a test with the route handlers, and a session to ask for. */
function replay(test) {
  return async (text, { sidecar }) => {
    const room = new Room(sidecar.path);
    const service = new SessionService({ room });
    const handlers = createSessionHandlers({ service });
    const ask = (fills) => send(handlers, text, fills);
    const projectData = { projectName: "Tower", budget: 7 };
    const sessionId = await service.createSession({ projectData });
    await room.flow.define("short", [{ id: "only" }], { absoluteTtl: "50ms" });
    const short = new SessionService({ room, flow: "short" });
    const expired = await short.createSession();
    await eventually(async () => (await short.getSession(expired)) === null);
    try {
      await test({ ask, room, service, sessionId, projectData, expired });
    } finally {
      room.close();
    }
  };
}

const notFound = [404, { error: "Session not found" }];
const gone = [410, { error: "Session expired", code: "SESSION_EXPIRED" }];
const aSession = "the id of a session";

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The variables that a shell's text sets, and no others. */
function variables(text) {
  const flags = ["--norc", "-c", `set -a; eval "$0"; env -0`, text];
  const all = execFileSync("bash", flags, { env: { PATH: process.env.PATH }, encoding: "utf8" });
  const pairs = all.split("\0").filter(Boolean).map((one) => /^([^=]+)=(.*)$/s.exec(one).slice(1));
  return Object.fromEntries(pairs.filter(([name]) => /^(REDIS|SESSION)_/.test(name)));
}

async function withRedis(port, test) {
  const folder = mkdtempSync("/tmp/cloakroom-node-");
  const child = spawn("redis-server", ["--port", String(port), "--save", "", "--dir", folder], {
    stdio: "ignore",
  });
  const over = new Promise((resolve) => child.on("close", resolve));
  try {
    await eventually(() => redisLine(port, "PING").then((line) => line === "+PONG", () => false), "no Redis");
    await test();
  } finally {
    child.kill("SIGKILL");
    await over;
    rmSync(folder, { recursive: true });
  }
}

export default {
  title: "a wizard's temporary storage",
  options: ["--set", "session.maxAttempts=1000"],
  counts: { "as it stands": 1, wrapped: 9, corrected: 3, "no code": 2 },
  skip() {
    const require = createRequire(import.meta.url);
    for (const name of ["react", "react-test-renderer", "express"]) {
      try {
        require.resolve(name);
      } catch {
        return `there is no ${name}`;
      }
    }
    return false;
  },
  entries: [
    { noCode: "a diagram" },
    {
      before: `import { SessionService } from "cloakroom/session";`,
      after: `const service = new SessionService();
const data: ProjectFormData = { projectName: "Tower", projectDescription: "", buildingType: "office",
  squareFootage: 12500, numberOfFloors: 5, numberOfZones: 10, clientName: "Ann", clientEmail: "ann@example.com",
  clientPhone: "", projectLocation: "", estimatedStartDate: "2030-01-01", estimatedEndDate: "2031-01-01",
  budget: 25000, priority: "high" };
const sessionId = await service.createSession({ projectData: data });
// A session of the sidecar's is one of the document's.
const session: ProjectSession = await service.requireSession<ProjectFormData, ${steps}>(sessionId);
assert.deepEqual(session.projectData, data);
assert.deepEqual(Object.keys(session.validationStatus), ["step1", "step2", "step3", "step4"]);
assert.equal(session.expiresAt.getTime() - session.createdAt.getTime(), 24 * 60 * 60 * 1000);
assert.ok(session.lastActivity instanceof Date);
assert.deepEqual(Object.keys(session.metadata), ["userAgent", "ipAddress", "deviceInfo"]);`,
    },
    {
      run: replay(async ({ ask, service }) => {
        const [status, body] = await ask();
        assert.deepEqual([status, Object.keys(body)], [201, ["sessionId"]]);
        const { projectData, currentStep, completedSteps } = await service.requireSession(body.sessionId);
        assert.deepEqual([projectData, currentStep, completedSteps], [{}, 1, []]);
      }),
    },
    {
      correct: [["three dots are no JSON", "{...}", '{"clientName":"Ann"}']],
      run: replay(async ({ ask, service, sessionId, projectData, expired }) => {
        assert.deepEqual(await ask({ uuid: sessionId }), [200, { success: true }]);
        const session = await service.requireSession(sessionId);
        assert.deepEqual(session.projectData, { ...projectData, clientName: "Ann" });
        assert.deepEqual([session.currentStep, session.completedSteps], [2, [1]]);
        assert.deepEqual(await ask({ uuid: "none" }), notFound);
        assert.deepEqual(await ask({ uuid: expired }), gone);
      }),
    },
    {
      fills: aSession,
      run: replay(async ({ ask, sessionId, projectData, expired }) => {
        const [status, session] = await ask({ "[sessionId]": sessionId });
        assert.equal(status, 200);
        assert.deepEqual([session.sessionId, session.projectData], [sessionId, projectData]);
        assert.deepEqual([session.currentStep, session.completedSteps], [1, []]);
        assert.deepEqual(await ask({ "[sessionId]": "none" }), notFound);
        assert.deepEqual(await ask({ "[sessionId]": expired }), gone);
      }),
    },
    {
      fills: aSession,
      run: replay(async ({ ask, service, sessionId }) => {
        assert.deepEqual(await ask({ "[sessionId]": sessionId }), [200, { success: true }]);
        assert.equal(await service.getSession(sessionId), null);
        // As the document's own controller has it: there need be none.
        for (const id of [sessionId, "none"]) {
          assert.deepEqual(await ask({ "[sessionId]": id }), [200, { success: true }]);
        }
      }),
    },
    {
      before: `${types}\n${browser}\nimport { useProjectSession as ours } from "cloakroom/react";`,
      correct: [[
        "a form that is filled in step by step is not whole yet",
        "{ ...projectData, ...data };",
        "{ ...projectData, ...data } as ProjectFormData;",
      ]],
      after: `const options = { fetch, storage: localStorage, debounceMs: 1 };
for (const use of [useProjectSession, () => ours<ProjectFormData>(options)]) {
  let hook: any;
  const Page = () => {
    hook = use();
    return null;
  };
  const first = await mount(Page);
  await act(async () => void (await hook.createSession({ projectName: "Tower" })));
  const { sessionId } = hook;
  assert.equal(kept.get("projectSessionId"), sessionId);
  await act(() => hook.updateSession({ budget: 7 }, 1));
  await act(() => hook.updateSession({ clientName: "Ann" }, 2));
  const second = await mount(Page);
  await act(() => hook.loadSession(sessionId));
  assert.deepEqual(hook.projectData, { projectName: "Tower", budget: 7, clientName: "Ann" });
  assert.deepEqual(hook.completedSteps, [1, 2]);
  // The document's own hook says where it was, and ours leaves it to the server where to go.
  assert.equal(hook.currentStep, use === useProjectSession ? 2 : 3);
  await act(() => hook.clearSession());
  assert.deepEqual([hook.sessionId, hook.projectData, kept.size], [null, null, 0]);
  assert.equal((await fetch(\`/api/project-session/\${sessionId}\`)).status, 404);
  for (const page of [first, second]) await act(async () => page.unmount());
}
assert.ok(statuses.every((status) => status === 200 || status === 201 || status === 404), String(statuses));`,
    },
    {
      before: `${types}\n${browser}\nimport { useProjectSession as hook } from "cloakroom/react";
const useProjectSession = () => hook<ProjectFormData>({ fetch, storage: localStorage, debounceMs: 1 });
const pushed: string[] = [], router = { push: (path: string) => void pushed.push(path) };
let page: any;`,
      correct: [
        [
          "a project that was not made is no reason to end its session",
          "    // Clear session\n",
          "    if (!response.ok) throw new Error('The project was not created');\n\n    // Clear session\n",
        ],
        [
          "a component returns what is shown",
          "    router.push(`/projects/${result.project.id}`);\n  };\n",
          `    router.push(\`/projects/\${result.project.id}\`);
  };
  page = { sessionId, projectData, currentStep, completedSteps, handleStepComplete, handleFinalSubmit };
  return null;
`,
        ],
      ],
      after: `let root = await mount(CreateProjectPage);
await eventually(() => page.sessionId !== null);
await assert.rejects(page.handleFinalSubmit(), /Please complete all steps/);
const { sessionId } = page;
const parts = [{ projectName: "Tower" }, { budget: 7 }, { clientName: "Ann" }, {}];
for (const [index, part] of parts.entries()) {
  assert.equal(page.currentStep, index + 1);
  await act(() => page.handleStepComplete(part));
  // The page is left, and found again.
  await act(async () => root.unmount());
  root = await mount(CreateProjectPage);
  await eventually(() => page.completedSteps.length === index + 1);
}
const data = { projectName: "Tower", budget: 7, clientName: "Ann" };
assert.deepEqual([page.sessionId, page.projectData], [sessionId, data]);
fault = true;
await act(() => assert.rejects(page.handleFinalSubmit(), /The project was not created/));
assert.equal((await fetch(\`/api/project-session/\${sessionId}\`)).status, 200);
fault = false;
await act(() => page.handleFinalSubmit());
assert.deepEqual([projects, pushed], [[data], ["/projects/1"]]);
assert.deepEqual([page.sessionId, kept.size], [null, 0]);
assert.equal((await fetch(\`/api/project-session/\${sessionId}\`)).status, 404);`,
    },
    {
      before: `${types}
import Redis from "ioredis";
import { SessionService as Ours } from "cloakroom/session";
import { randomUUID as uuidv4 } from "node:crypto";`,
      after: `const services: any[] = [new SessionService(), new Ours()];
for (const service of services) {
  const projectData = { projectName: "Tower", clientName: "", budget: 7 };
  const sessionId = await service.createSession(newSession(projectData));
  assert.ok(sessionId !== (await service.createSession(newSession({}))));
  const changes = { projectData: { ...projectData, clientName: "Ann" }, currentStep: 2, completedSteps: [1] };
  await service.updateSession(sessionId, changes);
  const found = await service.getSession(sessionId);
  assert.deepEqual([found.projectData, found.currentStep, found.completedSteps], [changes.projectData, 2, [1]]);
  // Beside the text that JSON makes of a time.
  const [createdAt, expiresAt] = [new Date(found.createdAt), new Date(found.expiresAt)];
  const life = expiresAt.getTime() - createdAt.getTime();
  assert.ok(life >= 24 * 60 * 60 * 1000 && life < 24 * 60 * 60 * 1000 + 60_000);
  await service.cleanupExpiredSessions();
  await service.deleteSession(sessionId);
  assert.equal(await service.getSession(sessionId), null);
  await assert.rejects(service.updateSession(sessionId, changes), /^Error: Session not found|Session not found$/);
  assert.equal(await service.getSession(sessionId), null);
}
const kept = await services[0].createSession(newSession({}));
assert.equal(await new Redis().ttl(\`project_session:\${kept}\`), 24 * 60 * 60);`,
    },
    {
      before: `${types}
import { createRequire } from "node:module";
import { SessionController as Ours, SessionService } from "cloakroom/session";
type Request = { body: any; headers: Record<string, string | undefined>; ip?: string; params: any };
type Response = { status(status: number): Response; json(body: unknown): Response };`,
      after: `const express = createRequire(import.meta.url)("express");
const controllers: any[] = [new SessionController(), new Ours()];
for (const controller of controllers) {
  const app = express();
  app.use(express.json());
  const path = "/api/project-session";
  app.post(path, (request: any, response: any) => controller.createSession(request, response));
  app.put(path, (request: any, response: any) => controller.updateSession(request, response));
  app.get(\`\${path}/:sessionId\`, (request: any, response: any) => controller.getSession(request, response));
  app.delete(\`\${path}/:sessionId\`, (request: any, response: any) => controller.deleteSession(request, response));
  const server = await new Promise<any>((resolve) => {
    const listening = app.listen(0, "127.0.0.1", () => resolve(listening));
  });
  const ask = async (method: string, id?: string, content?: object): Promise<[number, any]> => {
    const url = \`http://127.0.0.1:\${server.address().port}\${path}\${id === undefined ? "" : \`/\${id}\`}\`;
    const headers = { "Content-Type": "application/json", "User-Agent": "test", "Sec-CH-UA-Platform": "Linux" };
    const answer = await fetch(url, { method, headers, body: content && JSON.stringify(content) });
    return [answer.status, await answer.json()];
  };
  const [status, { sessionId }] = await ask("POST", undefined, { projectData: { a: 1 }, currentStep: 1, completedSteps: [] });
  assert.equal(status, 201);
  const changes = { sessionId, projectData: { a: 1, b: 2 }, currentStep: 2, completedSteps: [1] };
  assert.deepEqual(await ask("PUT", undefined, changes), [200, { success: true }]);
  const [found, session] = await ask("GET", sessionId);
  assert.deepEqual([found, session.projectData, session.currentStep], [200, { a: 1, b: 2 }, 2]);
  assert.deepEqual(session.metadata, { userAgent: "test", ipAddress: "127.0.0.1", deviceInfo: "Linux" });
  assert.deepEqual(await ask("DELETE", sessionId), [200, { success: true }]);
  assert.deepEqual(await ask("GET", sessionId), [404, { error: "Session not found" }]);
  // The document's own one can't tell a session that is not there from a Redis that is not.
  const late = controller instanceof Ours
    ? [404, { error: "Session not found" }]
    : [500, { error: "Failed to update session" }];
  assert.deepEqual(await ask("PUT", undefined, changes), late);
  if (!(controller instanceof Ours)) {
    const fails = () => Promise.reject(new Error("away"));
    controller.sessionService = { createSession: fails, getSession: fails, updateSession: fails, deleteSession: fails };
    for (const [method, verb] of [["POST", "create"], ["PUT", "update"], ["GET", "get"], ["DELETE", "delete"]]) {
      const id = method === "GET" || method === "DELETE" ? "any" : undefined;
      const answer = await ask(method, id, id === undefined ? {} : undefined);
      assert.deepEqual(answer, [500, { error: \`Failed to \${verb} session\` }]);
    }
  }
  server.close();
}`,
    },
    { noCode: "commands that install packages: the sidecar and its client stand for them" },
    {
      before: `${types}
import { SessionService } from "cloakroom/session";
import { Room } from "cloakroom";
let hourly: () => void = () => assert.fail(), everyMs: number | undefined;
const setInterval = (work: () => void, ms: number): any => {
  hourly = work;
  everyMs = ms;
};`,
      after: `const service = new InMemorySessionService() as any;
assert.equal(everyMs, 60 * 60 * 1000);
const ended = { ...newSession({}), expiresAt: new Date(Date.now() - 1) };
service.sessions.set("ended", ended).set("open", newSession({}));
hourly();
assert.deepEqual([...service.sessions.keys()], ["open"]);
// The sidecar ends its sessions by itself, and at once.
const room = new Room();
await room.flow.define("ending", [{ id: "only" }], { absoluteTtl: "50ms" });
const ours = new SessionService({ room, flow: "ending" });
const sessionId = await ours.createSession();
while ((await ours.getSession(sessionId)) !== null);`,
    },
    {
      before: `import { SessionError as Ours } from "cloakroom/session";`,
      after: "assert.deepEqual({ ...Ours }, { ...SessionError });",
    },
    {
      before: `import { SessionError, SessionFault, SessionService } from "cloakroom/session";
const service = new SessionService();
const log: SessionLog[] = [];
const told = async <R,>(action: SessionLog["action"], sessionId: string, step: number, work: () => Promise<R>) => {
  const timestamp = new Date(), begun = performance.now();
  const say = (success: boolean, error?: string) =>
    log.push({ sessionId, action, step, timestamp, duration: performance.now() - begun, success, error });
  try {
    const result = await work();
    say(true);
    return result;
  } catch (fault) {
    if (!(fault instanceof SessionFault)) throw fault;
    say(false, fault.code);
    return undefined;
  }
};`,
      after: `const sessionId = await service.createSession();
await told("update", sessionId, 1, () => service.updateSession(sessionId, { completedSteps: [1] }));
await told("update", sessionId, 3, () => service.updateSession(sessionId, { completedSteps: [3] }));
await told("delete", sessionId, 2, () => service.deleteSession(sessionId));
await told("update", sessionId, 2, () => service.updateSession(sessionId, { completedSteps: [2] }));
assert.deepEqual(log.map(({ action, step, success, error }) => [action, step, success, error]), [
  ["update", 1, true, undefined],
  ["update", 3, false, SessionError.INVALID_STEP],
  ["delete", 2, true, undefined],
  ["update", 2, false, SessionError.SESSION_NOT_FOUND],
]);`,
    },
    {
      fills: "the port of a Redis",
      run: async (text) => {
        const port = await freePort();
        assert.ok(text.includes("REDIS_PORT=6379\n"));
        const environment = variables(text.replace("6379", port));
        assert.deepEqual(Object.keys(environment).sort(), [
          "REDIS_HOST",
          "REDIS_PASSWORD",
          "REDIS_PORT",
          "SESSION_CLEANUP_INTERVAL",
          "SESSION_MAX_ATTEMPTS",
          "SESSION_RATE_LIMIT",
          "SESSION_TTL",
        ]);
        await withRedis(port, async () => {
          // Another place for Redis would be taken first.
          const sidecar = await Sidecar.start("memory", [], { ...environment, REDIS_URL: undefined });
          const room = new Room(sidecar.path);
          const handlers = createSessionHandlers({
            service: new SessionService({ room }),
            ipAddress: ({ headers }) => headers.get("x-address"),
          });
          const begin = async (address) => {
            const headers = { "x-address": address };
            const request = new Request("http://localhost/api/project-session", {
              method: "POST",
              headers,
              body: "{}",
            });
            return await handlers.collection.POST(request);
          };
          try {
            const { sessionId } = await (await begin("192.0.2.1")).json();
            const { createdAt, expiresAt } = await room.session.get(sessionId);
            assert.equal(new Date(expiresAt) - new Date(createdAt), Number(environment.SESSION_TTL) * 1000);
            assert.notEqual(await redisLine(port, "DBSIZE"), ":0");
            const attempts = [];
            for (let attempt = 2; attempt <= 6; attempt += 1) {
              attempts.push((await begin("192.0.2.1")).status);
            }
            assert.deepEqual(attempts, [201, 201, 201, 201, 429]);
            let others = 0;
            while ((await begin(`198.51.100.${others}`)).status === 201) others += 1;
            // Some of them come back while they are used up.
            const limit = Number(environment.SESSION_RATE_LIMIT);
            assert.ok(others >= limit - 5 && others < 2 * limit, String(others));
          } finally {
            room.close();
            await sidecar.end();
          }
          // Each of them is read: with a wrong one nothing is started.
          for (const name of Object.keys(environment).filter((name) => !/HOST|PASSWORD/.test(name))) {
            const { status, stderr } = spawnSync(process.env.CLOAKROOM_BINARY ?? "cloakroom", ["serve"], {
              env: { PATH: process.env.PATH, ...environment, [name]: "never" },
              encoding: "utf8",
              timeout: 20_000,
            });
            assert.ok(
              status !== 0 && status !== null && stderr.includes(name),
              `${name}: ${status} ${stderr}`,
            );
          }
        });
      },
    },
  ],
};
