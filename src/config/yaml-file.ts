// A YAML 1.2 file with its places: what it holds, and where each key and value stands. What cannot be read is E_PARSE with
// its line and column. Bounded on purpose: a file is written by a person, and a parser must not be a way to exhaust us.

import { statSync } from "node:fs";

import {
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Pair,
} from "yaml";

import { plainDecimal } from "../core/value.ts";
import { problem, type KeyPath, type LocatedProblem, type Problem } from "../core/problem.ts";
import { yamlFault } from "./yaml-fault.ts";

/** Larger is no hand-written file. Too small: long tables are refused. Too large: reading one takes seconds. */
const BYTES_MAX = 2_097_152;

/** Brackets inside brackets; the parser itself fails fatally at some ten thousands (measured, yaml 2.9, Node 20). */
const DEPTH_MAX = 200;

/** Uses of anchors, nested uses multiplied: the parser's own measure of an alias bomb. */
const ALIASES_MAX = 100;

interface Place {
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

export interface YamlFile {
  /** As named to people. */
  readonly file: string;
  /** What the file holds, plain; null when it could not be read (or holds nothing). */
  readonly value: unknown;
  /** False: `value` means nothing, and a problem says why. */
  readonly readable: boolean;
  readonly problems: readonly LocatedProblem[];
  /** Where the key or value at this path stands; of a path that is missing, its nearest ancestor that is there. */
  locate(this: void, path: KeyPath, on: "key" | "value", within?: Place): Place;
  /** True for a value written without quotes, as a word in the open. */
  isPlain(this: void, path: KeyPath): boolean;
}

/** @param prepare Rewrites the text before it is parsed, to text of the same length. */
export function readYaml(bytes: Uint8Array, file: string, prepare = (text: string): string => text): YamlFile {
  const decoded = decodeText(bytes);
  if (typeof decoded !== "string") return unreadable(file, [decoded]);
  const text = prepare(decoded);
  const tooDeep = nestingFault(text);
  if (tooDeep !== null) return unreadable(file, [tooDeep]);

  const lines = new LineCounter();
  // A key is its text: `007: x` is not the number 7.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error",
    stringKeys: true,
  });
  const faults = documentFaults(document, lines);
  if (faults.length > 0) return unreadable(file, faults);

  const value = plainValue(document);
  if (!value.ok) return unreadable(file, [{ place: firstAlias(document, lines), ...value.fault }]);
  const locate = (path: KeyPath, on: "key" | "value", within?: Place): Place =>
    (within === undefined ? null : placeWithin(text, document, path, within)) ?? placeOf(document, path, on, lines);
  return {
    file,
    value: value.value,
    readable: true,
    problems: locateProblems(scalarProblems(document), { file, locate }),
    locate,
    isPlain: (path) => {
      const found = follow(document, path);
      return found.whole && isScalar(found.node) && found.node.type === "PLAIN";
    },
  };
}

/** A file that cannot be opened, in the same shape. */
export function missingFile(file: string, found: Problem): YamlFile {
  return { ...unreadable(file, []), problems: [{ ...found, file, line: 1, column: 1 }] };
}

export function locateProblems(
  problems: readonly Problem[],
  { file, locate }: Pick<YamlFile, "file" | "locate">,
): readonly LocatedProblem[] {
  return problems.map((each) => ({ ...each, file, ...locate(each.path, each.on, each.within) }));
}

interface Fault {
  readonly place: Place;
  readonly message: string;
  readonly hint: string;
}

function unreadable(file: string, faults: readonly Fault[]): YamlFile {
  const problems = faults.map(({ place, message, hint }) => ({
    ...problem("E_PARSE", [], message, { hint }),
    file,
    ...place,
  }));
  return {
    file,
    value: null,
    readable: false,
    problems,
    locate: () => ({ line: 1, column: 1 }),
    isPlain: () => false,
  };
}

const START: Place = { line: 1, column: 1 };

function decodeText(bytes: Uint8Array): string | Fault {
  if (bytes.length > BYTES_MAX) {
    const message = `the file is ${String(bytes.length)} bytes long; at most ${String(BYTES_MAX)} are read`;
    return { place: START, message, hint: "split it into several files" };
  }
  const [first, second, third] = bytes;
  const marked = first === 0xef && second === 0xbb && third === 0xbf;
  const wide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (marked || wide) {
    const message = "the file begins with a byte order mark (an invisible character that some editors put there)";
    return { place: START, message, hint: "save it as UTF-8 without BOM" };
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { place: invalidAt(bytes), message: "the file is not UTF-8 text", hint: "save it as UTF-8" };
  }
}

/** Where the text stops being UTF-8. */
function invalidAt(bytes: Uint8Array): Place {
  const readable = new TextDecoder("utf-8").decode(bytes).split("\uFFFD", 1)[0] ?? "";
  const lines = readable.split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** Nested so deep that it is no file of a person: found before the parser is asked. Counts brackets in quotes, too. */
function nestingFault(text: string): Fault | null {
  let depth = 0;
  let line = 1;
  let lineStart = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === "\n") {
      line += 1;
      lineStart = index + 1;
    } else if (character === "[" || character === "{") depth += 1;
    else if (character === "]" || character === "}") depth = Math.max(0, depth - 1);
    if (depth > DEPTH_MAX) return tooDeep({ line, column: index - lineStart + 1 });
  }
  const markers = /^[ \t]*(?:[-?:][ \t]+){100}/m.exec(text);
  if (markers === null) return null;
  return tooDeep({ line: text.slice(0, markers.index).split("\n").length, column: 1 });
}

