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
  /** Takes the context when it got no argument. */
  readonly context: boolean;
  readonly optional: boolean;
  /** The parameter is a list: anything else is put into one. The letter its items must all have, or "" for any. */
  readonly listOf: string | null;
}

const ANY = "asnblfom";

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
      context: text.endsWith("-"),
      optional: text.endsWith("?"),
      listOf: kind === "a" ? (element ?? "") : null,
    };
  });
}

export function kindOf(value: Argument): string {
  switch (typeof value) {
    case "string":
      return "s";
    case "number":
      return "n";
    case "boolean":
      return "b";
    case "undefined":
      return "m";
    default:
      if (value === null) return "l";
      if (Array.isArray(value)) return "a";
      if (value instanceof Exact) return "n";
      return value instanceof InlineFunction || value instanceof Pattern ? "f" : "o";
  }
}

/** The arguments as the function gets them: one for each parameter. */
export function bindArguments(
  name: string,
  wanted: readonly Parameter[],
  args: readonly Argument[],
  context: Item,
): readonly Argument[] {
  // Nearly always each argument fits the parameter at its place and what is missing may be; then the pattern would say the same.
  let direct = args.length <= wanted.length;
  let lists = false;
  for (let index = 0; direct && index < wanted.length; index += 1) {
    const parameter = wanted[index];
    if (parameter === undefined) break;
    if (index >= args.length) direct = parameter.optional;
    else if (!parameter.kinds.includes(kindOf(args[index]))) direct = false;
    if (parameter.listOf !== null) lists = true;
  }
  if (direct && !lists) return args;
  return direct
    ? args.map((arg, index) => asWanted(name, wanted[index], arg, index))
    : matchArguments(name, wanted, args, context);
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
  if (parameter?.listOf == null || arg === undefined) return arg;
  const element = parameter.listOf;
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
  return list.every((item) => kindOf(item) === kind);
}
