// postal_code: the raw text travels; spacing and case make no difference.

import { z } from "zod";

import { defineType } from "./definition.ts";
import { invalid, likeShown, NULL_READING, textOf, textKey, valid } from "./reading.ts";
import { countryCodeSchema } from "./country-options.ts";
import { narrow } from "./text.ts";
import { isNumber } from "./exact-decimal.ts";
import { letters, pick } from "./chance.ts";

/** Digits of countries whose codes are digits alone: a code that was stored as a number has lost its zeros. */
const DIGITS: Readonly<Record<string, number>> = Object.fromEntries(
  (
    [
      [4, "AT AU BE BG CH CY DK HU LI LU LV NO NZ PH SI TN ZA"],
      [5, "CZ DE DZ EE EG ES FI FR GR HR ID IT KR LT MA MC ME MX MY PK RS SA SE SK SM TH TR UA US VN"],
      [6, "BY CN CO IN KZ RO RU SG"],
      [7, "CL IL JP"],
      [8, "BR"],
    ] as const
  ).flatMap(([digits, countries]) => countries.split(" ").map((country) => [country, digits])),
);

const CODE = /^[\p{L}\p{N}](?:[\p{L}\p{N} \-./]*[\p{L}\p{N}])?$/u;
const LENGTH_MAX = 20;

export const postalCodeType = defineType({
  name: "postal_code",
  docs: {
    summary:
      "A postal code. It travels as it is, leading zeros included; case, spaces and hyphens make no difference (`sw1a1aa` equals `SW1A 1AA`). " +
      "`{ postal_code: DE }` names the country whose codes a side keeps as numbers, to give them back their zeros: 1067 is 01067.",
    example: "postcode: { crm: zip, billing: address.postal_code, as: { postal_code: US } }",
  },
  options: z.strictObject({
    country: countryCodeSchema
      .optional()
      .describe("The country of codes that were stored as numbers and have lost their zeros."),
  }),
  short: {
    schema: countryCodeSchema.describe("The country of codes that were stored as numbers."),
    toOptions: (given) => (typeof given === "string" ? { country: given } : null),
  },
  build: ({ country }) => {
    const digits = country === undefined ? 0 : (DIGITS[country] ?? 0);
    return {
      name: "postal_code",
      lossless: true,
      read: (raw) => {
        if (raw === null) return NULL_READING;
        const text = textOf(raw);
        const code = text === null || !isNumber(raw) ? text : text.padStart(digits, "0");
        return code !== null && code.length <= LENGTH_MAX && CODE.test(narrow(code).trim())
          ? valid(code)
          : invalid(raw, "a postal code");
      },
      write: (value, shown) => {
        if (typeof value !== "string" || !isNumber(shown)) return value;
        const number = likeShown(value.replace(/^0+(?=\d)/, ""), shown);
        // A number only where reading it gives the code back, zeros and all.
        return isNumber(number) && String(number).padStart(digits, "0") === value ? number : value;
      },
      key: (value) => textKey(typeof value === "string" ? postalKey(value) : value),
      sample: (random) => {
        const number = letters(random, 5, "0123456789");
        return pick(random, [number, `SW1A ${number.slice(0, 1)}AA`, `sw1a${number.slice(0, 1)}aa`, `${number}-1234`]);
      },
      edges: ["01067", "SW1A 1AA", " 1010 ", "K1A-0B1", 1067, "１０１０"],
    };
  },
});

/** How codes are compared. */
export function postalKey(code: string): string {
  return narrow(code)
    .toUpperCase()
    .replace(/[\s\-./]/g, "");
}
