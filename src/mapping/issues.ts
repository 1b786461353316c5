// Zod's findings in the words of our problems. Takes the findings by their shape, so that any schema's can be told.

import { didYouMean, problem, type KeyPath, type Problem } from "../core/problem.ts";

export type KnownKeys = (path: KeyPath) => readonly string[];

/** What we use of a zod issue. */
export interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly values?: readonly unknown[];
  readonly expected?: string;
  readonly errors?: readonly (readonly Issue[])[];
}

/**
 * @param found The value that was parsed: the findings do not hold it.
 * @param at Key path of `found` in its file.
 * @param known Names that an unknown key at this path of the file may have been meant to be.
 */
export function issueProblems(
  issues: readonly Issue[],
  found: unknown,
  at: KeyPath,
  known: KnownKeys,
): readonly Problem[] {
  return issues.flatMap((issue) => issueProblem(issue, found, at, known));
}

function issueProblem(issue: Issue, root: unknown, at: KeyPath, known: KnownKeys): readonly Problem[] {
  const below = issue.path.map((step) => (typeof step === "number" ? step : String(step)));
  const path = [...at, ...below];
  const found = below.reduce<unknown>(entryOf, root);
  switch (issue.code) {
    case "unrecognized_keys":
      return (issue.keys ?? []).map((key) => {
        const hint = didYouMean(key, known(path));
        return problem("E_UNKNOWN_KEY", [...path, key], `unknown key "${key}"`, {
          on: "key",
          ...(hint === undefined ? {} : { hint }),
        });
      });
    case "invalid_value": {
      if (found === undefined) return [missing(path)];
      const allowed = (issue.values ?? []).map(String);
      const hint = typeof found === "string" ? didYouMean(found, allowed) : undefined;
      return [
        problem("E_ENUM", path, `${shown(found)} is not a word known here`, {
          found: shown(found),
          expected: allowed.join(", "),
          ...(hint === undefined ? {} : { hint }),
        }),
      ];
    }
    case "invalid_union":
      return found === undefined ? [missing(path)] : issueProblems(nearestBranch(issue, found), found, path, known);
    case "invalid_type":
      if (found === undefined) return [missing(path)];
      return [
        problem("E_TYPE", path, `${kindOf(found)} stands where ${named(issue.expected ?? "another value")} is due`, {
          found: shown(found),
          expected: issue.expected ?? "another value",
        }),
      ];
    case "too_small":
    case "too_big":
      return [problem("E_RANGE", path, issue.message.replace(/^Too (small|big): /, ""), { found: shown(found) })];
    default:
      return [problem("E_TYPE", path, issue.message, { found: shown(found) })];
  }
}

function missing(path: KeyPath): Problem {
  const name = String(path.at(-1) ?? "the file");
  return problem("E_MISSING", path, `"${name}" is missing`, { on: "key", expected: name });
}

/** Of the ways a value could have been written, the one it got furthest in: its findings are the ones that help. */
function nearestBranch(issue: Issue, found: unknown): readonly Issue[] {
  const branches = issue.errors ?? [];
  const within = branches.filter(
    (branch) => branch.length > 0 && branch.every((each) => each.path.length > 0 || each.code === "unrecognized_keys"),
  );
  const best = within[0];
  if (best !== undefined) return best;
  const words = branches.flatMap((branch) =>
    branch
      .filter((each) => each.code === "invalid_value" && each.path.length === 0)
      .flatMap((each) => each.values ?? []),
  );
  if (words.length > 0 && typeof found === "string")
    return [{ code: "invalid_value", path: [], message: "", values: words }];
  const kinds = branches.flatMap((branch) =>
    branch.flatMap((each) => (each.expected === undefined ? (each.values?.map(String) ?? []) : [each.expected])),
  );
  return [{ code: "invalid_type", path: [], message: "", expected: [...new Set(kinds)].join(" or ") }];
}

function entryOf(value: unknown, step: string | number): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

function named(kind: string): string {
  return /^[aeiou]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

/** A value as a message quotes it: short, on one line. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? `"${value}"` : (JSON.stringify(value) ?? "nothing");
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
