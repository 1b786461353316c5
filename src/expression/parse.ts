// Source text to tree, with jsonata's own parser. What is wrong with the text is told in words of ours, with its place.

import jsonata from "jsonata";
import { decodeTree } from "./decode.ts";
import { Refusal } from "./refusal.ts";
import type { Node } from "./tree.ts";

/** Longer text is a program, not an expression; the parser's time and stack are bounded by it. */
const LENGTH_MAX = 20_000;

/**
 * The parser copies the left side of `??` and `?:`, so each level of them inside another doubles the tree. A level needs
 * brackets around it; beyond this many levels the tree could be thousands of times the text.
 */
const DEFAULT_LEVELS_MAX = 8;

/** @throws Refusal E_EXPR_SYNTAX. */
export function parseExpression(source: string): Node {
  if (source.trim() === "") throw new Refusal("E_EXPR_SYNTAX", "the expression is empty", 0);
  if (source.length > LENGTH_MAX) {
    throw new Refusal("E_EXPR_SYNTAX", `the expression is longer than ${String(LENGTH_MAX)} characters`, LENGTH_MAX);
  }
  refuseDeepDefaults(source);
  let tree: unknown;
  try {
    tree = jsonata(source).ast();
  } catch (thrown) {
    throw syntaxRefusal(source, thrown);
  }
  return decodeTree(source, tree);
}

function refuseDeepDefaults(source: string): void {
  const levels = new Set<number>();
  let depth = 0;
  // Text in quotes is skipped; brackets of a regular expression may be miscounted, which only makes the count rough.
  for (const match of source.matchAll(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\?[?:]|[([{}\])]/gs)) {
    const [token] = match;
    if (token === "??" || token === "?:") levels.add(depth);
    else if ("([{".includes(token)) depth += 1;
    else if (")]}".includes(token)) depth -= 1;
    if (levels.size <= DEFAULT_LEVELS_MAX) continue;
    throw new Refusal(
      "E_EXPR_SYNTAX",
      `?? and ?: are nested more than ${String(DEFAULT_LEVELS_MAX)} deep`,
      match.index,
      {
        hint: "give the inner ones a name first: ( $x := a ?? b; $x ?? c )",
      },
    );
  }
}

/** jsonata throws plain objects: code, position (after the token), token, value, message. */
interface ParserError {
  readonly code?: string;
  readonly position?: number;
  readonly token?: unknown;
  readonly value?: unknown;
  readonly message?: string;
}

function syntaxRefusal(source: string, thrown: unknown): Refusal {
  if (thrown instanceof RangeError) return new Refusal("E_EXPR_SYNTAX", "the expression is nested too deeply", null);
  if (typeof thrown !== "object" || thrown === null) throw thrown;
  const error: ParserError = thrown;
  if (thrown instanceof SyntaxError) return new Refusal("E_EXPR_SYNTAX", thrown.message, null);
  if (typeof error.code !== "string" || !error.code.startsWith("S")) throw thrown;
  return new Refusal("E_EXPR_SYNTAX", syntaxMessage(error), startOf(source, error));
}

function startOf(source: string, { position, token }: ParserError): number | null {
  if (position === undefined) return null;
  const length = typeof token === "string" ? token.length : 0;
  const start = position - length;
  return start >= 0 && source.slice(start, position) === token ? start : Math.min(position, source.length);
}

function syntaxMessage(error: ParserError): string {
  const token = tokenText(error.token);
  const atEnd = error.token === "(end)";
  switch (error.code) {
    case "S0101":
      return "a text in quotes is not closed";
    case "S0105":
      return "a name in backquotes is not closed";
    case "S0106":
      return "a comment is not closed";
    case "S0201":
      return `${token} is not expected here`;
    case "S0202":
      return atEnd
        ? `${tokenText(error.value)} is missing at the end`
        : `${tokenText(error.value)} is expected here, not ${token}`;
    case "S0203":
      return `${tokenText(error.value)} is missing at the end`;
    case "S0207":
      return "the expression ends too early: something is missing at the end";
    case "S0211":
      return atEnd
        ? "the expression ends too early: something is missing at the end"
        : `something is missing before ${token}`;
    default:
      return lowerFirst(error.message ?? `syntax error ${error.code ?? ""}`);
  }
}

function tokenText(token: unknown): string {
  return token === "(end)" ? "the end" : JSON.stringify(token ?? "");
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
