import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const { ReplyReader } = require("../dist/reply-reader.js");
const { Decimal } = require("../dist/decimal.js");

// Lines that arrive together, and what each says; undefined for one that is no JSON.
const table = [
  ["one line", ['{"id":1,"result":"a"}'], [{ id: 1, result: "a" }]],
  ["several that are plain", ['{"id":1}', '{"id":2,"result":"é\\n,"}', '{"id":3}'], [
    { id: 1 },
    { id: 2, result: "é\n," },
    { id: 3 },
  ]],
  ["one with a large integer among others", ['{"id":1,"result":9007199254740993}', '{"id":2,"result":7}'], [
    { id: 1, result: 9007199254740993n },
    { id: 2, result: 7 },
  ]],
  ["one with bytes among others", ['{"id":1}', '{"id":2,"result":{"$base64":"AP8="}}'], [
    { id: 1 },
    { id: 2, result: Buffer.from([0, 255]) },
  ]],
  ["empty lines", ["", '{"id":1}', "", '{"id":2}'], [{ id: 1 }, { id: 2 }]],
  ["one that is none behind others", ['{"id":1}', "{", '{"id":2}'], [{ id: 1 }, undefined, { id: 2 }]],
];

for (const [name, lines, messages] of table) {
  test(`what arrives is taken apart however it is cut: ${name}`, () => {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    assert.deepEqual(new ReplyReader(false).read(bytes), messages);
    for (const length of [1, 7, bytes.length - 1]) {
      const reader = new ReplyReader(false);
      const read = [];
      for (let start = 0; start < bytes.length; start += length) {
        read.push(...reader.read(bytes.subarray(start, start + length)));
      }
      assert.deepEqual(read, messages);
    }
  });
}

test("decimals are exact in lines that arrive together, where they are asked for", () => {
  const bytes = Buffer.from('{"id":1,"result":1.10}\n{"id":2,"result":7}\n');
  const [first, second] = new ReplyReader(true).read(bytes);
  assert.deepEqual([first.result, second.result], [new Decimal("1.10"), 7]);
});
