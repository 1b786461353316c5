// currency: an ISO 4217 code.

import { z } from "zod";

import { defineType } from "./definition.ts";
import { invalid, NULL_READING, textKey, valid } from "./reading.ts";
import { CURRENCY_CODES, isCurrency } from "./currencies.ts";
import { pick } from "./chance.ts";

const formSchema = z
  .enum(["upper", "lower"])
  .describe("What this side is sent: EUR or eur. Unless said: as its record shows, else EUR.");

export const currencyType = defineType({
  name: "currency",
  docs: {
    summary:
      "A currency by its ISO 4217 code, in any case; it travels in capital letters. `{ currency: lower }` is for a side that wants small ones. A code that is no currency is held.",
    example: "currency: { billing: { at: currency, as: { currency: lower } }, as: currency }",
  },
  options: z.strictObject({ form: formSchema.optional() }),
  short: { schema: formSchema, toOptions: (given) => (typeof given === "string" ? { form: given } : null) },
  build: ({ form }) => ({
    name: "currency",
    lossless: true,
    read: (raw) => {
      if (raw === null) return NULL_READING;
      const code = typeof raw === "string" ? raw.trim().toUpperCase() : "";
      return isCurrency(code) ? valid(code) : invalid(raw, "an ISO 4217 currency code");
    },
    write: (value, shown) => {
      if (typeof value !== "string") return value;
      const small = form === undefined ? typeof shown === "string" && /^\s*[a-z]{3}\s*$/.test(shown) : form === "lower";
      return small ? value.toLowerCase() : value;
    },
    key: textKey,
    sample: (random) => {
      const code = pick(random, CURRENCY_CODES);
      return pick(random, [code, code.toLowerCase()]);
    },
    edges: ["EUR", "eur", " usd ", "Jpy", "XAU"],
  }),
});
