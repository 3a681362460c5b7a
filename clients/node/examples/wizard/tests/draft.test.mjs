// What one tab's draft comes to, without a browser.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Draft } from "../public/js/draft.js";

function draft(saved) {
  const made = new Draft();
  made.merge(saved);
  return made;
}

describe("a tab's draft", () => {
  const cases = [
    {
      name: "what another tab has saved is taken over",
      saved: { a: 1 },
      typed: {},
      fresh: { a: 2, b: 3 },
      fields: ["a", "b"],
      values: { a: 2, b: 3 },
    },
    {
      name: "what was typed here stays beside it",
      saved: { a: 1 },
      typed: { a: 5 },
      fresh: { a: 1, b: 3 },
      fields: ["b"],
      values: { a: 5, b: 3 },
    },
    {
      name: "the same typed in both tabs is no conflict, and nothing to tell",
      saved: { a: 1 },
      typed: { a: 2 },
      fresh: { a: 2 },
      fields: [],
      values: { a: 2 },
    },
    {
      name: "different values of both tabs wait for a decision, and what was typed is shown",
      saved: { a: 1 },
      typed: { a: 5 },
      fresh: { a: 2 },
      fields: ["a"],
      conflicts: ["a"],
      values: { a: 5 },
    },
    {
      name: "a member that another tab has removed waits too when it was changed here",
      saved: { a: 1 },
      typed: { a: 5 },
      fresh: {},
      fields: ["a"],
      conflicts: ["a"],
      values: { a: 5 },
    },
    {
      name: "one that was removed here and changed there waits as well",
      saved: { a: 1 },
      typed: { a: undefined },
      fresh: { a: 2 },
      fields: ["a"],
      conflicts: ["a"],
      values: { a: undefined },
    },
    {
      name: "a list is one value",
      saved: { list: [1] },
      typed: { list: [1, 2] },
      fresh: { list: [1] },
      fields: [],
      values: { list: [1, 2] },
    },
  ];
  for (const { name, saved, typed, fresh, fields, conflicts = [], values } of cases) {
    test(name, () => {
      const made = draft(saved);
      for (const [member, value] of Object.entries(typed)) made.change(member, value);
      assert.deepEqual(made.merge(fresh), { fields, conflicts });
      assert.deepEqual(made.values, values);
      assert.deepEqual(made.conflicts, conflicts);
      // What waits is not sent.
      for (const conflict of conflicts) assert.ok(!(conflict in made.takePatch().patch));
    });
  }

  test("what was typed back to what is saved is not sent", () => {
    const made = draft({ a: 1 });
    made.change("a", 2);
    made.change("a", 1);
    assert.equal(made.hasUnsaved, false);
  });

  test("a member that is to go is sent as null", () => {
    const made = draft({ a: 1, b: 2 });
    made.change("a", undefined);
    made.change("b", 3);
    const { sent, patch } = made.takePatch();
    assert.deepEqual(patch, { a: null, b: 3 });
    made.settle(sent);
    assert.deepEqual([made.values, made.hasUnsaved], [{ b: 3 }, false]);
  });

  test("what was typed while a request was under way is still to be saved", () => {
    const made = draft({});
    made.change("a", "H");
    const { sent } = made.takePatch();
    made.change("a", "Ha");
    made.settle(sent);
    assert.deepEqual(made.takePatch().patch, { a: "Ha" });
  });

  test("what was sent, and whose answer was lost, is not taken for another tab's", () => {
    const made = draft({});
    made.change("a", "H");
    made.takePatch();
    made.change("a", "Ha");
    assert.deepEqual(made.merge({ a: "H" }), { fields: [], conflicts: [] });
    assert.deepEqual(made.takePatch().patch, { a: "Ha" });
  });

  test("a conflict ends by a decision, and typing on decides nothing", () => {
    for (const mine of [true, false]) {
      const made = draft({ a: 1 });
      made.change("a", 5);
      made.merge({ a: 2 });
      made.change("a", 6);
      assert.deepEqual([made.hasUnsaved, made.conflicts, made.saved("a")], [false, ["a"], 2]);
      made.resolve("a", { mine });
      assert.deepEqual(made.values, { a: mine ? 6 : 2 });
      assert.deepEqual(made.takePatch().patch, mine ? { a: 6 } : {});
    }
  });

  test("what was not saved outlives a reload, and meets what was saved meanwhile", () => {
    const before = draft({ a: 1, b: 1, c: 1 });
    for (const [name, value] of [["a", 2], ["b", 2], ["c", undefined]]) before.change(name, value);
    const after = draft({ a: 1, b: 7, c: 1 });
    assert.deepEqual(after.restore(before.kept), { fields: ["b"], conflicts: ["b"] });
    assert.deepEqual(after.values, { a: 2, b: 2, c: undefined });
    assert.deepEqual(after.takePatch().patch, { a: 2, c: null });
    assert.equal(draft({ a: 1 }).kept, undefined);
  });

  test("what waits for a decision waits on after a reload", () => {
    const before = draft({ a: 1 });
    before.change("a", 5);
    before.merge({ a: 2 });
    const after = draft({ a: 2 });
    assert.deepEqual(after.restore(before.kept), { fields: ["a"], conflicts: ["a"] });
    assert.deepEqual([after.values, after.hasUnsaved], [{ a: 5 }, false]);
    const settled = draft({ a: 5 });
    assert.deepEqual(settled.restore(before.kept), { fields: [], conflicts: [] });
  });

  test("what was saved at the last moment before a reload is no conflict", () => {
    const before = draft({ a: 1 });
    before.change("a", 2);
    const after = draft({ a: 2 });
    assert.deepEqual(after.restore(before.kept).conflicts, []);
    assert.equal(after.hasUnsaved, false);
  });
});
