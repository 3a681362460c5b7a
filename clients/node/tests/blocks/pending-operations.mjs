// A store of pending operations, on `cloakroom/pending`.

/** What an application has around a block: `made` is what it has made of operations. */
const application = (action, more = "") =>
  `const made: any[] = [], ${action} = async (data: any) => void made.push(data);
${more}`;

// As an application's older code has made its tokens: HS256 by its secret, and no word of a type.
const utils = `import { createHmac } from "node:crypto";
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (text: string, secret: string) => createHmac("sha256", secret).update(text).digest("base64url");
declare const Buffer: any;
const createRegistrationToken = (data: object, secret: string, _life: string) => {
  const now = Math.floor(Date.now() / 1000);
  const text = \`\${part({ alg: "HS256", typ: "JWT" })}.\${part({ ...data, iat: now, exp: now + 24 * 3600 })}\`;
  return \`\${text}.\${sign(text, secret)}\`;
};
const verifyRegistrationToken = (token: string, secret: string) => {
  const [head, body, signature] = token.split(".");
  assert.equal(signature, sign(\`\${head}.\${body}\`, secret));
  const { iat, exp, ...data } = JSON.parse(Buffer.from(body, "base64url").toString());
  return iat < exp ? data : undefined;
};
const secret = "a secret of thirty-two characters", data = { tenantId: "default", email: "user@example.com" };`;

export default {
  title: "a pending operation store",
  counts: { wrapped: 6, corrected: 1 },
  entries: [
    {
      before: application(
        "createUser",
        `const jwtSecret = "a secret of thirty-two characters", hashPassword = async (text: string) => \`hash of \${text}\`;`,
      ),
      after:
        `const user = { tenantId: "default", email: "user@example.com", passwordHash: "hash of password123",
  metadata: { firstName: "John" } };
assert.deepEqual(made, [user]);
assert.equal(store.backend, "jwt");
assert.equal(await store.verify(token, "campaign"), null);
const life = Date.parse(operation?.expiresAt ?? "") - Date.parse(operation?.createdAt ?? "");
assert.ok(Math.abs(life - 24 * 60 * 60 * 1000) <= 1000);
// It can't be changed, and is used once where that is asked for.
assert.equal(await store.update(token, "registration", { email: "other@example.com" }), false);
assert.deepEqual((await store.consume(token, "registration")).data, user);
assert.equal(await store.verify(token, "registration"), null);`,
    },
    {
      before: application("createCampaign"),
      after: `assert.deepEqual(made, [{ name: "Summer Sale", budget: 10000,
  steps: ["setup", "targeting", "creative"], currentStep: "targeting", data: { targeting: {} } }]);
assert.equal(store.backend, "redis");
assert.equal(await store.update(token, "form", {}), false);
assert.equal(await store.delete(token, "campaign"), true);
assert.equal(await store.exists(token, "campaign"), false);`,
    },
    {
      before: application("submitForm"),
      after: `assert.deepEqual(made, [{ step: 2, personalInfo: { name: "John", email: "john@example.com" },
  address: { street: "123 Main St", city: "NYC" } }]);
assert.equal(store.backend, "redis");
const life = Date.parse(operation?.expiresAt ?? "") - Date.parse(operation?.createdAt ?? "");
assert.equal(life, 30 * 60 * 1000);
// Two that change it at a time lose nothing.
const add = (name: string) => store.update(token, "form", (current) => ({ ...current, [name]: true }));
assert.deepEqual(await Promise.all(["a", "b", "c"].map(add)), [true, true, true]);
const { a, b, c } = (await store.verify(token))?.data;
assert.deepEqual([a, b, c], [true, true, true]);`,
    },
    {
      before: "const data = { any: [1, { thing: null }] };",
      after: `assert.equal(store.backend, "redis");
const operation = await store.verify(token, "my-operation");
assert.deepEqual(operation?.data, data);
const life = Date.parse(operation?.expiresAt ?? "") - Date.parse(operation?.createdAt ?? "");
assert.equal(life, 2 * 60 * 60 * 1000);
const other = createPendingOperationStore({ jwtSecret: "your-secret", redisKeyPrefix: "other:" });
assert.equal(await other.verify(token, "my-operation"), null);
// Without a store it is a token.
import { Room } from "cloakroom";
const room = new Room({ path: "/tmp/there is no such socket", timeoutMs: 50 });
const alone = createPendingOperationStore({ backend: "auto", jwtSecret: "your-secret", room });
const carried = await alone.create("my-operation", data);
assert.equal(alone.backend, "jwt");
assert.deepEqual((await alone.verify(carried, "my-operation"))?.data, data);
await assert.rejects(store.create("my-operation", data, { operationType: "another" }), TypeError);`,
    },
    {
      before:
        `import { createCampaignStore, createFormStore, createPendingOperationStore, createRegistrationStore }
  from "core-service";
import type { Operation } from "cloakroom/pending";
type Store =`,
      after: `const stores: Store[] = [createPendingOperationStore(), createRegistrationStore("secret"),
  createRegistrationStore(), createCampaignStore(), createFormStore()];
const methods = ["create", "verify", "update", "delete", "exists"] as const;
for (const store of stores) for (const method of methods) assert.equal(typeof store[method], "function");
assert.deepEqual(stores.map(({ backend }) => backend), ["redis", "jwt", "jwt", "redis", "redis"]);`,
    },
    {
      before: utils,
      correct: [
        [
          "where the functions are",
          "import { createRegistrationToken, verifyRegistrationToken } from '../utils.js';",
          "",
        ],
        ["a name is declared twice", "const data = verify", "const verified = verify"],
      ],
      after: `assert.deepEqual(verified, data);
// What such code has sent before is good for the store that takes its place.
import { createRegistrationStore } from "core-service";
const store = createRegistrationStore(secret);
const operation = await store.verify(token, "registration");
assert.deepEqual(operation?.data, data);
assert.equal(await createRegistrationStore("another secret of that length, or more").verify(token), null);
assert.equal(await store.delete(token, "registration"), true);
assert.equal(await store.verify(token, "registration"), null);`,
    },
    {
      before: `const secret = "a secret of thirty-two characters", data = { email: "user@example.com" };`,
      after: `assert.deepEqual(operation?.data, data);
assert.equal(operation?.operationType, "registration");`,
    },
  ],
};
