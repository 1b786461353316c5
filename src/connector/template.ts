// `{{ expression }}` inside the strings of a connector file. A string that is one single `{{ }}` keeps the value's type; an
// absent value leaves its key, list entry, header or parameter out; a text with an absent part is absent as a whole. The key
// "..." puts the entries of its value among those beside it: { "...": "{{ changed }}", sparse: true }.
//
// A plain path of a variable ({{ page.token }}, {{ record }}) is read here, without the expression engine: it is the common
// case, and numbers keep every digit.

import type { Expression, ExpressionCompiler } from "../core/expression.ts";
import { jsonText } from "../core/json.ts";
import { valueAt } from "../core/path.ts";
import { didYouMean, problem, type KeyPath, type Problem } from "../core/problem.ts";
import { digitsOf, isFields, isList, type Fields, type Value } from "../core/value.ts";
import type { Variables } from "./protocol.ts";
import { standingAlone, wantedAt } from "./variables.ts";

export interface Template {
  /** Undefined: absent. @throws TemplateFailure when an expression fails on these variables. */
  evaluate(variables: Variables): Promise<Value | undefined>;
  /** Variables it reads. */
  readonly reads: ReadonlySet<string>;
}

export interface CompiledTemplate {
  /** Null when there are errors. */
  readonly template: Template | null;
  readonly problems: readonly Problem[];
}

export interface CompiledText {
  readonly parts: readonly TextPart[];
  readonly problems: readonly Problem[];
}

