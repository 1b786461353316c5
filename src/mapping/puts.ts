// Where a canonical value goes on a side that is written by paths, and what may stand in its way.

import { pathText, valueAt, type Path } from "../core/path.ts";
import { isFields, isList, type Fields, type Value } from "../core/value.ts";
import type { SideLens } from "./lens.ts";

/** One value at one path. */
export interface Put {
  readonly path: Path;
  readonly value: Value;
}

/** Where a canonical value goes on a side without expressions. @param before What stands there now. */
export function plainPuts({ type, target }: SideLens, value: Value, before: Fields): readonly Put[] {
  if (target.kind === "path") {
    return [{ path: target.path, value: value === null ? null : type.write(value, valueAt(before, target.path)) }];
  }
  if (target.kind !== "parts") return [];
  const shown = target.paths.map((path) => valueAt(before, path));
  const parts = value === null ? shown.map(() => null) : target.type.split(value, shown);
  return target.paths.map((path, index) => ({ path, value: parts[index] ?? null }));
}

/** What stands in the way of a path: something that is neither an object nor a list, and that no rule may replace. */
export function obstacleOn(record: Fields, path: Path): string | null {
  for (let length = 1; length < path.length; length += 1) {
    const above = path.slice(0, length);
    const there = valueAt(record, above);
    if (there === undefined || there === null) return null;
    const fits = typeof path[length] === "number" ? isList(there) : isFields(there);
    if (!fits) return `${pathText(above)} holds a value of its own, so nothing can be put at ${pathText(path)}`;
  }
  return null;
}
