// text: the raw value travels; what counts as equal is said by the options.

import { z } from "zod";

import { defineType } from "./definition.ts";
import { invalid, likeShown, NULL_READING, textKey, textOf, valid } from "./reading.ts";
import { sampleText, TEXT_EDGES } from "./text-domain.ts";

const EQUAL = ["trim", "lower", "nfc", "width"] as const;

const equalSchema = z
  .array(z.enum(EQUAL))
  .describe(
    "Differences that are no difference: trim (white space at the ends), lower (case), width (full-width letters), nfc (how accents are composed; always on).",
  );

const CUT_MAX = 1_000_000;

export const textType = defineType({
  name: "text",
  docs: {
    summary:
      "Any text; numbers and booleans are read as their text. The value travels as it is. Two texts are equal when they are the same " +
      "characters, however accents are composed; `trim`, `lower` and `width` let more count as equal without changing what is sent. " +
      "`cut: 40` is the one option that changes what is sent: at most that many characters, never half of one.",
    example:
      "company: { as: { text: [trim, lower] } }\nnote: { billing: { at: memo, as: { text: { cut: 40 } } }, as: text }",
  },
  options: z.strictObject({
    equal: equalSchema.optional(),
    cut: z
      .int()
      .min(1)
      .max(CUT_MAX)
      .optional()
      .describe("The most characters that this side is sent; the rest is cut off."),
  }),
  short: {
    schema: z.union([equalSchema, z.enum(EQUAL).describe("One difference that is no difference.")]),
    toOptions: (given) =>
      typeof given === "string" ? { equal: [given] } : Array.isArray(given) ? { equal: given } : null,
  },
  build: ({ equal = [], cut }) => {
    const folded = foldOf(new Set(equal));
    return {
      name: "text",
      lossless: cut === undefined,
      read: (raw) => {
        if (typeof raw === "string") return { ok: true, value: raw };
        if (raw === null) return NULL_READING;
        const text = typeof raw === "boolean" ? String(raw) : textOf(raw);
        return text === null ? invalid(raw, "text") : valid(text);
      },
      write: (value, shown) => {
        if (typeof value !== "string") return value;
        const text = cut === undefined ? value : cutText(value, cut);
        if (typeof shown === "string" || shown === undefined) return text;
        if (typeof shown === "boolean") return text === "true" ? true : text === "false" ? false : text;
        return likeShown(text, shown);
      },
      key: (value) => textKey(typeof value === "string" ? folded(value) : value),
      sample: sampleText,
      edges: TEXT_EDGES,
    };
  },
});

function foldOf(equal: ReadonlySet<string>): (text: string) => string {
  const trim = equal.has("trim");
  const lower = equal.has("lower");
  const width = equal.has("width");
  if (!trim && !lower && !width) return (text) => text.normalize("NFC");
  return (text) => {
    let folded = width ? narrow(text) : text;
    folded = folded.normalize("NFC");
    // Lower-casing can take a letter apart (İ), so it is composed again.
    if (lower) folded = folded.toLowerCase().normalize("NFC");
    return trim ? folded.trim() : folded;
  };
}

/** Full-width and half-width forms (U+FF00 to U+FFEF) and the wide space, as the ordinary characters. */
export function narrow(text: string): string {
  return text.replace(/[\u3000\uff00-\uffef]+/g, (wide) => wide.normalize("NFKC"));
}

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** The first whole characters, as people count them, that fit into so many code points. */
function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  let kept = "";
  let count = 0;
  for (const { segment } of graphemes.segment(text)) {
    count += Array.from(segment).length;
    if (count > max) break;
    kept += segment;
  }
  return kept;
}
