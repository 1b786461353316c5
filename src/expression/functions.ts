// Which functions an expression may call, and which it may not and why.

import { listFunctions } from "./list-functions.ts";
import { numberFunctions } from "./number-functions.ts";
import { parameters, type Parameter } from "./signature.ts";
import { textFunctions } from "./text-functions.ts";
import type { Builtin, Builtins } from "./builtin.ts";
import type { Node } from "./tree.ts";

const compiled: Builtins = { ...textFunctions, ...numberFunctions, ...listFunctions };

/** Only jsonata itself evaluates these: rare, or a language of their own. */
const interpreted: Readonly<Record<string, readonly Parameter[]>> = {
  single: parameters("a", "f?"),
  zip: parameters("a"),
  spread: parameters("x-"),
  clone: parameters("(oa)-"),
  formatNumber: parameters("n-", "s", "o?"),
  formatBase: parameters("n-", "n?"),
  formatInteger: parameters("n-", "s"),
  parseInteger: parameters("s-", "s"),
};

interface Forbidden {
  readonly why: string;
  /** What to write instead. */
  readonly instead: string;
}

const SAME = "the same input must always give the same result";

const forbidden: Readonly<Record<string, Forbidden>> = {
  eval: { why: "it runs text as a program", instead: "write that program out, here" },
  random: { why: SAME, instead: "take something of the record that differs from others, as its id" },
  shuffle: { why: SAME, instead: "$sort gives an order that stays" },
  now: { why: SAME, instead: "take a time of the record, as when it was changed" },
  millis: { why: SAME, instead: "take a time of the record, as when it was changed" },
};

/** The function as compiled code calls it; null: it is left to jsonata. */
export function compiledFunction(name: string): Builtin | null {
  return Object.hasOwn(compiled, name) ? (compiled[name] ?? null) : null;
}

/** What a function takes; null: there is no such function, or it is forbidden. */
export function functionParameters(name: string): readonly Parameter[] | null {
  if (Object.hasOwn(interpreted, name)) return interpreted[name] ?? null;
  return compiledFunction(name)?.parameters ?? null;
}

/** Null: it is not. */
export function whyForbidden(name: string): Forbidden | null {
  return Object.hasOwn(forbidden, name) ? (forbidden[name] ?? null) : null;
}

export const functionNames: readonly string[] = [...Object.keys(compiled), ...Object.keys(interpreted)].sort();

/** Takes a function written in its place; the position of that argument. Null: it takes none. */
export function functionArgument(name: string): number | null {
  if (name === "replace") return 2;
  const takers = ["map", "filter", "single", "reduce", "sort", "each", "sift"];
  return takers.includes(name) ? 1 : null;
}

/**
 * Places by which the arguments written stand later than they are counted: one is already there from the left of `~>`, or the
 * first is the context, as in `name.$contains(/x/)`.
 */
export function argumentShift(name: string, args: readonly (Node | null)[], given: number): number {
  if (given > 0) return given;
  const first = args[0]?.kind;
  const isFunction = first === "regex" || first === "lambda" || first === "partial";
  return isFunction && functionParameters(name)?.[0]?.context === true ? 1 : 0;
}

/** Takes a regular expression as its second argument. */
export function takesPattern(name: string): boolean {
  return ["contains", "match", "replace", "split"].includes(name);
}
