// country: carried as the two-letter ISO 3166 code, in whatever form each side has it.

import { z } from "zod";

import type { Value } from "../../core/value.ts";
import { defineType } from "./definition.ts";
import { invalid, likeShown, NULL_READING, textOf, textKey, valid } from "./reading.ts";
import { COUNTRY_CODES, countryOf, type Country } from "./countries.ts";
import { isNumber } from "./exact-decimal.ts";
import { pick } from "./chance.ts";

const COUNTRY_FORMS = ["alpha2", "alpha3", "numeric", "name"] as const;
export type CountryForm = (typeof COUNTRY_FORMS)[number];

export const countryFormSchema = z
  .enum(COUNTRY_FORMS)
  .describe(
    "What this side is sent: DE, DEU, 276 or Germany. Unless said: the form that its record shows, else alpha2.",
  );

export const countryType = defineType({
  name: "country",
  docs: {
    summary:
      "A country. Codes of two or three letters, the three-digit number and the English name with its usual variants are all read (DE, DEU, 276, Germany), in any case; " +
      "it travels as the two-letter code. `{ country: name }` says what that side is sent. Anything else is held.",
    example: "country: { crm: { at: country, as: { country: name } }, billing: address.country, as: country }",
  },
  options: z.strictObject({ form: countryFormSchema.optional() }),
  short: { schema: countryFormSchema, toOptions: (given) => (typeof given === "string" ? { form: given } : null) },
  build: ({ form }) => ({
    name: "country",
    lossless: true,
    read: (raw) => {
      if (raw === null) return NULL_READING;
      const country = countryIn(raw);
      return country === null ? invalid(raw, "a country") : valid(country.alpha2);
    },
    write: (value, shown) => writeCountry(value, shown, form),
    key: textKey,
    sample: (random) => writeCountry(pick(random, COUNTRY_CODES), undefined, pick(random, COUNTRY_FORMS)),
    edges: [
      "de",
      "DEU",
      "276",
      40,
      "004",
      "Côte d’Ivoire",
      "cote d'ivoire",
      " The Netherlands ",
      "UK",
      "Kosovo",
      "St. Lucia",
      "Trinidad & Tobago",
    ],
  }),
});

/** A number code as a number has lost its zeros: 40 is 040, Austria. */
function countryIn(raw: Value): Country | null {
  const text = textOf(raw);
  return text === null ? null : countryOf(isNumber(raw) ? text.padStart(3, "0") : text);
}

export function writeCountry(value: Value, shown: Value | undefined, form: CountryForm | undefined): Value {
  const country = typeof value === "string" ? countryOf(value) : null;
  if (country === null) return value;
  const shownCountry = shown === undefined ? null : countryIn(shown);
  const shownForm = shownCountry === null || shown === undefined ? null : formOf(shown, shownCountry);
  // Another name for the same country stands as it is.
  if (shown !== undefined && shownCountry?.alpha2 === country.alpha2 && (form === undefined || form === shownForm))
    return shown;
  const text = country[form ?? shownForm ?? "alpha2"] ?? country.alpha2;
  if (isNumber(shown)) return likeShown(text.replace(/^0+/, ""), shown);
  const isSmall = typeof shown === "string" && shownForm !== "name" && shown !== shown.toUpperCase();
  return isSmall && text.length <= 3 ? text.toLowerCase() : text;
}

function formOf(shown: Value, country: Country): CountryForm {
  const word = (textOf(shown) ?? "").trim().toUpperCase();
  if (word === country.alpha2) return "alpha2";
  if (word === country.alpha3) return "alpha3";
  return /^\d+$/.test(word) ? "numeric" : "name";
}
