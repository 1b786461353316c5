// Forms of values that are not field types of the file: the words of a `values` table, and ids of records (`ref`). Both are
// compared as text, whether a system shows them as text or as numbers.

import { remoteId } from "../core/ids.ts";
import { digitsOf, exactNumber, type Value } from "../core/value.ts";
import type { FieldType } from "./types/type.ts";

/** The text of a scalar; null for lists, objects and null. */
export function scalarText(value: Value): string | null {
  if (typeof value === "string") return value;
  return typeof value === "boolean" ? String(value) : digitsOf(value);
}

/** A word of a `values` table whose rule names no type. */
export const wordType: FieldType = {
  name: "word",
  lossless: true,
  read: (raw) => {
    if (raw === null || scalarText(raw) !== null) return { ok: true, value: raw };
    return { ok: false, message: "a list or an object stands where a word of the table is due" };
  },
  write: formLike,
  key: textKey,
};

/** The id of another record. An empty text names none. */
export const idType: FieldType = {
  name: "id",
  lossless: true,
  read: (raw) => {
    if (raw === null || raw === "") return { ok: true, value: null };
    const id = remoteId(raw);
    return id === null ? { ok: false, message: "this is not the id of a record" } : { ok: true, value: id };
  },
  write: (value, shown) => (typeof shown === "number" ? formLike(value, shown) : value),
  key: textKey,
};

/** An id that a side holds in the form of a type, such as `as: integer`. */
export function idTypeIn(type: FieldType): FieldType {
  return {
    ...idType,
    write: (value, shown) => {
      const reading = type.read(value);
      return reading.ok ? type.write(reading.value, shown) : idType.write(value, shown);
    },
  };
}

function textKey(value: Value): string {
  return JSON.stringify(scalarText(value));
}

/** The value in the JSON type that the record shows now. */
function formLike(value: Value, shown: Value | undefined): Value {
  const text = scalarText(value);
  if (text === null || shown === undefined || shown === null) return value;
  if (typeof shown === "string") return text;
  if (typeof shown === "boolean") return text === "true" ? true : text === "false" ? false : value;
  return exactNumber(text) ?? value;
}
