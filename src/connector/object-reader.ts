// Reading texts of one object's block: each method tells what is wrong and answers with something usable in any case.

import { parsePath, type Path } from "../core/path.ts";
import { problem, type KeyPath, type Problem } from "../core/problem.ts";
import { parseDuration } from "../core/units.ts";

export class ObjectReader {
  readonly problems: Problem[] = [];
  readonly at: KeyPath;

  constructor(at: KeyPath) {
    this.at = at;
  }

  path(text: string | undefined, key: KeyPath, fallback: Path): Path {
    return this.maybePath(text, key) ?? fallback;
  }

  maybePath(text: string | undefined, key: KeyPath): Path | null {
    if (text === undefined) return null;
    const path = parsePath(text);
    if (path === null) {
      this.problems.push(
        problem("E_PATH", [...this.at, ...key], `"${text}" is not a path`, {
          found: text,
          expected: "names with dots between, as in address.country or lines[0].sku",
          hint: 'quote a name that has a dot in it: "custom.field"',
        }),
      );
    }
    return path;
  }

  duration(text: string | undefined, key: KeyPath, fallback: number, maxMs: number): number {
    if (text === undefined) return fallback;
    const ms = parseDuration(text);
    if (ms === null || ms > maxMs) {
      this.problems.push(
        problem("E_RANGE", [...this.at, ...key], `${text} is out of range`, {
          found: text,
          expected: `a duration up to ${String(maxMs / 86_400_000)}d`,
        }),
      );
    }
    return ms ?? fallback;
  }
}
