import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { errors, Room } from "../dist/index.js";
import { QuoteNotFound, QuoteService } from "../dist/quote.js";
import { eventually, Sidecar } from "./support.mjs";

/** A table that numbers what is saved, and can be out of order. */
class Repository {
  saved = [];
  fault;

  async save(entity) {
    if (this.fault !== undefined) throw this.fault;
    return { ...entity, id: this.saved.push(entity) };
  }
}

for (const kind of ["memory", "redis"]) {
  describe(`quotes until their user registers, ${kind}`, { timeout: 60_000 }, () => {
    let sidecar, room;

    before(async () => {
      sidecar = await Sidecar.start(kind);
      room = new Room(sidecar.path);
    });
    after(async () => {
      room.close();
      await sidecar.end();
    });

    function make(options) {
      const userRepository = new Repository(), quoteRepository = new Repository();
      const service = new QuoteService({ room, userRepository, quoteRepository, ...options });
      return { service, users: userRepository, quotes: quoteRepository };
    }

    test("a quote is saved in place of what there was, and lives anew", async () => {
      const { service } = make({ ttl: 2 });
      const { temporaryQuoteId } = await service.startQuote();
      assert.deepEqual(await service.getQuoteDetails(temporaryQuoteId), {});
      const end = async () => (await room.pending.verify(temporaryQuoteId, "quote")).expiresAt;
      const first = await end();
      await eventually(async () => {
        const saved = await service.saveQuoteDetails(temporaryQuoteId, { price: 7 });
        assert.deepEqual(saved, { success: true });
        return (await end()) > first;
      });
      assert.deepEqual(await service.getQuoteDetails(temporaryQuoteId), { price: 7 });
    });

    test("a quote that has ended is not found, and saving brings none back", async () => {
      const { service } = make({ ttl: "50ms" });
      const { temporaryQuoteId } = await service.startQuote();
      await eventually(async () => {
        return await service.getQuoteDetails(temporaryQuoteId).then(() => false, () => true);
      });
      for (const id of [temporaryQuoteId, "temp-quote-abc"]) {
        const gone = (fault) =>
          fault instanceof QuoteNotFound && fault.message === "Quote not found or expired";
        await assert.rejects(service.getQuoteDetails(id), gone);
        await assert.rejects(service.saveQuoteDetails(id, {}), gone);
        await assert.rejects(service.registerUser(id, {}), gone);
      }
    });

    test("a form that is sent twice makes one user, and is answered the same each time", async () => {
      const { service, users, quotes } = make();
      const { temporaryQuoteId } = await service.startQuote({ price: 7 });
      const register = () => service.registerUser(temporaryQuoteId, { name: "A", age: 7 });
      const answers = await Promise.all([register(), register()]);
      answers.push(await register());
      answers.push(await service.registerUser(temporaryQuoteId, { age: 7, name: "A" }));
      const made = { success: true, userId: 1, quoteId: 1 };
      assert.deepEqual(answers, [made, made, made, made]);
      assert.deepEqual([users.saved, quotes.saved], [[{ name: "A", age: 7 }], [{ price: 7, userId: 1 }]]);
    });

    test("of two people who register at once one makes a user, and nobody does afterwards", async () => {
      const { service, users, quotes } = make();
      const { temporaryQuoteId } = await service.startQuote({ price: 7 });
      const both = await Promise.allSettled(
        ["A", "B"].map((name) => service.registerUser(temporaryQuoteId, { name })),
      );
      const done = both.filter(({ status }) => status === "fulfilled");
      assert.deepEqual(done.map(({ value }) => value), [{ success: true, userId: 1, quoteId: 1 }]);
      const [{ reason }] = both.filter(({ status }) => status === "rejected");
      assert.ok(reason instanceof errors.CheckedOut || reason instanceof QuoteNotFound, String(reason));
      assert.deepEqual([users.saved.length, quotes.saved], [1, [{ price: 7, userId: 1 }]]);
      await assert.rejects(service.registerUser(temporaryQuoteId, { name: "C" }), QuoteNotFound);
      await assert.rejects(service.getQuoteDetails(temporaryQuoteId), QuoteNotFound);
    });

    test("a user that was saved when its quote could not be is not saved again", async () => {
      const { service, users, quotes } = make();
      const { temporaryQuoteId } = await service.startQuote({ price: 7 });
      const register = (name) => service.registerUser(temporaryQuoteId, { name });
      quotes.fault = new RangeError("no database");
      await assert.rejects(register("A"), RangeError);
      await assert.rejects(register("A"), RangeError);
      assert.deepEqual(users.saved, [{ name: "A" }]);
      quotes.fault = undefined;
      // Somebody else is somebody else.
      assert.deepEqual(await register("B"), { success: true, userId: 2, quoteId: 1 });
      assert.deepEqual([users.saved, quotes.saved], [[{ name: "A" }, { name: "B" }], [{
        price: 7,
        userId: 2,
      }]]);
    });

    test("a user that could not be saved is tried again", async () => {
      const { service, users } = make();
      const { temporaryQuoteId } = await service.startQuote();
      users.fault = new RangeError("no database");
      await assert.rejects(service.registerUser(temporaryQuoteId, undefined), RangeError);
      users.fault = undefined;
      assert.equal((await service.registerUser(temporaryQuoteId, undefined)).userId, 1);
      const cycle = {};
      cycle.cycle = cycle;
      await assert.rejects(service.registerUser(temporaryQuoteId, cycle), errors.InvalidParams);
    });

    test("a quote that could not be saved is there again", async () => {
      const { service, quotes } = make();
      const { temporaryQuoteId } = await service.startQuote({ price: 7 });
      quotes.fault = new RangeError("no database");
      await assert.rejects(service.registerUser(temporaryQuoteId, {}), RangeError);
      assert.deepEqual(await service.getQuoteDetails(temporaryQuoteId), { price: 7 });
      quotes.fault = undefined;
      assert.equal((await service.registerUser(temporaryQuoteId, {})).success, true);
      await assert.rejects(new QuoteService({ room }).registerUser(temporaryQuoteId, {}), TypeError);
    });
  });
}
