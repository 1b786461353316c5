// What list and set share: reading each item by its type, and items in one text with a separator.

import { z } from "zod";

import { isList, type Value } from "../../core/value.ts";
import { invalid, NULL_READING, shownText, textOf, valid } from "./reading.ts";
import { whole, type Random } from "./chance.ts";
import type { KnownType, TypeReading } from "./type.ts";

export const itemsDocs =
  "Each item is read by the type that `of` names, `{ list: email }` for short; any JSON value unless said. `separator` is for a side that keeps the items in one text; " +
  "an item that holds the separator is held, as is one item that is not of the type.";

const separatorSchema = z
  .string()
  .min(1)
  .max(10)
  .describe("This side keeps the items in one text, with this between them.");

export const itemsOptions = z.strictObject({ of: z.unknown().optional(), separator: separatorSchema.optional() });

export function itemsFileSchema(spec: z.ZodType): z.ZodType {
  return z.strictObject({
    of: spec.optional().describe("The type of the items."),
    separator: separatorSchema.optional(),
  });
}

export const itemsShort = {
  schema: z.string().describe("The type of the items."),
  toOptions: (given: Value): object | null => (typeof given === "string" ? { of: given } : null),
};

/** Where list and set differ. */
export interface ItemsRule {
  tidy(values: readonly Value[]): readonly Value[];
  /** Raw items for a record that shows these. */
  like(values: readonly Value[], shown: readonly Value[]): readonly Value[];
  key(values: readonly Value[]): string;
}

export function itemsForm(name: string, item: KnownType, separator: string | null, rule: ItemsRule): KnownType {
  const read = (raw: Value): TypeReading => {
    if (raw === null) return NULL_READING;
    const raws = separator === null ? (isList(raw) ? raw : null) : pieces(raw, separator);
    if (raws === null)
      return invalid(raw, separator === null ? "a list" : `a text with "${separator}" between its items`);
    const values: Value[] = [];
    for (const [index, rawItem] of raws.entries()) {
      const reading = item.read(rawItem);
      if (!reading.ok) return { ok: false, message: `item ${String(index + 1)}: ${reading.message}` };
      values.push(reading.value);
    }
    return valid(rule.tidy(values));
  };
  const key = (value: Value): string => (isList(value) ? rule.key(value) : shownText(value));
  const random = (source: Random): readonly Value[] =>
    Array.from({ length: whole(source, 0, 4) }, () => item.sample(source));

  return {
    name,
    lossless: item.lossless,
    read,
    write: (value, shown) => {
      if (!isList(value)) return value;
      if (separator === null) return rule.like(value, isList(shown) ? shown : []);
      const shownPieces = shown === undefined ? null : pieces(shown, separator);
      const texts = rule.like(value, shownPieces ?? []).map((raw) => (raw === null ? "" : (textOf(raw) ?? "")));
      const text = texts.join(isSpaced(shown, separator) ? `${separator} ` : separator);
      const back = read(text);
      // Items that the text does not give back (one holds the separator, one is empty) cannot be kept here: `read` refuses a list.
      const expected = item.lossless ? key(value) : rule.key(textsRead(item, texts));
      return back.ok && back.value !== null && key(back.value) === expected ? text : value;
    },
    key,
    sample: (source) => (separator === null ? random(source) : sampleText(random(source))),
    edges: separator === null ? [[], [[...item.edges][0] ?? null], item.edges] : ["", sampleText(item.edges)],
  };

  function sampleText(raws: readonly Value[]): string {
    const texts = raws
      .map((raw) => textOf(raw)?.trim() ?? "")
      .filter((text) => text !== "" && !text.includes(separator ?? ""));
    return texts.filter((text) => item.read(text).ok).join(separator ?? "");
  }
}

/** Items of a lossy type as they are after they were written: what the text must give back. */
function textsRead(item: KnownType, texts: readonly string[]): readonly Value[] {
  return texts.map((text) => {
    const reading = item.read(text);
    return reading.ok ? reading.value : text;
  });
}

/** The texts between separators, without white space at their ends; an empty text has none. */
function pieces(raw: Value, separator: string): readonly string[] | null {
  const text = textOf(raw);
  if (text === null) return null;
  return text.trim() === "" ? [] : text.split(separator).map((piece) => piece.trim());
}

function isSpaced(shown: Value | undefined, separator: string): boolean {
  return typeof shown === "string" && shown.includes(`${separator} `);
}
