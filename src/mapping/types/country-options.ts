// Options that name a country.

import { z } from "zod";

import { COUNTRY_CODES, countryOf } from "./countries.ts";

const CODES = new Set(COUNTRY_CODES);

/** A two-letter code; editors are told all of them. */
export const countryCodeSchema = z
  .string()
  .refine((code) => CODES.has(code), {
    params: {
      code: "E_ENUM",
      expected: "a country code of two capital letters, such as GB",
      meant: (found: string) => countryOf(found)?.alpha2 ?? null,
    },
  })
  .meta({ enum: [...COUNTRY_CODES] });
