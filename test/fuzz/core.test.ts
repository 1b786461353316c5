// Round trips of everything in core that reads text from outside, over generated values. A failure prints its seed and path;
// fast-check's `seed` and `path` options repeat it.

import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { JsonError, jsonText, parseJson } from "../../src/core/json.ts";
import { parsePath, pathText, valueAt, withValueAt, type Path } from "../../src/core/path.ts";
import { canonicalText, exactNumber, digitsOf, plainDecimal, sameValue, type Value } from "../../src/core/value.ts";

const BOUNDED = { numRuns: 2000, interruptAfterTimeLimit: 4000, markInterruptAsFailure: false };

const digits = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.stringMatching(/^\d{1,30}$/),
    fc.option(fc.stringMatching(/^\d{1,20}$/)),
    fc.option(fc.integer({ min: -30, max: 30 })),
  )
  .map(
    ([sign, whole, fraction, exponent]) =>
      `${sign}${whole}${fraction === null ? "" : `.${fraction}`}${exponent === null ? "" : `e${String(exponent)}`}`,
  );

const text = fc.string({ unit: "binary" }).filter((each) => !each.startsWith("\0exact:"));
const key = text.filter((each) => each !== "__proto__");
const value = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    text,
    digits.map((each) => exactNumber(each)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

const path: fc.Arbitrary<Path> = fc.array(
  fc.oneof(
    fc.nat({ max: 5 }),
    key.filter((each) => each !== "" && each !== "constructor" && each !== "prototype"),
    fc.constantFrom("$", "a.b", 'a"b', "a\\b", "a\nb", "[0]", " "),
  ),
  { maxLength: 5 },
);

describe("laws of what reads text from outside", () => {
  test("a value written as JSON and read again is the value", () => {
    fc.assert(
      fc.property(value, (each) => {
        const again = parseJson(jsonText(each));
        expect(canonicalText(again)).toBe(canonicalText(each));
        expect(sameValue(again, each)).toBe(true);
      }),
      BOUNDED,
    );
  });

  test("no text makes the JSON reader throw anything but JsonError", () => {
    const broken = fc.tuple(value, fc.nat(), text).map(([each, at, dirt]) => {
      const whole = jsonText(each);
      return whole.slice(0, at % (whole.length + 1)) + dirt + whole.slice((at * 7) % (whole.length + 1));
    });
    fc.assert(
      fc.property(fc.oneof(broken, text), (each) => {
        try {
          parseJson(each);
        } catch (error) {
          expect(error).toBeInstanceOf(JsonError);
        }
      }),
      BOUNDED,
    );
  });

  test("a number keeps all its digits, and its plain form is its own plain form", () => {
    fc.assert(
      fc.property(digits, (each) => {
        const plain = plainDecimal(each);
        const number = exactNumber(each);
        expect(number === null ? null : digitsOf(number)).toBe(plain);
        if (plain !== null) expect(plainDecimal(plain)).toBe(plain);
      }),
      BOUNDED,
    );
  });

  test("a path written and read again is the path", () => {
    fc.assert(
      fc.property(path, (each) => {
        expect(parsePath(pathText(each))).toEqual(each);
      }),
      BOUNDED,
    );
  });

  test("any text is a path or none, and a path that is read has one text", () => {
    fc.assert(
      fc.property(text, (each) => {
        const found = parsePath(each);
        if (found !== null) expect(parsePath(pathText(found))).toEqual(found);
      }),
      BOUNDED,
    );
  });

  test("what was put at a path stands there, and nothing beside it has changed", () => {
    fc.assert(
      fc.property(
        fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true }),
        path,
        value,
        (record, each, next) => {
          const first = each[0];
          fc.pre(typeof first === "string");
          const before = canonicalText(record);

          const changed = withValueAt(record, each, next);

          expect(valueAt(changed, each)).toEqual(next);
          expect(canonicalText(record)).toBe(before);
          for (const name of Object.keys(record))
            if (name !== first) expect(valueAt(changed, [name])).toEqual(record[name]);
        },
      ),
      BOUNDED,
    );
  });
});
