/** A number of JSON that no double holds, as its text: 0.1000000000000000055, 1e400. It is written as it stands. */
export class Decimal {
  readonly text: string;

  constructor(text: string) {
    if (!NUMBER.test(text)) throw new TypeError("a Decimal is made of a number's text");
    this.text = text;
  }

  /** The text. */
  toString(): string {
    return this.text;
  }

  /** The nearest double: what arithmetic goes by, and what `JSON.stringify` writes. */
  valueOf(): number {
    return Number(this.text);
  }

  /** For `JSON.stringify`, which knows no other numbers. */
  toJSON(): number {
    return this.valueOf();
  }
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** A number's text as JavaScript has it: a number where it is exactly that, else a bigint, or a Decimal. */
export function exactNumber(text: string): number | bigint | Decimal {
  const number = Number(text);
  if (!/[.eE]/.test(text)) return Number.isSafeInteger(number) ? number : BigInt(text);
  return Number.isFinite(number) && normalized(text) === normalized(String(number))
    ? number
    : new Decimal(text);
}

/** Sign, significant digits and exponent: the same for texts of the same number. */
function normalized(text: string): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const significant = digits.replace(/0+$/, "");
  if (significant === "") return "0";
  // An exponent may itself be longer than a double.
  const scale = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length);
  return `${sign}${significant}e${scale}`;
}