/** An expression that failed on the values it met: nothing was sent. */
export class TemplateFailure extends Error {
  override readonly name = "TemplateFailure";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface TemplateScope {
  readonly expressions: ExpressionCompiler;
  /** Variables that exist at this place. */
  readonly names: readonly string[];
  /** Names of `settings:`. */
  readonly settings: readonly string[];
  /** Names of what `signed` holds, where it is among the names. */
  readonly signed?: readonly string[];
}

/** A hole of a text, or the text between holes. */
export type TextPart = string | Template;

interface Site extends TemplateScope {
  readonly path: KeyPath;
  /** Keys from the top of the body, or the parameter's name: where the value is put. */
  readonly position: readonly string[];
  readonly problems: Problem[];
}

const PLAIN = /^[A-Za-z_][A-Za-z0-9_]*(?:\.(?:[A-Za-z_][A-Za-z0-9_]*|`[^`]+`))*$/;
const STEPS = /`([^`]+)`|([A-Za-z_][A-Za-z0-9_]*)/g;
/** The key whose value's entries stand among those beside it. */
export const SPREAD_KEY = "...";
const LITERALS = new Set(["true", "false", "null"]);

/** @param position Keys from the top of the body (or the parameter's name) to where the value is put. */
export function compileTemplate(
  value: unknown,
  path: KeyPath,
  position: readonly string[],
  scope: TemplateScope,
): CompiledTemplate {
  const problems: Problem[] = [];
  const template = compileNode(value, { ...scope, path, position, problems });
  return { template: problems.length === 0 ? template : null, problems };
}

/** The holes of one text and what stands between them, for paths, whose holes are encoded one by one. */
export function compileText(text: string, path: KeyPath, scope: TemplateScope): CompiledText {
  const problems: Problem[] = [];
  const parts = textParts(text, { ...scope, path, position: [], problems });
  return { parts, problems };
}

/** Text of a value inside a text: a string as it is, a number with all its digits, null as nothing, others as JSON. */
export function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (value === null) return "";
  return digitsOf(value) ?? jsonText(value);
}

function compileNode(value: unknown, site: Site): Template {
  if (typeof value === "string") return compileString(value, site);
  if (Array.isArray(value)) return listTemplate(value, site);
  if (typeof value === "object" && value !== null)
    return fieldsTemplate(value as Readonly<Record<string, unknown>>, site);
  return constant(typeof value === "number" || typeof value === "boolean" ? value : null);
}

function constant(value: Value): Template {
  const answer = Promise.resolve(value);
  return { evaluate: () => answer, reads: new Set() };
}

function listTemplate(list: readonly unknown[], site: Site): Template {
  const entries = list.map((entry, index) => compileNode(entry, { ...site, path: [...site.path, index] }));
  return {
    reads: union(entries),
    async evaluate(variables) {
      const values: Value[] = [];
      for (const entry of entries) {
        const value = await entry.evaluate(variables);
        if (value !== undefined) values.push(value);
      }
      return values;
    },
  };
}

function fieldsTemplate(fields: Readonly<Record<string, unknown>>, site: Site): Template {
  const entries = Object.entries(fields).map(([name, entry]) => {
    const position = name === SPREAD_KEY ? site.position : [...site.position, name];
    return [name, compileNode(entry, { ...site, path: [...site.path, name], position })] as const;
  });
  return {
    reads: union(entries.map(([, entry]) => entry)),
    async evaluate(variables) {
      const made: Record<string, Value> = {};
      for (const [name, entry] of entries) {
        const value = await entry.evaluate(variables);
        if (name === SPREAD_KEY && isFields(value)) Object.assign(made, value);
        else if (value !== undefined && name !== SPREAD_KEY) made[name] = value;
      }
      return made;
    },
  };
}

function compileString(text: string, site: Site): Template {
  const parts = textParts(text, site);
  const [only] = parts;
  if (parts.length === 0) return constant("");
  if (parts.length === 1 && only !== undefined) return typeof only === "string" ? constant(only) : only;
  const blank = parts.filter((part) => typeof part !== "string" || part.trim() !== "");
  // `" {{ x }} "` is still one single hole: the blanks around it mean nothing.
  if (blank.length === 1 && typeof blank[0] === "object") return blank[0];
  return {
    reads: union(parts.filter((part) => typeof part !== "string")),
    async evaluate(variables) {
      let made = "";
      for (const part of parts) {
        const value = typeof part === "string" ? part : await part.evaluate(variables);
        if (value === undefined) return undefined;
        made += textOf(value);
      }
      return made;
    },
  };
}

function textParts(text: string, site: Site): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (;;) {
    const open = text.indexOf("{{", from);
    if (open < 0) break;
    const close = holeEnd(text, open + 2);
    if (close < 0) {
      site.problems.push(
        problem("E_EXPR_SYNTAX", site.path, "a {{ has no }}", {
          found: text.slice(open, open + 40),
          hint: "close it with }}",
        }),
      );
      return parts;
    }
    if (open > from) parts.push(text.slice(from, open));
    parts.push(compileHole(text.slice(open + 2, close).trim(), site));
    from = close + 2;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

/** Index of the `}}` that ends a hole: not one inside a string, nor one that closes two objects. -1: none. */
function holeEnd(text: string, from: number): number {
  let depth = 0;
  let quote: string | null = null;
  for (let index = from; index < text.length; index += 1) {
    const character = text[index];
    if (quote !== null) {
      if (character === "\\") index += 1;
      else if (character === quote) quote = null;
    } else if (character === '"' || character === "'" || character === "`") quote = character;
    else if (character === "{") depth += 1;
    else if (character === "}") {
      if (depth === 0) return text[index + 1] === "}" ? index : -1;
      depth -= 1;
    }
  }
  return -1;
}

function compileHole(source: string, site: Site): Template {
  if (source === "") {
    site.problems.push(
      problem("E_EXPR_SYNTAX", site.path, "{{ }} holds no expression", { hint: "write a name or an expression" }),
    );
    return constant(null);
  }
  const plain = PLAIN.test(source) && !LITERALS.has(source);
  const steps = plain ? [...source.matchAll(STEPS)].map((match) => match[1] ?? match[2] ?? "") : [];
  const [variable = "", ...below] = steps;
  if (plain && !knownName(variable, below, source, site)) return constant(null);
  if (plain && below.length === 0) {
    const { position } = site;
    return { reads: new Set([variable]), evaluate: async (variables) => standingAlone(variables, variable, position) };
  }
  if (plain) return { reads: new Set([variable]), evaluate: async (variables) => along(variables[variable], below) };
  const expression = compileExpression(source, site);
  if (expression === null) return constant(null);
  return {
    reads: new Set(expression.reads ?? site.names),
    evaluate: (variables) => evaluateExpression(expression, variables, site.position),
  };
}

/** A path maps over lists as in JSONata, but a list stays one, also with a single entry: `{{ items.id }}` is a list of ids. */
function along(value: Value | undefined, steps: readonly string[]): Value | undefined {
  const [step, ...rest] = steps;
  if (step === undefined || value === undefined) return value;
  if (!isList(value)) return along(valueAt(value, [step]), rest);
  const found = value.flatMap((entry) => along(entry, steps) ?? []);
  return found.length === 0 ? undefined : found;
}

function knownName(variable: string, below: readonly string[], source: string, site: Site): boolean {
  const known = site.names.includes(variable);
  const [setting] = below;
  const members = variable === "settings" ? site.settings : variable === "signed" ? site.signed : undefined;
  if (known && (members === undefined || setting === undefined || members.includes(setting))) return true;
  const hint =
    variable === "secrets"
      ? "requests do not see secrets: name the secret under `auth:`"
      : variable === "signed" && !known
        ? "it comes with auth: { scheme: signed }"
        : known
          ? (didYouMean(setting ?? "", members ?? []) ??
            `declare it under \`${variable === "signed" ? "auth.values" : "settings"}:\``)
          : didYouMean(variable, site.names);
  const what = known ? `${variable} has no "${setting ?? ""}"` : `there is no variable "${variable}" here`;
  site.problems.push(
    problem("E_EXPR_NAME", site.path, what, {
      found: `{{ ${source} }}`,
      expected: (known ? (members ?? []) : site.names).join(", "),
      ...(hint === undefined ? {} : { hint }),
    }),
  );
  return false;
}

function compileExpression(source: string, site: Site): Expression | null {
  const compiled = site.expressions.compile(source, { bindings: [], names: site.names });
  if (compiled.ok) return compiled.expression;
  const at = compiled.position === null ? "" : ` (at character ${String(compiled.position + 1)})`;
  site.problems.push(
    problem(compiled.code, site.path, compiled.message + at, {
      found: `{{ ${source} }}`,
      ...(compiled.hint === null ? {} : { hint: compiled.hint }),
    }),
  );
  return null;
}

async function evaluateExpression(
  expression: Expression,
  variables: Variables,
  position: readonly string[],
): Promise<Value | undefined> {
  const input: Record<string, Value> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined || name.includes("@")) continue;
    const seen = name === "wanted" ? wantedAt(value, position) : value;
    if (seen !== undefined) input[name] = seen;
  }
  const [result] = await expression.evaluate([input satisfies Fields]);
  if (result === undefined) throw new Error(`the expression ${expression.source} gave no result for its input`);
  if (!result.ok) throw new TemplateFailure(result.code, `{{ ${expression.source} }}: ${result.message}`);
  return result.value;
}

function union(templates: readonly Template[]): ReadonlySet<string> {
  return new Set(templates.flatMap((template) => [...template.reads]));
}

/** The text of a template's value, for headers and parameters; undefined: left out. Lists are joined with commas. */
export async function evaluateText(template: Template, variables: Variables): Promise<string | undefined> {
  const value = await template.evaluate(variables);
  if (value === undefined || value === null) return undefined;
  if (isList(value) && value.every((entry) => !isList(entry) && !isFields(entry))) return value.map(textOf).join(",");
  return textOf(value);
}
