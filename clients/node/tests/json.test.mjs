import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);
const { canonical, decode, encode, NoJSON } = require("../dist/json.js");
const { Decimal } = require("../dist/decimal.js");

test("numbers that a double holds are numbers", () => {
  for (
    const text of [
      "0",
      "-0",
      "1",
      "1.5",
      "1.10",
      "0.1",
      "1e3",
      "-2.5E-3",
      "9007199254740991",
      "1e21",
      "5e-324",
    ]
  ) {
    assert.ok(Object.is(decode(text), JSON.parse(text)), text);
  }
  assert.equal(decode("[1.7976931348623157e308]")[0], Number.MAX_VALUE);
  assert.equal(decode("[0.30000000000000004]")[0], 0.1 + 0.2);
});

test("integers past 2^53 are bigints, and written as they were", () => {
  for (const text of ["9007199254740992", "-9007199254740993", "1208925819614629174706176"]) {
    assert.equal(decode(text), BigInt(text));
    assert.equal(encode({ a: [decode(text)] }), `{"a":[${text}]}`);
  }
});

test("decimals that no double holds are Decimals, and written as they were", () => {
  for (
    const text of [
      "1e400",
      "-1e400",
      "1e-400",
      "1.00000000000000000001",
      "12345678901234567890.5",
      "1e99999999999999999999",
    ]
  ) {
    const value = decode(`{"a":${text}}`).a;
    assert.ok(value instanceof Decimal, text);
    assert.equal(value.text, text);
    assert.equal(encode([value]), `[${text}]`);
  }
  assert.equal(decode("1.00000000000000000001") + 1, 2);
  assert.throws(() => new Decimal("1,5"), TypeError);
});

test("every decimal is one where exact ones are asked for", () => {
  const value = decode('[1.10, 1e3, 7, "1.5"]', true);
  assert.deepEqual(value, [new Decimal("1.10"), new Decimal("1e3"), 7, "1.5"]);
  assert.equal(encode(value), '[1.10,1e3,7,"1.5"]');
});

test("what looks like a number in a string stays as it is", () => {
  for (
    const text of [
      "9007199254740993",
      'a " 9007199254740993',
      "\\",
      '\\" 1e400',
      "1e400",
      "{9007199254740993:",
      "\u2028",
    ]
  ) {
    const value = { [text]: [text, 9007199254740993n, text] };
    assert.deepEqual(decode(encode(value)), value);
  }
});

test("bytes travel as $base64, and nothing else is taken for them", () => {
  for (
    const bytes of [
      Buffer.from([0, 255]),
      new Uint8Array([1, 2, 3]),
      new Uint8Array(0),
      new Uint16Array([258]),
    ]
  ) {
    const back = decode(encode([bytes]))[0];
    assert.ok(Buffer.isBuffer(back));
    assert.deepEqual(back, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  }
  assert.equal(encode(new Uint8Array([0, 255]).buffer), '{"$base64":"AP8="}');
  for (const text of ['{"$base64":"?"}', '{"$base64":4}', '{"$base64":"AP8=","a":1}', '{"$base64":"AP8"}']) {
    assert.equal(encode(decode(text)), text);
  }
});

test("what JSON.stringify would lose is refused, by its kind and without its value", () => {
  const circle = {};
  circle.self = circle;
  const values = [
    NaN,
    Infinity,
    undefined,
    () => 1,
    Symbol("s"),
    new Map([[1, 2]]),
    new Set([1]),
    /x/,
    circle,
  ];
  for (
    const value of [
      ...values,
      [undefined],
      new Array(1),
      new Date(NaN),
      "\ud800",
      { "\udc00": 1 },
      Promise.resolve(),
    ]
  ) {
    assert.throws(() => encode({ value: [value] }), NoJSON);
  }
  assert.throws(() => encode("secret\ud800"), (fault) => !fault.message.includes("secret"));
});

test("what JSON.stringify writes well is written like that", () => {
  const date = new Date(0);
  const plain = {
    a: 1,
    b: undefined,
    c: [true, null, "é😀\\ud800\u2028"],
    d: date,
    e: Object.create(null),
    f: new Number(1),
  };
  assert.equal(encode(plain), JSON.stringify(plain));
  assert.equal(encode({ toJSON: () => [1n] }), "[1]");
  assert.equal(encode(JSON.parse('{"__proto__":5}')), '{"__proto__":5}');
  assert.equal(decode('{"__proto__":9007199254740993}')["__proto__"], 9007199254740993n);
});

test("the same arguments have one canonical text, whatever the order of their members", () => {
  assert.equal(canonical([{ b: 1, a: { d: 2, c: 3 } }]), canonical([{ a: { c: 3, d: 2 }, b: 1 }]));
  assert.notEqual(canonical([1, [2]]), canonical([[1, 2]]));
  assert.notEqual(canonical(["1"]), canonical([1]));
});
