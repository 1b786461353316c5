// Where two values part: the smallest places that differ, each with what was expected and what was found.

import { pathText, valueAt, type Path } from "../../core/path.ts";
import { isFields, isList, sameValue, type Fields, type Value } from "../../core/value.ts";

export interface Difference {
  /** From the value compared. */
  readonly path: Path;
  /** Undefined: nothing was expected there. */
  readonly expected: Value | undefined;
  /** Undefined: nothing was found there. */
  readonly found: Value | undefined;
}

/**
 * @param mayBeUnsaid Whether what was found at a path may stand there although nothing was expected.
 */
export function differencesOf(
  expected: Value | undefined,
  found: Value | undefined,
  mayBeUnsaid: (path: Path, found: Value) => boolean,
  path: Path = [],
): readonly Difference[] {
  if (expected === undefined && found === undefined) return [];
  if (expected === undefined) return found === undefined || mayBeUnsaid(path, found) ? [] : [{ path, expected, found }];
  if (found === undefined) return [{ path, expected, found }];
  if (isFields(expected) && isFields(found)) {
    const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])];
    return names.flatMap((name) => differencesOf(expected[name], found[name], mayBeUnsaid, [...path, name]));
  }
  if (isList(expected) && isList(found) && expected.length === found.length) {
    return expected.flatMap((entry, index) => differencesOf(entry, found[index], mayBeUnsaid, [...path, index]));
  }
  return sameValue(expected, found) ? [] : [{ path, expected, found }];
}

/** Parts that a write repeats from the record as it was, or that come of rules that give a constant, need not be said. */
export function unsaidParts(before: Fields | null, chosen: Fields): (path: Path, found: Value) => boolean {
  return (path, found) => {
    const was = before === null ? undefined : valueAt(before, path);
    if (path.length > 1 && was !== undefined && sameValue(was, found)) return true;
    return valueAt(chosen, path) === undefined;
  };
}

export function placeText(path: Path): string {
  return path.length === 0 ? "" : pathText(path);
}
