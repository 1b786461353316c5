// `{ score: { name: 0.5, phone: 0.3 }, link_at: 0.95, review_at: 0.8 }`: a match by how alike fields are. A scored field may lose
// detail: what it finds is weighed, not believed.

import { didYouMean, problem, type KeyPath } from "../core/problem.ts";
import type { CompileContext } from "./compile-context.ts";
import { shown } from "./issues.ts";
import type { FieldLens } from "./lens.ts";
import { scoreRule, type ReadableScoreRule, type ScoredField } from "./match-score.ts";

export const SCORE_KEYS: readonly string[] = ["score", "link_at", "review_at"];

export interface MatchFields {
  readonly compiled: readonly FieldLens[];
  /** All that the file names, those that could not be compiled too. */
  readonly named: readonly string[];
}

/** @param index The rule's place among the entity's match rules. Null: reported. */
export function compileScore(
  entry: Readonly<Record<string, unknown>>,
  fields: MatchFields,
  { index, at }: { readonly index: number; readonly at: KeyPath },
  context: CompileContext,
): ReadableScoreRule | null {
  for (const key of Object.keys(entry)) if (!SCORE_KEYS.includes(key)) reportUnknown(key, at, context);
  const scored = scoredFields(entry["score"], fields, [...at, "score"], context);
  const linkAt = share(entry["link_at"], [...at, "link_at"], context);
  const reviewAt = share(entry["review_at"], [...at, "review_at"], context);
  if (linkAt !== null && reviewAt !== null && reviewAt >= linkAt) {
    const message = `\`review_at\` (${String(reviewAt)}) is not below \`link_at\` (${String(linkAt)}), so no record would ever be shown to a person`;
    context.report(
      problem("E_RANGE", [...at, "review_at"], message, {
        found: String(reviewAt),
        expected: `less than ${String(linkAt)}`,
      }),
    );
    return null;
  }
  return scored === null || linkAt === null || reviewAt === null
    ? null
    : scoreRule(index, scored, { linkAt, reviewAt });
}

function reportUnknown(key: string, at: KeyPath, context: CompileContext): void {
  const hint = didYouMean(key, SCORE_KEYS);
  const more = { expected: SCORE_KEYS.join(", "), ...(hint === undefined ? {} : { hint }) };
  context.report(problem("E_UNKNOWN_KEY", [...at, key], `unknown key "${key}"`, { on: "key", ...more }));
}

function scoredFields(
  weights: unknown,
  fields: MatchFields,
  at: KeyPath,
  context: CompileContext,
): readonly ScoredField[] | null {
  if (weights === undefined) {
    const hint = "score: { name: 0.5, phone: 0.3 }";
    context.report(
      problem("E_MISSING", at, "the fields to compare, each with its weight, are missing", { on: "key", hint }),
    );
    return null;
  }
  if (typeof weights !== "object" || weights === null || Array.isArray(weights)) {
    const expected = "fields with their weights, as { name: 0.5, phone: 0.3 }";
    context.report(problem("E_TYPE", at, `${shown(weights)} says no weights`, { found: shown(weights), expected }));
    return null;
  }
  const entries = Object.entries(weights);
  if (entries.length === 0)
    context.report(problem("E_MISSING", at, "a score needs at least one field", { on: "value" }));
  const scored = entries.map(([name, weight]) => scoredField(name, weight, fields, [...at, name], context));
  const found = scored.filter((field) => field !== null);
  return found.length === scored.length && found.length > 0 ? found : null;
}

function scoredField(
  name: string,
  weight: unknown,
  fields: MatchFields,
  at: KeyPath,
  context: CompileContext,
): ScoredField | null {
  if (typeof weight !== "number") {
    context.report(
      problem("E_TYPE", at, `${shown(weight)} is not a weight`, { found: shown(weight), expected: "a number above 0" }),
    );
    return null;
  }
  if (!Number.isFinite(weight) || weight <= 0) {
    context.report(
      problem("E_RANGE", at, `the weight of "${name}" must be above 0`, {
        found: String(weight),
        expected: "a number above 0",
      }),
    );
    return null;
  }
  const lens = fields.compiled.find(({ policy }) => policy.name === name);
  if (lens === undefined) {
    if (!fields.named.includes(name)) reportUnknownField(name, fields.named, at, context, "key");
    return null;
  }
  const fault = scoreFault(lens, context);
  if (fault === null) return { lens, weight };
  context.report(
    problem("E_KEY", at, `field "${name}" ${fault}, so it cannot be compared`, { on: "key", found: name }),
  );
  return null;
}

export function reportUnknownField(
  name: string,
  known: readonly string[],
  at: KeyPath,
  context: CompileContext,
  on: "key" | "value",
): void {
  const hint = didYouMean(name, known);
  const more = { on, found: name, expected: known.join(", "), ...(hint === undefined ? {} : { hint }) };
  context.report(problem("E_KEY", at, `there is no field "${name}"`, more));
}

/** Detail may be lost, but there must be something of both sides to compare. */
function scoreFault({ ref, lines, sides }: FieldLens, { names }: CompileContext): string | null {
  if (ref !== null) return "holds an id that differs on the two sides";
  if (lines !== null) return "is a list of lines";
  for (const side of ["left", "right"] as const)
    if (sides[side].source.kind === "none") return `is not read on ${names[side]}`;
  return null;
}

function share(given: unknown, at: KeyPath, context: CompileContext): number | null {
  const expected = "a number above 0, up to 1";
  const name = String(at.at(-1));
  if (given === undefined) {
    const hint = name === "link_at" ? "link_at: 0.95" : "review_at: 0.8";
    context.report(problem("E_MISSING", at, `\`${name}\` is missing`, { on: "key", expected, hint }));
  } else if (typeof given !== "number") {
    context.report(problem("E_TYPE", at, `${shown(given)} is not a score`, { found: shown(given), expected }));
  } else if (!(given > 0 && given <= 1)) {
    context.report(
      problem("E_RANGE", at, `${String(given)} is no score that records can have`, { found: String(given), expected }),
    );
  } else return given;
  return null;
}
