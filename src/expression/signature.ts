// How the arguments of a built-in function are checked and completed, as jsonata does it: the kinds of the arguments, one letter
// each, are matched against a pattern, and a parameter that got none may take the context (`$`) instead.
//
//   s text  n number  b boolean  l null  a list  o object  f function  m absent (fits everywhere)

import { spend } from "./budget.ts";
import { failed } from "./failure.ts";
import { Exact } from "../core/value.ts";
import { isList, type Item, type List } from "./sequence.ts";
import type { SafeRegex } from "./safe-regex.mjs";

/** A function handed to a built-in: written there, or another built-in by name. */
export class InlineFunction {
  readonly arity: number;
  readonly call: (args: readonly Item[]) => Item;

  constructor(arity: number, call: (args: readonly Item[]) => Item) {
    this.arity = arity;
    this.call = call;
  }
}

/** A regular expression handed to a built-in. Its place of reading is its own, so one is made for each evaluation. */
export class Pattern {
  readonly make: () => SafeRegex;
  readonly source: string;

  constructor(source: string, make: () => SafeRegex) {
    this.source = source;
    this.make = make;
  }
}

export type Argument = Item | InlineFunction | Pattern;

export interface Parameter {
  /** Letters of the kinds that fit, `m` among them unless it must be a function. */
  readonly kinds: string;
  /** The same as bits, which is quicker to ask. */
  readonly bits: number;
  /** Takes the context when it got no argument. */
  readonly context: boolean;
  readonly optional: boolean;
  /** The parameter is a list: anything else is put into one. The letter its items must all have, or "" for any. */
  readonly listOf: string | null;
}

const ANY = "asnblfom";
const LETTERS = "snblaofm";

/** Reads the short form: `s-` text or context, `n?` optional number, `a<n>` list of numbers, `(sf)` either, `x` anything. */
export function parameters(...short: string[]): readonly Parameter[] {
  return short.map((text) => {
    const [, kind = "", element] = /^(\(\w+\)|\w)(?:<(\w)>)?[-?]?$/.exec(text) ?? [];
    let kinds = `${kind.replace(/[()]/g, "")}m`;
    if (kind === "a" || kind === "x") kinds = ANY;
    else if (kind === "j") kinds = ANY.replace("f", "");
    else if (kind === "f") kinds = "f";
    return {
      kinds,
      bits: kinds.split("").reduce((bits, letter) => bits | (1 << LETTERS.indexOf(letter)), 0),
      context: text.endsWith("-"),
      optional: text.endsWith("?"),
      listOf: kind === "a" ? (element ?? "") : null,
    };
  });
}

function kindOf(value: Argument): string {
  return LETTERS.charAt(Math.log2(kindBit(value)));
}

/** One bit, at the place of the kind's letter in LETTERS. */
function kindBit(value: Argument): number {
  switch (typeof value) {
    case "string":
      return 1;
    case "number":
      return 2;
    case "boolean":
      return 4;
    case "undefined":
      return 128;
    default:
      if (value === null) return 8;
      if (Array.isArray(value)) return 16;
      if (value instanceof Exact) return 2;
      return value instanceof InlineFunction || value instanceof Pattern ? 64 : 32;
  }
}

/** Whether the function may get the argument just as it is. No: `bindArguments` says what becomes of it. */
export function fits(parameter: Parameter, arg: Argument): boolean {
  if ((parameter.bits & kindBit(arg)) === 0) return false;
  if (parameter.listOf === null || arg === undefined) return true;
  return isArgumentList(arg) && (parameter.listOf === "" || allOfKind(arg, parameter.listOf));
}

/** The arguments as the function gets them: one for each parameter. */
export function bindArguments(
  name: string,
  wanted: readonly Parameter[],
  args: readonly Argument[],
  context: Item,
): readonly Argument[] {
  // Nearly always each argument fits the parameter at its place and what is missing may be; then the pattern would say the same.
  let lists = false;
  for (let index = 0; index < wanted.length; index += 1) {
    const parameter = wanted[index] as Parameter;
    const fits = index < args.length ? (parameter.bits & kindBit(args[index])) !== 0 : parameter.optional;
    if (!fits) return matchArguments(name, wanted, args, context);
    if (parameter.listOf !== null && args[index] !== undefined) lists = true;
  }
  if (args.length > wanted.length) return matchArguments(name, wanted, args, context);
  return lists ? args.map((arg, index) => asWanted(name, wanted[index], arg, index)) : args;
}

const PATTERNS = new WeakMap<readonly Parameter[], RegExp>();

function patternOf(wanted: readonly Parameter[]): RegExp {
  let pattern = PATTERNS.get(wanted);
  if (pattern === undefined) {
    pattern = new RegExp(
      `^${wanted.map((one) => `([${one.kinds}]${one.context || one.optional ? "?" : ""})`).join("")}$`,
    );
    PATTERNS.set(wanted, pattern);
  }
  return pattern;
}

function matchArguments(
  name: string,
  wanted: readonly Parameter[],
  args: readonly Argument[],
  context: Item,
): readonly Argument[] {
  const match = patternOf(wanted).exec(args.map(kindOf).join(""));
  if (match === null) throw failed(`the arguments of $${name} are not of the kinds it takes`);
  let next = 0;
  return wanted.map((parameter, index) => {
    if (match[index + 1] === "" && parameter.context) {
      if (!parameter.kinds.includes(kindOf(context))) throw failed(`$${name} cannot be used on the value it stands on`);
      return context;
    }
    const arg = args[next];
    next += 1;
    return match[index + 1] === "" ? arg : asWanted(name, parameter, arg, index);
  });
}

function asWanted(name: string, parameter: Parameter | undefined, arg: Argument, index: number): Argument {
  const element = parameter?.listOf ?? null;
  if (element === null || arg === undefined) return arg;
  const list = isArgumentList(arg) ? arg : null;
  const fits = element === "" || (list === null ? kindOf(arg) === element : allOfKind(list, element));
  if (!fits)
    throw failed(
      `argument ${String(index + 1)} of $${name} must be a list of ${KIND_NAMES[element] ?? "other values"}`,
    );
  // A function in a list could only be given back, never called; jsonata wraps it all the same.
  return list ?? ([arg] as Item[]);
}

const KIND_NAMES: Readonly<Record<string, string>> = { n: "numbers", s: "texts", o: "objects" };

function isArgumentList(arg: Argument): arg is List {
  return !(arg instanceof InlineFunction) && !(arg instanceof Pattern) && isList(arg);
}

function allOfKind(list: List, kind: string): boolean {
  spend(list.length);
  const bit = 1 << LETTERS.indexOf(kind);
  for (const item of list) if (kindBit(item) !== bit) return false;
  return true;
}
