// integer: a whole number of any size, exact.

import { z } from "zod";

import { digitsOf, Exact, type Value } from "../../core/value.ts";
import { defineType } from "./definition.ts";
import { invalid, NULL_READING, valid } from "./reading.ts";
import { numberInText, numberKey, numberLikeShown, PLAIN_MARKS } from "./exact-decimal.ts";
import { letters, pick, whole } from "./chance.ts";
import { writtenSchema } from "./number-options.ts";

const PLAIN = /^(?:0|-?[1-9]\d{0,14})$/;

export const integerType = defineType({
  name: "integer",
  docs: {
    summary:
      "A whole number, exact at any size: 12345678901234567890 keeps every digit. Numbers and text are both read; a record that shows text is " +
      "sent text. `written: text` says the form where the record shows nothing yet. A number with decimals is held.",
    example:
      "qty: { as: integer }\nlegacy_id: { crm: { at: old_id, as: { integer: { written: text } } }, as: integer }",
  },
  options: z.strictObject({ written: writtenSchema.optional() }),
  build: ({ written }) => {
    const form = { text: written === "text", scale: null, marks: PLAIN_MARKS };
    return {
      name: "integer",
      lossless: true,
      read: (raw) => {
        if (typeof raw === "number" && Number.isSafeInteger(raw)) return { ok: true, value: raw === 0 ? 0 : raw };
        if (raw === null) return NULL_READING;
        if (typeof raw === "string" && PLAIN.test(raw)) return { ok: true, value: Number(raw) };
        const number = typeof raw === "string" ? numberInText(raw) : raw;
        return isWhole(number) ? valid(number) : invalid(raw, "a whole number");
      },
      write: (value, shown) => (isWhole(value) ? numberLikeShown(value, shown, form) : value),
      key: numberKey,
      sample: (random) => {
        const size = pick(random, [9, 1_000_000]);
        const number = whole(random, -size, size);
        return pick<Value>(random, [
          number,
          String(number),
          `+${String(Math.abs(number))}`,
          `1${letters(random, 22, "0123456789")}`,
        ]);
      },
      edges: [
        0,
        "0",
        "-0",
        -1,
        "007",
        "5.00",
        9_007_199_254_740_991,
        new Exact("12345678901234567890"),
        "12345678901234567890",
        " 42 ",
        1e21,
      ],
    };
  },
});

function isWhole(value: Value): value is number | Exact {
  return digitsOf(value)?.includes(".") === false;
}