function tooDeep(place: Place): Fault {
  return { place, message: `nested more than ${String(DEPTH_MAX)} levels deep`, hint: "close the brackets before" };
}

/** The first fault of the text, and every doubled key: what follows a first fault is mostly its echo. */
function documentFaults(document: Document.Parsed, lines: LineCounter): readonly Fault[] {
  const [first] = document.errors.filter(({ code }) => code !== "DUPLICATE_KEY");
  const doubled = document.errors.filter(({ code }) => code === "DUPLICATE_KEY");
  const told = [...doubled, ...(first === undefined ? [] : [first])];
  return [...told, ...document.warnings].map(({ code, message, pos }) => ({
    place: placeAt(pos[0], lines),
    ...yamlFault(code, message),
  }));
}

type Plain =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly fault: { readonly message: string; readonly hint: string } };

function plainValue(document: Document.Parsed): Plain {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: ALIASES_MAX }) };
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const bomb = error.message.startsWith("Excessive");
    return {
      ok: false,
      fault: bomb
        ? { message: "aliases (*name) stand for more than a file may hold", hint: "write the values out" }
        : { message: "an alias (*name) has no anchor (&name) before it", hint: "quote the value if a * was meant" },
    };
  }
}

function firstAlias(document: Document.Parsed, lines: LineCounter): Place {
  let at: number | null = null;
  visit(document, {
    Alias(_, alias) {
      // The one without an anchor, or else the first that there is.
      const lost = alias.resolve(document) === undefined;
      if (at === null || lost) at = alias.range?.[0] ?? null;
      return lost ? visit.BREAK : undefined;
    },
  });
  return placeAt(at ?? 0, lines);
}

/** Numbers that would lose digits, and names that JavaScript keeps for itself. */
function scalarProblems(document: Document.Parsed): readonly Problem[] {
  const found: Problem[] = [];
  const walk = (node: unknown, path: KeyPath): void => {
    if (isSeq(node)) node.items.forEach((item, index) => walk(item, [...path, index]));
    if (isMap(node)) {
      for (const { key, value } of node.items) {
        const name = isScalar(key) ? String(key.value) : "";
        if (name === "__proto__") {
          found.push(
            problem("E_PATH", [...path, name], `no key can be called "${name}"`, { on: "key", hint: "remove it" }),
          );
        }
        walk(value, [...path, name]);
      }
    }
    if (isScalar(node) && typeof node.value === "number" && node.source !== undefined && losesDigits(node.source)) {
      const message = "a number with more digits than can be kept";
      found.push(problem("E_RANGE", path, message, { found: node.source, hint: `quote it: "${node.source}"` }));
    }
  };
  walk(document.contents, []);
  return found;
}

function losesDigits(source: string): boolean {
  const written = plainDecimal(source.replace(/^\+/, ""));
  return written !== null && plainDecimal(String(Number(source))) !== written;
}

interface Followed {
  readonly node: unknown;
  /** The pair whose value `node` is; null at the top and in lists. */
  readonly pair: Pair | null;
  /** The path led all the way. */
  readonly whole: boolean;
}

function follow(document: Document.Parsed, path: KeyPath): Followed {
  let here: Followed = { node: document.contents, pair: null, whole: true };
  for (const step of path) {
    const node = isAlias(here.node) ? here.node.resolve(document) : here.node;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined || !isPair(pair)) return { ...here, whole: false };
      here = { node: pair.value, pair, whole: true };
    } else if (isSeq(node) && typeof step === "number" && node.items[step] !== undefined) {
      here = { node: node.items[step], pair: null, whole: true };
    } else return { ...here, whole: false };
  }
  return here;
}

function placeOf(document: Document.Parsed, path: KeyPath, on: "key" | "value", lines: LineCounter): Place {
  if (path.length === 0 && on === "key") return START; // the file as such
  const { node, pair, whole } = follow(document, path);
  const key = startOf(pair?.key);
  const value = isScalar(node) && node.type === "PLAIN" && node.source === "" ? null : startOf(node);
  const wanted = on === "value" && whole ? (value ?? key) : (key ?? value);
  return placeAt(wanted ?? 0, lines);
}

/** A place inside the text at a path: of a block (`|`) by its lines, of a text on one line by its characters; else null. */
function placeWithin(text: string, document: Document.Parsed, path: KeyPath, { line, column }: Place): Place | null {
  const { node, whole } = follow(document, path);
  if (!whole || !isScalar(node) || typeof node.value !== "string") return null;
  const start = startOf(node);
  if (start === null) return null;
  const first = text.slice(0, start).split("\n").length;
  if (node.type !== "BLOCK_LITERAL") {
    if (line !== 1 || node.value.includes("\n")) return null;
    const quote = node.type === "PLAIN" ? 0 : 1;
    return { line: first, column: start - text.lastIndexOf("\n", start - 1) + quote + column - 1 };
  }
  const below = text.split("\n").slice(first);
  const index = node.value.split("\n").findIndex((each) => each.trim() !== "");
  const written = indentOf(below[index] ?? "");
  const indent = written - indentOf(node.value.split("\n")[index] ?? "");
  return { line: first + line, column: Math.max(0, indent) + column };
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function startOf(node: unknown): number | null {
  return isScalar(node) || isCollection(node) || isAlias(node) ? (node.range?.[0] ?? null) : null;
}

function placeAt(offset: number, lines: LineCounter): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

export function isYamlName(name: string): boolean {
  return /\.ya?ml$/.test(name);
}

/** A single file may stand where a folder may: projects that share a folder then name what they need of it. */
export function isYamlFile(path: string): boolean {
  return isYamlName(path) && statSync(path).isFile();
}
