// The record that a probe writes: a copy of one that is there, with names of its own, so that nobody else's is touched.

import type { ConnectorFile } from "../file.ts";
import { parsePath } from "../../core/path.ts";
import { isFields, isList, type Fields, type Value } from "../../core/value.ts";

export interface SampleFields {
  /** What is sent. */
  readonly record: Fields;
  /** Names in it whose values are free text that nobody else depends on. */
  readonly texts: readonly string[];
  readonly decimals: readonly string[];
  readonly times: readonly string[];
  /** Names that tell records apart; they hold the mark. */
  readonly keys: readonly string[];
}

/**
 * @param like A record of the object, decoded; or what a person said.
 * @param mark Letters and digits that no other record holds.
 */
export function sampleOf(file: ConnectorFile, object: string, like: Fields, mark: string): SampleFields {
  const part = file.objects[object];
  const fields = part?.fields ?? {};
  const skipped = new Set(
    [part?.id ?? "id", part?.version, part?.modified, part?.deleted].flatMap((text) => topOf(text, fields)),
  );
  const record: Record<string, Value> = {};
  for (const [name, value] of Object.entries(like)) {
    const isOurs = !skipped.has(name) && fields[name]?.read_only !== true && value !== null;
    // What lies deeper may be a list of other records; it is left as the system makes it.
    if (isOurs && !isList(value) && !isFields(value)) record[name] = value;
  }
  const keys = (part?.natural_keys ?? []).filter((name) => typeof record[name] === "string");
  for (const name of keys) record[name] = marked(textAt(record, name), mark);
  const typed = (type: string): readonly string[] => Object.keys(record).filter((name) => fields[name]?.type === type);
  const times = typed("datetime");
  const isFree = (name: string): boolean =>
    typeof record[name] === "string" &&
    !keys.includes(name) &&
    (fields[name]?.type ?? "text") === "text" &&
    isWords(textAt(record, name));
  return { record, texts: Object.keys(record).filter(isFree), decimals: typed("decimal"), times, keys };
}

function textAt(record: Fields, name: string): string {
  const value = record[name];
  return typeof value === "string" ? value : "";
}

/** The mark in a value that keeps its form: before the @ of an address, at the end of anything else. */
export function marked(value: string, mark: string): string {
  const at = value.indexOf("@");
  if (at > 0) return `probe-${mark}${value.slice(at)}`;
  return /^\d+$/.test(value) ? digitsOf(mark, value.length) : `probe-${mark}`;
}

function digitsOf(mark: string, length: number): string {
  const digits = mark.replaceAll(/./g, (letter) => String(letter.charCodeAt(0) % 10));
  return digits.padEnd(length, "7").slice(-length).replace(/^0/, "9");
}

/** Free text has letters, and no form that a machine could ask for: an address, an id, a code, a time. */
function isWords(value: string): boolean {
  return /\p{L}{3}/u.test(value) && !/[@:/_]|\d{3}|^[A-Z0-9-]+$|^[a-z]+$/.test(value);
}

function topOf(text: string | undefined, fields: ConnectorFile["objects"][string]["fields"] & {}): readonly string[] {
  if (text === undefined) return [];
  const top = parsePath(text)?.[0];
  const named = Object.entries(fields).flatMap(([name, field]) => (field.at === text ? [name] : []));
  return [...named, text, ...(typeof top === "string" && parsePath(text)?.length === 1 ? [top] : [])];
}
