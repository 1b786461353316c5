// decimal: an exact number, with a scale or a factor where a side needs one.

import { z } from "zod";

import { digitsOf, exactNumber, type Exact, type Value } from "../../core/value.ts";
import { defineType, type OptionFault } from "./definition.ts";
import { invalid, NULL_READING, valid } from "./reading.ts";
import {
  decimalOf,
  decimalPlaces,
  dividedBy,
  hasExactInverse,
  isNumber,
  numberInText,
  numberKey,
  numberLikeShown,
  numberOf,
  rounded,
  times,
  type DecimalNumber,
  PLAIN_MARKS,
  type NumberMarks,
} from "./exact-decimal.ts";
import { letters, pick, whole } from "./chance.ts";
import { scaleSchema, writtenSchema } from "./number-options.ts";

const FACTOR = /^-?\d{1,30}(?:\.\d{1,30})?$/;
const FACTOR_EXPECTED = 'a number other than zero, in quotes when it has decimals: times: "1.19"';

const optionsSchema = z.strictObject({
  scale: scaleSchema
    .optional()
    .describe("Decimals that this side keeps; more are rounded, half to even, when it is written."),
  times: z
    .union([z.string(), z.number()])
    .refine((factor) => typeof factor === "string" || Number.isInteger(factor), {
      params: { code: "E_FLOAT_MONEY", expected: FACTOR_EXPECTED },
      abort: true,
    })
    .refine((factor) => FACTOR.test(String(factor)) && Number(factor) !== 0, {
      params: { code: "E_RANGE", expected: FACTOR_EXPECTED },
    })
    .optional()
    .describe(
      "What this side shows is the canonical value times this number: a gross price is the net price times 1.19.",
    ),
  point: z.enum([".", ","]).optional().describe("The decimal mark in text."),
  group: z.enum([".", ",", " ", "'"]).optional().describe("What may stand between thousands in text."),
  written: writtenSchema.optional(),
});

type DecimalOptions = z.output<typeof optionsSchema>;

export const decimalType = defineType({
  name: "decimal",
  docs: {
    summary:
      "A number with decimals, exact: never a float. `{ decimal: 2 }` rounds what that side is sent to two decimals, half to even. " +
      '`times` is for a side that shows a multiple: with `{ scale: 2, times: "1.19" }` on the gross price the net price travels, and neither comes back changed. ' +
      "`point` and `group` read numbers as text in other notations (1.234,50). Zeros at the end make no difference and are kept where a record shows them.",
    example:
      'weight: { as: { decimal: 3 } }\nnet: { crm: net, billing: { at: gross, as: { decimal: { scale: 2, times: "1.19" } } }, as: { decimal: 2 } }',
  },
  options: optionsSchema,
  short: {
    schema: scaleSchema.describe("Decimals that the side keeps."),
    toOptions: (given) => (typeof given === "number" ? { scale: given } : null),
  },
  faults: decimalFaults,
  build: (options) => {
    const scale = options.scale ?? null;
    const factor = options.times === undefined ? null : decimalOf(String(options.times));
    const marks = marksOf(options);
    const form = { text: options.written === "text", scale, marks };
    return {
      name: "decimal",
      // With a scale or a factor that has no exact inverse, only rounding brings a value back.
      lossless: scale === null,
      read: (raw) => {
        if (typeof raw === "number" && factor === null) return { ok: true, value: raw === 0 ? 0 : raw };
        if (raw === null) return NULL_READING;
        const number = typeof raw === "string" ? numberInText(raw, marks) : raw;
        const value = factor === null ? number : unscaled(number, factor, scale ?? 0);
        return isNumber(value ?? undefined) ? valid(value) : invalid(raw, "a decimal number");
      },
      write: (value, shown) => {
        if (!isNumber(value)) return value;
        const written = scaled(value, factor, scale);
        return typeof written === "string" ? written : numberLikeShown(written, shown, form);
      },
      key: numberKey,
      sample: (random) => {
        const digits = `${pick(random, ["", "-"])}${String(whole(random, 0, 99_999))}.${letters(random, whole(random, 1, 6), "0123456789")}`;
        return random() < 0.5 ? exactNumber(digits) : digits.replace(".", marks.point);
      },
      edges: [
        0,
        "0",
        0.1,
        19.9,
        -0.005,
        1.005,
        2.675,
        "10",
        exactNumber("0.1234567890123456789"),
        exactNumber("12345678901234567890.5"),
        1e-7,
      ],
    };
  },
});

function decimalFaults(options: DecimalOptions): readonly OptionFault[] {
  const faults: OptionFault[] = [];
  if (
    options.times !== undefined &&
    options.scale === undefined &&
    !hasExactInverse(decimalOf(String(options.times)))
  ) {
    const message = `values divided by ${String(options.times)} have no end, so decimal needs a scale to come back to the same value`;
    faults.push({
      code: "E_MISSING",
      option: null,
      message,
      expected: "scale",
      hint: `{ decimal: { scale: 2, times: "${String(options.times)}" } }`,
    });
  }
  if ((options.point ?? ".") === options.group) {
    const message = "one character cannot be both the decimal mark and the mark between thousands";
    faults.push({ code: "E_ENUM", option: "group", message, found: options.group });
  }
  return faults;
}

function marksOf({
  point = ".",
  group = null,
}: {
  readonly point?: NumberMarks["point"] | undefined;
  readonly group?: string | null | undefined;
}): NumberMarks {
  return point === PLAIN_MARKS.point && group === null ? PLAIN_MARKS : { point, group };
}

function unscaled(number: Value, factor: DecimalNumber, scale: number): number | Exact | null {
  const digits = digitsOf(number);
  return digits === null ? null : numberOf(dividedBy(digits, factor, scale));
}

/** Text, which `read` refuses, when the product has more digits than any amount has. */
function scaled(value: number | Exact, factor: DecimalNumber | null, scale: number | null): number | Exact | string {
  const digits = digitsOf(value) ?? "0";
  if (factor === null && (scale === null || decimalPlaces(digits) <= scale)) return value;
  const product = factor === null ? decimalOf(digits) : times(digits, factor);
  const written = scale === null ? product : rounded(product, scale);
  return numberOf(written) ?? written.toFixed();
}
