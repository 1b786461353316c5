// What someone can fix in a file. Problems are collected and reported all at once, never thrown one by one.

/** Where in a file: the keys from the top, list positions as numbers. */
export type KeyPath = readonly (string | number)[];

export interface Problem {
  /** `E_…` stops the file from being used, `W_…` does not. Documented in docs/problems.md. */
  readonly code: string;
  readonly path: KeyPath;
  /** Whether the place meant is the key itself or its value. */
  readonly on: "key" | "value";
  /** One sentence: what is wrong, in the words of the file. */
  readonly message: string;
  readonly found: string | null;
  readonly expected: string | null;
  /** What to type instead. */
  readonly hint: string | null;
  /** Where inside the text that stands at `path`, counted from 1: the text of a query. */
  readonly within?: { readonly line: number; readonly column: number };
}

/** A problem with its place in a file. `line` and `column` count from 1. */
export interface LocatedProblem extends Problem {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export function isError(problem: Problem): boolean {
  return problem.code.startsWith("E_");
}

/** The one way to write a problem down; what is not said is null. */
export function problem(
  code: string,
  path: KeyPath,
  message: string,
  more: { on?: "key" | "value"; found?: string; expected?: string; hint?: string } = {},
): Problem {
  return {
    code,
    path,
    on: more.on ?? "value",
    message,
    found: more.found ?? null,
    expected: more.expected ?? null,
    hint: more.hint ?? null,
  };
}

/** The one of `names` that `name` was probably meant to be; null when none is near. */
function nearestName(name: string, names: readonly string[]): string | null {
  let best: string | null = null;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `did you mean "x"?`, or undefined when nothing is near. */
export function didYouMean(name: string, names: readonly string[]): string | undefined {
  const nearest = nearestName(name, names);
  return nearest === null ? undefined : `did you mean "${nearest}"?`;
}

/** Edits (insert, remove, replace, swap of neighbours) from one word to the other. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
