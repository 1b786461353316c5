// sku: an article number, kept character for character: 00123 stays 00123.

import { z } from "zod";

import type { Value } from "../../core/value.ts";
import { defineType } from "./definition.ts";
import { invalid, likeShown, NULL_READING, textOf, textKey, valid } from "./reading.ts";
import { isNumber } from "./exact-decimal.ts";
import { letters, pick, whole } from "./chance.ts";

const LENGTH_MAX = 200;
const GTIN_LENGTHS = [8, 12, 13, 14] as const;

export const skuType = defineType({
  name: "sku",
  docs: {
    summary:
      "An article number. It travels character for character, leading zeros and case included; only white space at its ends makes no difference. " +
      "`{ sku: gtin }` is for EAN, UPC and GTIN: the check digit is checked, a UPC equals the same number as EAN with a zero before it, and one stored as a number gets its zeros back.",
    example: "sku: { as: sku }\nbarcode: { as: { sku: gtin } }",
  },
  options: z.strictObject({
    gtin: z.boolean().optional().describe("The number is a GTIN (EAN, UPC) with a check digit."),
  }),
  short: {
    schema: z.literal("gtin").describe("A GTIN (EAN, UPC) with a check digit."),
    toOptions: (given) => (given === "gtin" ? { gtin: true } : null),
  },
  build: ({ gtin = false }) => ({
    name: "sku",
    lossless: true,
    read: (raw) => {
      if (raw === null) return NULL_READING;
      const text = textOf(raw);
      if (text === null || text.length > LENGTH_MAX) return invalid(raw, "an article number");
      if (!gtin) return valid(text);
      const code = isNumber(raw) ? withLostZeros(text) : text;
      return isGtin(code.trim())
        ? valid(code)
        : invalid(raw, "a GTIN of 8, 12, 13 or 14 digits with a right check digit");
    },
    write: (value, shown) => {
      if (typeof value !== "string" || !isNumber(shown)) return value;
      if (!gtin) return likeShown(value, shown);
      const number = likeShown(value.replace(/^0+/, ""), shown);
      return isNumber(number) ? number : value;
    },
    key: (value) => textKey(typeof value === "string" ? skuKey(value, gtin) : value),
    sample: (random) => {
      if (gtin) {
        const body = letters(random, pick(random, GTIN_LENGTHS) - 1, "0123456789");
        return body + checkDigit(body);
      }
      return pick<Value>(random, [letters(random, whole(random, 1, 9), "00AbZ9-_. /"), whole(random, 0, 99_999)]);
    },
    edges: gtin
      ? ["00000000", "4006381333931", "036000291452", 36000291452, "0036000291452"]
      : ["00123", 123, "", "  A-1 ", "a-1", "1e5", "12345678901234567890"],
  }),
});

function skuKey(text: string, gtin: boolean): string {
  return gtin ? text.trim().padStart(14, "0") : text.normalize("NFC").trim();
}

function isGtin(code: string): boolean {
  if (!/^\d+$/.test(code) || !GTIN_LENGTHS.some((length) => length === code.length)) return false;
  return checkDigit(code.slice(0, -1)) === code.slice(-1);
}

/** GS1: from the right, every other digit counts three times; the last one makes the sum a multiple of ten. */
function checkDigit(body: string): string {
  let sum = 0;
  for (let index = 0; index < body.length; index += 1) {
    const weight = (body.length - index) % 2 === 1 ? 3 : 1;
    sum += Number(body[index]) * weight;
  }
  return String((10 - (sum % 10)) % 10);
}

/** The shortest GTIN that this number can be. */
function withLostZeros(digits: string): string {
  return digits.padStart(GTIN_LENGTHS.find((length) => length >= digits.length) ?? 0, "0");
}
