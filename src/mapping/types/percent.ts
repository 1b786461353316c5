// percent: a share, exact; carried as percent (12.5 is 12.5 %).

import { z } from "zod";

import { digitsOf, exactNumber, type Value } from "../../core/value.ts";
import { defineType } from "./definition.ts";
import { invalid, NULL_READING, valid } from "./reading.ts";
import { isNumber, numberInText, numberKey, numberLikeShown, PLAIN_MARKS, shifted } from "./exact-decimal.ts";
import { pick, whole } from "./chance.ts";
import { writtenSchema } from "./number-options.ts";

const FORMS = ["percent", "fraction"] as const;
const formSchema = z.enum(FORMS).describe("percent: 12.5 means 12.5 % (unless said). fraction: 0.125 means 12.5 %.");

export const percentType = defineType({
  name: "percent",
  docs: {
    summary:
      "A share, exact, carried as percent: 12.5 is 12.5 %. `{ percent: fraction }` is for a side that shows 0.125 for it. Text with a percent sign " +
      "(`12.5 %`) means percent in either form, and a record that shows one is sent one.",
    example: "discount: { crm: discount, billing: { at: rate, as: { percent: fraction } }, as: percent }",
  },
  options: z.strictObject({ form: formSchema.optional(), written: writtenSchema.optional() }),
  short: { schema: formSchema, toOptions: (given) => (typeof given === "string" ? { form: given } : null) },
  build: ({ form = "percent", written }) => {
    const style = { text: written === "text", scale: null, marks: PLAIN_MARKS };
    return {
      name: "percent",
      lossless: true,
      read: (raw) => {
        if (raw === null) return NULL_READING;
        const signed = typeof raw === "string" && /%\s*$/.test(raw);
        const number = typeof raw === "string" ? numberInText(raw.replace(/%\s*$/, "")) : raw;
        const digits = digitsOf(number);
        const percent = digits === null ? null : shifted(digits, form === "fraction" && !signed ? 2 : 0);
        return percent === null ? invalid(raw, "a percentage") : valid(percent);
      },
      write: (value, shown) => {
        if (!isNumber(value)) return value;
        const sign = typeof shown === "string" ? /\s*%\s*$/.exec(shown) : null;
        if (sign !== null && typeof shown === "string") {
          return String(numberLikeShown(value, shown.slice(0, sign.index), style)) + sign[0];
        }
        const number = form === "fraction" ? shifted(digitsOf(value) ?? "", -2) : value;
        // Too many digits: as text with its sign it still means the same.
        return number === null ? `${String(value)} %` : numberLikeShown(number, shown, style);
      },
      key: numberKey,
      sample: (random) => {
        const number = exactNumber(`${String(whole(random, -200, 12_000))}e-${String(whole(random, 0, 4))}`);
        return pick<Value>(random, [number, String(number), `${String(number)} %`]);
      },
      edges: [0, 1, 0.07, "0.07", "100%", " 12.50 % ", -0.5, exactNumber("33.333333333333333333")],
    };
  },
});
