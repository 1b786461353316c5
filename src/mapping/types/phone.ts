// phone: E.164, whatever way it was typed, and sent so.

import { z } from "zod";
// The smallest of the library's tables: it knows prefixes and lengths, not which numbers were given out. That is enough to
// normalise, and it does not refuse a new number range. 83 KB instead of 157.
import { isSupportedCountry, parsePhoneNumberFromString, type CountryCode } from "libphonenumber-js/min";

import { defineType } from "./definition.ts";
import { invalid, NULL_READING, textOf, textKey, valid } from "./reading.ts";
import { COUNTRY_CODES } from "./countries.ts";
import { countryCodeSchema } from "./country-options.ts";
import { pick, whole } from "./chance.ts";

/** Parsed numbers that are remembered; parsing takes some ten microseconds and pages repeat. Full: forgotten altogether. */
const REMEMBERED_MAX = 20_000;
const TYPED_MAX = 60;

const countrySchema = countryCodeSchema.refine((code) => !COUNTRY_CODES.includes(code) || isSupportedCountry(code), {
  params: { code: "E_ENUM", expected: "a country that has phone numbers of its own" },
});

export const phoneType = defineType({
  name: "phone",
  docs: {
    summary:
      "A phone number in any usual spelling; it travels and is sent as E.164 (`+442079460000`, with `;ext=12` for an extension). " +
      "Numbers without a country code are read with the country given: `{ phone: GB }`; without one they are held.",
    example: "phone: { as: { phone: GB } }",
  },
  options: z.strictObject({
    country: countrySchema
      .optional()
      .describe("The country of numbers that are written without a country code (ISO 3166, two letters)."),
  }),
  short: {
    schema: countryCodeSchema.describe("The country of numbers that are written without a country code."),
    toOptions: (given) => (typeof given === "string" ? { country: given } : null),
  },
  build: ({ country }) => {
    const remembered = new Map<string, string | null>();
    const parse = (text: string): string | null => {
      const known = remembered.get(text);
      if (known !== undefined) return known;
      const number = parsedNumber(text, country);
      if (remembered.size >= REMEMBERED_MAX) remembered.clear();
      remembered.set(text, number);
      return number;
    };
    const advice =
      country === undefined ? "give the country of numbers without a country code, as in { phone: GB }" : "";
    return {
      name: "phone",
      lossless: true,
      read: (raw) => {
        if (raw === null) return NULL_READING;
        const text = textOf(raw);
        const number = text === null || text.length > TYPED_MAX ? null : parse(text);
        if (number !== null) return valid(number);
        return invalid(raw, "a phone number", text !== null && /^\s*[\d(]/.test(text) ? advice : "");
      },
      write: (value) => value,
      key: textKey,
      sample: (random) => {
        const line = String(whole(random, 0, 999)).padStart(3, "0");
        const spelled = [
          `+442079460${line}`,
          `+44 20 7946 0${line}`,
          `+44 (0)20 7946-0${line}`,
          `0044 20 7946 0${line} ext. 12`,
        ];
        const typed = pick(random, [...spelled, ` +1 212-555-0${line}`]);
        return typed.startsWith("00") && country === undefined ? `+${typed.slice(2)}` : typed.replace(/^00/, "+");
      },
      edges: [
        "+12125550100",
        "+44 20 7946 0000 x12",
        "+442079460000;ext=12",
        "tel:+44-20-7946-0000",
        "+49 (0) 30 123456",
        "+39 06 1234 5678",
      ],
    };
  },
});

function parsedNumber(text: string, country: string | undefined): string | null {
  // 00 is how most of the world dials abroad; the library takes it only from countries that do.
  const typed = text
    .normalize("NFKC")
    .trim()
    .replace(/^tel:/i, "")
    .replace(/^00(?=[1-9])/, "+");
  const parsed = parsePhoneNumberFromString(typed, {
    extract: false,
    // The schema has checked that the library knows the country.
    ...(country === undefined ? {} : { defaultCountry: country as CountryCode }),
  });
  if (parsed === undefined || !parsed.isPossible()) return null;
  return parsed.ext === undefined ? parsed.number : `${parsed.number};ext=${parsed.ext}`;
}
