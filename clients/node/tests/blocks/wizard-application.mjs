// What a wizard's application has around the blocks of its document, as text that comes before them.

/** The document's own types, where a block uses those of another one. */
export const types = `interface ProjectSession {
  sessionId: string; projectData: any; currentStep: number; completedSteps: number[];
  validationStatus: { step1: boolean; step2: boolean; step3: boolean; step4: boolean };
  createdAt: Date; lastActivity: Date; expiresAt: Date;
  metadata: { userAgent: string; ipAddress: string; deviceInfo: string };
}
interface ProjectFormData { projectName: string; clientName: string; budget: number }
const now = new Date();
const newSession = (projectData: object): ProjectSession => ({
  sessionId: "", projectData, currentStep: 1, completedSteps: [],
  validationStatus: { step1: false, step2: false, step3: false, step4: false },
  createdAt: now, lastActivity: now, expiresAt: new Date(now.getTime() + 24 * 60 * 60 * 1000),
  metadata: { userAgent: "test", ipAddress: "", deviceInfo: "" },
});`;

/**
 * A browser whose requests are answered by the route handlers, and a page in it: `mount` renders a component until
 * `act` is through. Projects are made by a small database, which has a fault where it is told.
 */
export const browser = `import React from "react";
import renderer from "react-test-renderer";
import { createSessionHandlers } from "cloakroom/session";
const { useState, useEffect } = React, { act } = renderer;
(globalThis as any).IS_REACT_ACT_ENVIRONMENT = true;
const kept = new Map<string, string>();
const localStorage = {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, value: string) => void kept.set(name, value),
  removeItem: (name: string) => void kept.delete(name),
};
const handlers = createSessionHandlers(), projects: any[] = [], statuses: number[] = [];
let fault = false;
const answer = async (path: string, options: any): Promise<any> => {
  const request = new Request(\`http://localhost\${path}\`, options);
  const method = (options.method ?? "GET") as "GET" | "DELETE" | "POST" | "PUT";
  if (path === "/api/projects") {
    if (fault) return new Response('{"error":"no database"}', { status: 500 });
    const project = { id: projects.push(await request.json()) };
    return new Response(JSON.stringify({ project }), { status: 201 });
  }
  const [, sessionId] = /^\\/api\\/project-session\\/(.+)$/.exec(path) ?? [];
  return method === "POST" || method === "PUT"
    ? await handlers.collection[method](request)
    : await handlers.session[method](request, { params: { sessionId: sessionId! } });
};
const fetch = async (path: string, options: any = {}): Promise<any> => {
  const answered = await answer(path, options);
  statuses.push(answered.status);
  return answered;
};
const mount = async (component: any) => {
  let root: any;
  await act(async () => void (root = renderer.create(React.createElement(component))));
  return root;
};
const eventually = async (what: () => unknown) => {
  for (let attempt = 0; attempt < 2000 && !(await what()); attempt += 1) {
    await act(() => new Promise<void>((resolve) => setTimeout(resolve, 5)));
  }
  assert.ok(await what());
};`;
