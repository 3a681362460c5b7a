// A shop's caches and payment sessions, on `cloakroom/cache`, `cloakroom/redis` and a room's guards.

const keyOf = (what) => `a key, a type and a life in words: ${what}`;

/** A service with a cache, one of whose methods the block is. */
const service = (head) =>
  `import { createCacheService } from "cloakroom/cache";
import type { CacheService } from "cloakroom/cache";
type OrderInternal = { orderId: string; total: number };
type OrderStatistics = Record<string, unknown>;
const asked: unknown[] = [];
let answer: any, whileReading = async () => {};
const read = async (what: unknown) => {
  asked.push(what);
  const found = answer;
  await whileReading();
  return found;
};
class OrderService {
  readonly orderRepository = { findById: read, findAll: read };
  constructor(readonly cacheService: CacheService) {}
  ${head} {`;
const cacheService = `const cacheService = createCacheService();
const orders = new OrderService(cacheService);`;

const redisService = `import Redis from "cloakroom/redis";
// An application's own service, which says nothing of what is kept.
type RedisService = { get(key: string): Promise<any>; set(key: string, value: unknown, ttl: number): Promise<unknown> };
const redis = new Redis(), redisService: RedisService = redis;`;

export default {
  title: "a shop's caching strategy",
  counts: { wrapped: 2, corrected: 4, "no code": 5 },
  entries: [
    { noCode: keyOf("an order") },
    {
      before: service("async findById(orderId: string): Promise<OrderInternal>"),
      after: `return order; }
  // As the document's OrderCrudService calls it.
  invalidateCache = (orderId: string) => this.cacheService.delete(\`order:\${orderId}\`);
}
${cacheService}
answer = { orderId: "17", total: 7 };
assert.deepEqual(await orders.findById("17"), answer);
assert.deepEqual(await orders.findById("17"), answer);
assert.deepEqual(asked, ["17"]);
answer = { orderId: "17", total: 8 };
await orders.invalidateCache("17");
assert.deepEqual(await orders.findById("17"), answer);
assert.deepEqual(asked, ["17", "17"]);
// What was read before an update is not put back after it.
await orders.invalidateCache("17");
whileReading = async () => {
  answer = { orderId: "17", total: 9 };
  await orders.invalidateCache("17");
};
assert.equal((await orders.findById("17")).total, 8);
whileReading = async () => {};
assert.equal((await orders.findById("17")).total, 9);`,
    },
    { noCode: keyOf("a list of orders") },
    {
      before: service("async listOrders(filters: object): Promise<OrderInternal[]>"),
      correct: [
        [
          "the same filters in another order are the same list",
          "`orders:list:${JSON.stringify(filters)}`",
          "await this.cacheService.key('orders:list:', filters)",
        ],
        [
          "nobody knows the keys of all lists: they are invalidated by their tag",
          "get<OrderInternal[]>(cacheKey)",
          "get<OrderInternal[]>(cacheKey, { tags: ['orders'] })",
        ],
        ["the same", "orders, 300)", "orders, 300, { tags: ['orders'] })"],
      ],
      after: `return orders; }
}
${cacheService}
const lists = [{ status: "open", page: 1 }, { page: 1, status: "open" }, { page: 2 }];
const all = () => Promise.all(lists.map((filters) => orders.listOrders(filters)));
answer = [];
await orders.listOrders(lists[0]);
assert.deepEqual(await all(), [[], [], []]);
assert.deepEqual(asked, [lists[0], lists[2]]);
// A new order.
answer = [{ orderId: "17", total: 7 }];
await cacheService.invalidateTags("orders");
assert.deepEqual(await all(), [answer, answer, answer]);`,
    },
    { noCode: keyOf("an organization's statistics") },
    {
      before: service(
        `async getOrderStatistics(organizationGuid?: string): Promise<OrderStatistics> {
    const { totalOrders, ordersByStatus, others } = await read(organizationGuid) as any;
    if (totalOrders === undefined) throw new Error("no orders");
    return await this.cachedStatistics(organizationGuid, totalOrders, ordersByStatus, others);
  }
  async cachedStatistics(organizationGuid: string | undefined, totalOrders: number, ordersByStatus: object, others: object)`,
      ),
      correct: [["three dots are no code", "ordersByStatus, ... }", "ordersByStatus, ...others }"]],
      after: `return stats; }
}
${cacheService}
const others = { ordersByPaymentStatus: { paid: 1 }, totalRevenue: 7.5, averageOrderValue: 7.5 };
answer = { totalOrders: 1, ordersByStatus: { open: 1 }, others };
const stats = { totalOrders: 1, ordersByStatus: { open: 1 }, ...others };
assert.deepEqual(await orders.getOrderStatistics("acme"), stats);
answer = { totalOrders: 2, ordersByStatus: { open: 2 }, others };
assert.deepEqual(await orders.getOrderStatistics("acme"), stats);
assert.deepEqual(await orders.getOrderStatistics(), { ...stats, totalOrders: 2, ordersByStatus: { open: 2 } });
assert.deepEqual(await cacheService.get("order:stats:acme"), stats);
assert.equal((await cacheService.get<typeof stats>("order:stats:all"))?.totalOrders, 2);
await cacheService.delete("order:stats:acme");
assert.equal((await orders.getOrderStatistics("acme")).totalOrders, 2);`,
    },
    { noCode: keyOf("a payment session") },
    {
      before: redisService,
      after: `const now = new Date();
const session: OrderPaymentSession = {
  orderId: "abc-123", orderTotal: 199.99, paymentGateway: "paypal", status: "awaiting_redirect",
  webhookData: { id: "PAY-1", nested: [{ amount: 199.99 }] }, createdAt: now, updatedAt: now,
};
await redisService.set("order-payment:session:types", session, 1800);
const found: OrderPaymentSession = await redisService.get("order-payment:session:types");
// JSON has no times: what comes back is their text.
const createdAt = new Date(found.createdAt), updatedAt = new Date(found.updatedAt);
assert.deepEqual({ ...found, createdAt, updatedAt }, session);
assert.equal(await redis.ttl("order-payment:session:types"), 1800);`,
    },
    {
      before: `${redisService}
import { randomUUID as uuid } from "node:crypto";
const webhookData = { id: "PAY-1", payer: { name: "Ann" } };
enum PaymentStatus { PAID = "paid" }
const updates: unknown[] = [];
let database: Error | undefined, seen: any;
const orderCrudService = {
  async update(orderId: string, changes: object) {
    seen = await redisService.get(\`order-payment:session:\${paying}\`);
    if (database !== undefined) throw database;
    updates.push([orderId, changes]);
  },
};
let paying = "";
async function pay(): Promise<any> {`,
      correct: [
        [
          "a session is completed once its order is, and not before: else a webhook that failed is never repeated",
          "session.status = 'completed';\n",
          "paying = sessionId;\n",
        ],
        [
          "the same",
          "  externalTransactionId: webhookData.id,\n});",
          `  externalTransactionId: webhookData.id,
});
session.status = 'completed';
await redisService.set(\`order-payment:session:\${sessionId}\`, session, 1800);`,
        ],
      ],
      after: `return await redisService.get(\`order-payment:session:\${sessionId}\`); }
const paid = await pay();
assert.deepEqual([seen.status, paid.status], ["awaiting_redirect", "completed"]);
assert.deepEqual([paid.orderId, paid.orderTotal, paid.webhookData], ["abc-123", 199.99, webhookData]);
assert.deepEqual(updates, [["abc-123", { osot_payment_status: "paid", externalTransactionId: "PAY-1" }]]);
assert.ok(paid.updatedAt >= paid.createdAt);
assert.equal(await redis.ttl(\`order-payment:session:\${paying}\`), 1800);
database = new RangeError("no database");
await assert.rejects(pay, RangeError);
assert.equal((await redisService.get(\`order-payment:session:\${paying}\`)).status, "awaiting_redirect");`,
    },
    { noCode: keyOf("a webhook") },
    {
      before: `import { errors, Room } from "cloakroom";
const room = new Room();
const processed: string[] = [];
let failure: Error | undefined;
async function deliver(eventId: string, process = async () => {}) {
  const processWebhook = async () => {
    await process();
    if (failure !== undefined) throw failure;
    processed.push(eventId);
  };`,
      correct: [
        [
          "a refund of a transaction is another event than its payment",
          "${externalTransactionId}",
          "${eventId}",
        ],
        [
          "asking and telling are one step: else two deliveries at a time are both processed",
          "const alreadyProcessed = await redisService.get(webhookKey);",
          `let alreadyProcessed = true;
await room.idempotent(webhookKey, async () => {
  alreadyProcessed = false;
  await processWebhook();
});`,
        ],
        [
          "the same",
          "await redisService.set(webhookKey, { processed: true, timestamp: new Date() }, 3600);",
          "return { status: 'processed' };",
        ],
      ],
      after: `}
assert.deepEqual(await deliver("payment"), { status: "processed" });
assert.deepEqual(await deliver("payment"), { status: "already_processed" });
assert.deepEqual(await deliver("refund"), { status: "processed" });
// One that comes meanwhile is told so, and is delivered again.
const meanwhile = () => assert.rejects(deliver("other"), errors.IdempotencyInProgress);
assert.deepEqual(await deliver("other", meanwhile), { status: "processed" });
// One that failed is not lost.
failure = new RangeError("no database");
await assert.rejects(deliver("failing"), RangeError);
failure = undefined;
assert.deepEqual(await deliver("failing"), { status: "processed" });
assert.deepEqual(processed, ["payment", "refund", "other", "failing"]);`,
    },
  ],
};
