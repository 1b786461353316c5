// A function that a connector file names: found below the file's folder, loaded once, ended when its time is up, and what it
// returns read as an answer. What it may do with its system is its protocol's part.

import { readFileSync, realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { DEPTH_MAX } from "../../core/json.ts";
import { problem, type KeyPath, type Problem } from "../../core/problem.ts";
import { Exact, digitsOf, exactNumber, isFields, isList, type Value } from "../../core/value.ts";
import type { Answer, Variables } from "../protocol.ts";

const FORM = /^\.\/((?:[\w-][\w.-]*\/)*[\w-][\w.-]*\.m?js)#([A-Za-z_$][\w$]*)$/;

export interface CodeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export type CodeFunction = (
  variables: Readonly<Record<string, unknown>>,
  tools: Readonly<Record<string, unknown>> & { readonly signal: AbortSignal },
) => unknown;

/** Loads the function, the first time it is called. */
export type LoadFunction = () => Promise<CodeFunction>;

/** @param tool What the function is given to work with, for the message. */
export function prepareFunction(
  said: unknown,
  path: KeyPath,
  { folder, tool }: { readonly folder: string; readonly tool: string },
): { readonly load: LoadFunction | null; readonly problems: readonly Problem[] } {
  const match = typeof said === "string" ? FORM.exec(said) : null;
  const [, file = "", name = ""] = match ?? [];
  const bad = (message: string, expected: string): { readonly load: null; readonly problems: readonly Problem[] } => ({
    load: null,
    problems: [problem("E_CODE", path, message, { found: String(said), expected })],
  });
  if (match === null)
    return bad("this does not name a function", "./file.js#function, beside the connector file or below");
  const found = fileBelow(folder, file);
  if (found === null) return bad(`there is no file ${file}`, "a file beside the connector file or below");
  const { at, inside } = found;
  if (!inside)
    return bad(`${file} is a link that leads out of the folder`, "a file beside the connector file or below");
  if (!exportsName(readFileSync(at, "utf8"), name))
    return bad(`${file} exports no ${name}`, `export async function ${name}(variables, { ${tool} })`);
  let loaded: Promise<CodeFunction> | null = null;
  return { load: () => (loaded ??= load(at, name)), problems: [] };
}

/** Null: it is not there. */
function fileBelow(folder: string, file: string): { readonly at: string; readonly inside: boolean } | null {
  try {
    const root = realpathSync(folder);
    const at = realpathSync(join(folder, file));
    return { at, inside: at.startsWith(root + sep) };
  } catch {
    return null;
  }
}

/** By the text: what a module does when it is loaded is not for a check to find out. */
function exportsName(text: string, name: string): boolean {
  const word = name.replaceAll("$", "\\$");
  const declared = new RegExp(`export\\s+(?:async\\s+)?(?:function\\s*\\*?|const|let)\\s*${word}(?![\\w$])`);
  const listed = new RegExp(`export\\s*\\{[^}]*(?:^|[\\s,{])${word}\\s*[,}]`);
  return declared.test(text) || listed.test(text);
}

async function load(file: string, name: string): Promise<CodeFunction> {
  const module: unknown = await import(pathToFileURL(file).href);
  const found = typeof module === "object" && module !== null ? Reflect.get(module, name) : undefined;
  if (typeof found !== "function") throw new Error(`${file} exports no function ${name}`);
  return found as CodeFunction; // what it takes and gives is checked by nobody before it is called
}

export class OutOfTime extends Error {
  override readonly name = "OutOfTime";
}

/** What a function does after its time is up is its own: nobody waits for it. */
export async function within<T>(running: Promise<T>, ms: number, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      fail(new OutOfTime(`the function has not ended within ${String(ms)} ms`));
    }, ms);
    stop = (): void => {
      fail(new OutOfTime("the function was interrupted"));
    };
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    running.catch(() => undefined);
  }
}

/** An answer, when it has a status; anything else is the body of a good one. @throws when it is no JSON. */
export function readTold(told: unknown): Answer {
  const answer = typeof told === "object" && told !== null && !Array.isArray(told) ? (told as Partial<CodeAnswer>) : {};
  const isAnswer = typeof answer.status === "number" && Object.keys(answer).every((key) => ANSWER_KEYS.has(key));
  const status = isAnswer ? (answer.status ?? 200) : 200;
  if (!Number.isInteger(status) || status < 100 || status > 599)
    throw new Error(`the function answered with the status ${String(status)}`);
  const headers = isAnswer ? lowerCase(answer.headers ?? {}) : {};
  return { status, headers, body: valueOf(isAnswer ? answer.body : told), fault: null };
}

const ANSWER_KEYS = new Set(["status", "headers", "body"]);

/** @throws when it is no JSON. */
export function valueOf(made: unknown, depth = 0): Value {
  if (depth > DEPTH_MAX) throw new Error("the function returned something without end");
  if (made === undefined || made === null) return null;
  if (typeof made === "string" || typeof made === "boolean" || made instanceof Exact) return made;
  if (typeof made === "bigint") return exactNumber(made.toString());
  if (typeof made === "number" && Number.isFinite(made)) return made;
  if (made instanceof Date) return made.toISOString();
  if (Array.isArray(made)) return made.map((entry) => valueOf(entry, depth + 1));
  if (typeof made !== "object") throw new Error(`the function returned a ${typeof made}, which is no JSON`);
  return Object.fromEntries(
    Object.entries(made).flatMap(([name, entry]) =>
      entry === undefined || name === "__proto__" ? [] : [[name, valueOf(entry, depth + 1)]],
    ),
  );
}

/** What templates see, in plain JavaScript. */
export function seen(variables: Variables): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      value === undefined || name.includes("@") ? [] : [[name, plain(value)]],
    ),
  );
}

/** Numbers that a double cannot hold are shown by their digits. */
export function plain(value: Value): unknown {
  if (value instanceof Exact) return digitsOf(value);
  if (isList(value)) return value.map(plain);
  if (isFields(value)) return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, plain(entry)]));
  return value;
}

export function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
