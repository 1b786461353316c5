// What of a record the rules, scope and matching of one side look at. From it come the fingerprint, and the names a connector
// is asked for.

import { valueAt, type Path } from "../core/path.ts";
import { canonicalText, type Fields } from "../core/value.ts";

export interface Reads {
  /** No path is a part of another. */
  readonly paths: readonly Path[];
  /** An expression reads what cannot be told beforehand: the whole record counts. */
  readonly whole: boolean;
}

/** @param expressions What each expression reads: top-level names, or null where that cannot be told. */
export function compileReads(paths: readonly Path[], expressions: readonly (readonly string[] | null)[]): Reads {
  const named = expressions.flatMap((names) => names ?? []).map((name): Path => [name]);
  const byText = new Map([...paths, ...named].map((path) => [JSON.stringify(path), path]));
  const sorted = [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
  const whole = expressions.includes(null) || sorted.some((path) => path.length === 0);
  return { paths: sorted.filter((path) => !sorted.some((other) => other !== path && startsWith(path, other))), whole };
}

/** Equal exactly when all that is read is equal. Absent differs from null. */
export function readText(reads: Reads, record: Fields): string {
  if (reads.whole) return canonicalText(record);
  let text = "";
  for (const path of reads.paths) {
    const value = valueAt(record, path);
    text += value === undefined ? "," : `${canonicalText(value)},`;
  }
  return text;
}

export function startsWith(path: Path, start: Path): boolean {
  return start.length <= path.length && start.every((step, index) => path[index] === step);
}
