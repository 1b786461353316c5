// What a record is looked up by on its system.

import type { Fields } from "../core/value.ts";

/** The first list of names whose values are all there. */
export function findKey(lists: readonly (readonly string[])[], record: Fields): Fields | null {
  for (const names of lists) {
    const key: Record<string, Fields[string]> = {};
    for (const name of names) {
      const value = record[name];
      if (value !== undefined && value !== null && value !== "") key[name] = value;
    }
    if (names.length > 0 && Object.keys(key).length === names.length) return key;
  }
  return null;
}
