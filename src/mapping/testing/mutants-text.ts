// What all changes of a mapping file are made with.

import type { Fields, Value } from "../../core/value.ts";

/** What a YAML file holds is JSON. */
export function plain(found: unknown): Value {
  return found === undefined ? null : (found as Value);
}

export function without(fields: Fields, key: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name !== key));
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
