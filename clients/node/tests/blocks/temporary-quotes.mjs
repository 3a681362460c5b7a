// Quotes until their user registers, on `cloakroom/redis`; and `cloakroom/quote` in place of the document's own service.

const gone = `(fault: Error) => fault.message === "Quote not found or expired"`;

// What the document says of its service holds for the module's, too.
const services = `
for (const service of [new QuoteService(redis), new Quotes()]) {
  const { temporaryQuoteId } = await service.startQuote();
  assert.ok(temporaryQuoteId !== (await service.startQuote()).temporaryQuoteId);
  assert.deepEqual(await service.getQuoteDetails(temporaryQuoteId), {});
  const details = { price: 7.5, items: [{ name: "Roof", count: 2 }] };
  assert.deepEqual(await service.saveQuoteDetails(temporaryQuoteId, details), { success: true });
  assert.deepEqual(await service.getQuoteDetails(temporaryQuoteId), details);
  await assert.rejects(service.getQuoteDetails("temp-quote-none"), ${gone});
  await assert.rejects(service.saveQuoteDetails("temp-quote-none", {}), ${gone});
  await assert.rejects(service.getQuoteDetails("temp-quote-none"), ${gone});
}`;

export default {
  title: "quotes until their user registers",
  counts: { wrapped: 1, corrected: 2, "no code": 1 },
  entries: [
    { noCode: "a command that installs a package, which the client stands for" },
    {
      after: `const [{ redis }] = (AppModule as any).metadata.imports;
// Where Redis is, the sidecar knows.
await redis.set("module", "text", "EX", 60);
assert.equal(await redis.get("module"), "text");`,
    },
    {
      before: `import crypto from "node:crypto";
import { QuoteService as Quotes } from "cloakroom/quote";
import { Redis as RedisClient } from "cloakroom/redis";`,
      correct: [
        [
          "who can guess an id can read a quote",
          "Math.random().toString(36).substring(7)",
          "crypto.randomUUID()",
        ],
        [
          "a quote that has ended is not brought back by saving it",
          `await this.redis.set(temporaryQuoteId, JSON.stringify(details), 'EX', 24 * 60 * 60); // Update TTL`,
          `const kept = await this.redis.set(temporaryQuoteId, JSON.stringify(details), 'EX', 24 * 60 * 60, 'XX');
    if (kept === null) throw new Error('Quote not found or expired');`,
        ],
      ],
      after: `const redis = new RedisClient();
${services}
const { temporaryQuoteId } = await new QuoteService(redis).startQuote();
await redis.expire(temporaryQuoteId, 60);
await new QuoteService(redis).saveQuoteDetails(temporaryQuoteId, {});
assert.equal(await redis.ttl(temporaryQuoteId), 24 * 60 * 60);`,
    },
    {
      before: `import { QuoteService as Quotes, QuoteNotFound } from "cloakroom/quote";
import { Redis as RedisClient } from "cloakroom/redis";
class User {}`,
      correct: [
        ["where the entity is", "import { Quote } from './quote.entity';", "class Quote {}"],
        [
          "it uses a repository of users that it is not given",
          "private readonly quoteRepository: Repository<Quote>,",
          `private readonly quoteRepository: Repository<Quote>,
    @InjectRepository(User) private readonly userRepository: Repository<User>,`,
        ],
        [
          "it uses a method that is in the class of the block before only",
          "  async registerUser(",
          `  async getQuoteDetails(temporaryQuoteId: string) {
    const data = await this.redis.get(temporaryQuoteId);
    if (!data) throw new Error('Quote not found or expired');
    return JSON.parse(data);
  }

  async registerUser(`,
        ],
      ],
      after: `const redis = new RedisClient();
const make = () => [new Repository<any>(), new Repository<any>()];
const details = { price: 7.5 }, person = { name: "Ann" };
const begin = async (_service: unknown) => {
  await redis.set("temp-quote-1", JSON.stringify(details), "EX", 24 * 60 * 60);
  return "temp-quote-1";
};
const beginOurs = async (service: Quotes) => (await service.startQuote(details)).temporaryQuoteId;
const theirs = () => {
  const [quotes, users] = make();
  return { service: new QuoteService(redis, quotes, users), quotes, users, begin };
};
const ours = () => {
  const [quotes, users] = make();
  const service = new Quotes({ userRepository: users, quoteRepository: quotes });
  return { service, quotes, users, begin: () => beginOurs(service) };
};
for (const make of [theirs, ours]) {
  const { service, quotes, users, begin } = make();
  const id = await begin(service);
  quotes.fault = new RangeError("no database");
  await assert.rejects(service.registerUser(id, person), RangeError);
  // The migration is retried.
  const { userId } = await service.registerUser(id, person);
  // The document's service has made the user twice by now.
  assert.equal(users.saved.length, make === ours ? 1 : 2);
  assert.deepEqual(quotes.saved, [{ ...details, userId }]);
  await assert.rejects(service.getQuoteDetails(id), ${gone});
}
// A form that is sent twice.
for (const make of [theirs, ours]) {
  const { service, users, quotes, begin } = make();
  const id = await begin(service);
  const answers = await Promise.all([service.registerUser(id, person), service.registerUser(id, person)]);
  assert.deepEqual(answers[0], { success: true, userId: 1, quoteId: 1 });
  if (make === ours) assert.deepEqual(answers[1], answers[0]);
  assert.equal(users.saved.length, make === ours ? 1 : 2);
  await assert.rejects(service.getQuoteDetails(id), make === ours ? QuoteNotFound : ${gone});
}`,
    },
  ],
};
