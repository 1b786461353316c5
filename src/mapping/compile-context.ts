// What every part of compiling a mapping needs, and the small notations that stand all over the file: names of sides, paths,
// directions, resolutions, expressions.

import type { Expression, ExpressionCompiler } from "../core/expression.ts";
import type { Resolution } from "../core/field.ts";
import type { BySide, Side } from "../core/ids.ts";
import { parsePath, type Path } from "../core/path.ts";
import { didYouMean, problem, type KeyPath, type Problem } from "../core/problem.ts";

export interface CompileContext {
  /** The file's names of the sides. */
  readonly names: BySide<string>;
  readonly expressions: ExpressionCompiler;
  /** Country of phone numbers and the like whose rule names none; null: none is assumed. */
  readonly country: string | null;
  report(problem: Problem): void;
}

/** A one-way street. */
export interface Direction {
  readonly giving: Side;
  readonly receiving: Side;
}

function sideNamed(name: string, { names }: CompileContext): Side | null {
  if (name === names.left) return "left";
  return name === names.right ? "right" : null;
}

/** The keys of an object that are names of sides, by side. Any other key is reported. */
export function sideEntries<T>(
  entries: Readonly<Record<string, T>>,
  at: KeyPath,
  context: CompileContext,
  known: readonly string[] = [],
): Partial<BySide<T>> {
  const found: { left?: T; right?: T } = {};
  for (const [key, entry] of Object.entries(entries)) {
    const side = sideNamed(key, context);
    if (side !== null) found[side] = entry;
    else if (!known.includes(key)) reportUnknownKey(key, at, context, known);
  }
  return found;
}

function reportUnknownKey(key: string, at: KeyPath, context: CompileContext, known: readonly string[]): void {
  const sides = [context.names.left, context.names.right];
  const hint = didYouMean(key, [...sides, ...known]);
  const expected = known.length === 0 ? sides.join(" or ") : `${sides.join(", ")}, ${known.join(", ")}`;
  const more = hint === undefined ? { expected } : { expected, hint };
  context.report(problem("E_UNKNOWN_KEY", [...at, key], `unknown key "${key}"`, { on: "key", ...more }));
}

/** Names that every JavaScript object already has: what is looked up by name would find them. */
export function reportReservedName(name: string, at: KeyPath, context: CompileContext): void {
  if (!(name in Object.prototype)) return;
  context.report(
    problem("E_RESERVED", at, `"${name}" cannot be used as a name`, {
      on: "key",
      found: name,
      hint: "give it another name",
    }),
  );
}

export function readPath(text: string, at: KeyPath, context: CompileContext): Path | null {
  const parsed = text.startsWith(".") ? null : parsePath(text);
  const path = typeof parsed?.[0] === "number" ? null : parsed; // a record has names, not positions
  if (path === null) {
    const expected =
      'names joined by dots, list positions in brackets, odd names in quotes: a.b, lines[0].sku, "custom.field"';
    context.report(problem("E_PATH", at, `"${text}" is not a path`, { found: text, expected }));
  }
  return path;
}

/** `crm -> billing`; null: reported. */
export function readDirection(text: string, at: KeyPath, context: CompileContext): Direction | null {
  const [giver, receiver, ...more] = text.split("->").map((part) => part.trim());
  const giving = sideNamed(giver ?? "", context);
  const receiving = sideNamed(receiver ?? "", context);
  if (more.length === 0 && giving !== null && receiving !== null && giving !== receiving) return { giving, receiving };
  const { left, right } = context.names;
  const expected = `${left} -> ${right}, or ${right} -> ${left}`;
  context.report(
    problem("E_ENUM", at, `"${text}" is not a direction between the two sides`, { found: text, expected }),
  );
  return null;
}

/** For whoever left it out. */
export function directionHint({ names }: CompileContext): string {
  return `direction: ${names.left} -> ${names.right}`;
}

/** A word of `conflict` or `at_link`; null: none is said, or it is reported. */
export function readResolution(text: string | undefined, at: KeyPath, context: CompileContext): Resolution | null {
  if (text === undefined) return null;
  if (text === "review" || text === "newest") return text;
  const side = sideNamed(text, context);
  if (side === null) reportWord(text, ["review", "newest", context.names.left, context.names.right], at, context);
  return side;
}

function reportWord(found: string, allowed: readonly string[], at: KeyPath, context: CompileContext): void {
  const hint = didYouMean(found, allowed);
  const more = { found, expected: allowed.join(", "), ...(hint === undefined ? {} : { hint }) };
  context.report(problem("E_ENUM", at, `"${found}" is not a word known here`, more));
}

/** An expression over a record. @param bindings Names of the variables it may use beside `$`. */
export function readExpression(
  source: string,
  at: KeyPath,
  context: CompileContext,
  bindings: readonly string[] = [],
): Expression | null {
  const compiled = context.expressions.compile(source, { bindings, names: null });
  if (compiled.ok) return compiled.expression;
  const place = compiled.position === null ? "" : ` (at character ${String(compiled.position + 1)})`;
  const hint = compiled.hint === null ? {} : { hint: compiled.hint };
  context.report(problem(compiled.code, at, `${compiled.message}${place}`, { found: source, ...hint }));
  return null;
}
