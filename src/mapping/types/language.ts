// language: a BCP 47 language tag in its canonical form.

import { z } from "zod";

import { defineType } from "./definition.ts";
import { invalid, NULL_READING, textKey, valid } from "./reading.ts";
import { pick } from "./chance.ts";

const formSchema = z
  .enum(["hyphen", "underscore"])
  .describe("What this side is sent: en-US or en_US. Unless said: as its record shows, else en-US.");
const LENGTH_MAX = 60;

export const languageType = defineType({
  name: "language",
  docs: {
    summary:
      "A language tag such as de, en-US or zh-Hant. Case, `_` for `-`, and old or long codes (deu, iw) make no difference; it travels in its canonical form. " +
      "`{ language: underscore }` is for a side that writes en_US.",
    example: "locale: { crm: { at: lang, as: { language: underscore } }, as: language }",
  },
  options: z.strictObject({ form: formSchema.optional() }),
  short: { schema: formSchema, toOptions: (given) => (typeof given === "string" ? { form: given } : null) },
  build: ({ form }) => ({
    name: "language",
    lossless: true,
    read: (raw) => {
      if (raw === null) return NULL_READING;
      const tag = typeof raw === "string" && raw.length <= LENGTH_MAX ? canonicalTag(raw) : null;
      return tag === null ? invalid(raw, "a language tag such as en or de-AT") : valid(tag);
    },
    write: (value, shown) => {
      if (typeof value !== "string") return value;
      const underscore = form === undefined ? typeof shown === "string" && shown.includes("_") : form === "underscore";
      return underscore ? value.replaceAll("-", "_") : value;
    },
    key: textKey,
    sample: (random) =>
      `${pick(random, ["de", "EN", "fra", "pt", "zh-Hant"])}${pick(random, ["", "-AT", "_us", "-419"])}`,
    edges: ["de", "en_US", "iw", "deu", "ZH-hant-tw", "sr_latn_rs", "de-DE-u-co-phonebk"],
  }),
});

function canonicalTag(raw: string): string | null {
  try {
    return Intl.getCanonicalLocales(raw.trim().replaceAll("_", "-"))[0] ?? null;
  } catch {
    return null; // how the platform says "not a language tag"
  }
}
