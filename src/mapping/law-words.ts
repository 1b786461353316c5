// The classes of rules, and what is said of one in the words of the file.

import { otherSide, type BySide, type Side } from "../core/ids.ts";
import { problem, type KeyPath, type Problem } from "../core/problem.ts";
import type { Value } from "../core/value.ts";
import { jsonText } from "../core/json.ts";
import type { Counterexample } from "./law-trial.ts";

export type RuleClass =
  | { readonly kind: "iso" | "lossy-both" | "forward" | "unproven" }
  /** `keeps` has the detail that the other side loses. */
  | { readonly kind: "lossy"; readonly keeps: Side }
  | { readonly kind: "unlawful"; readonly counterexample: Counterexample };

export interface RulePlace {
  readonly at: KeyPath;
  /** The rule says `law: lossy`. */
  readonly accepted: boolean;
  readonly names: BySide<string>;
}

/** What is wrong with a two-way rule of this class; null: nothing. */
export function lawProblem(found: RuleClass, { at, accepted, names }: RulePlace): Problem | null {
  if (found.kind === "lossy-both" && !accepted) {
    const message = "each side loses detail that the other has, so an edit of one changes what the other showed";
    const hint = `say \`law: lossy\` with \`conflict: ${names.left}\` (or ${names.right}) to accept it`;
    return problem("E_LAW_VIOLATION", at, message, { on: "key", hint });
  }
  if (found.kind !== "unlawful") return null;
  const message = counterexampleText(found.counterexample, names);
  if (accepted) return problem("W_LAW_VIOLATION", at, message, { on: "key", hint: "`law: lossy` accepts it" });
  const hint = `give the rule a \`direction\`, or reads and writes that undo each other; \`law: lossy\` with \`conflict: ${names.left}\` accepts it`;
  return problem("E_LAW_VIOLATION", at, message, { on: "key", hint });
}

/** One sentence with the values as the sides show them. */
function counterexampleText(example: Counterexample, names: BySide<string>): string {
  const [here, there] = [names[example.from], names[otherSide(example.from)]];
  const { value, across, again, over } = example;
  if (over === undefined) {
    return `${quoted(value)} in ${here} becomes ${quoted(across)} in ${there}, and after going back and across again ${quoted(again)}`;
  }
  return `${quoted(value)} in ${here} becomes ${quoted(across)} in ${there}, but ${quoted(again)} where ${there} showed ${quoted(over)} before: the \`write\` leaves a part of it standing`;
}

/** What a class means, as one sentence for people. */
export function classMeaning(found: RuleClass, names: BySide<string>): string {
  switch (found.kind) {
    case "iso":
      return "nothing is lost either way";
    case "lossy": {
      const [keeps, loses] = [names[found.keeps], names[otherSide(found.keeps)]];
      return `${loses} keeps less than ${keeps}: the detail in ${keeps} survives other edits, and goes when ${loses} edits this field`;
    }
    case "lossy-both":
      return "each side loses detail that the other has";
    case "forward":
      return "one way";
    case "unlawful":
      return counterexampleText(found.counterexample, names);
    case "unproven":
      return "no value that was tried could be carried both ways";
  }
}

/** The class in the words of the specification; left and right are the sides in the order of `sides`. */
export function classText(found: RuleClass): string {
  if (found.kind === "lossy") return found.keeps === "left" ? "lossy left > right" : "lossy right > left";
  return found.kind === "lossy-both" ? "lossy both" : found.kind;
}

const QUOTED_MAX = 120;

/** A value on one line, so that white space at its ends shows. */
export function quoted(value: Value): string {
  const text = jsonText(value);
  return text.length > QUOTED_MAX ? `${text.slice(0, QUOTED_MAX - 1)}…` : text;
}
