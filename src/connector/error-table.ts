// What an answer means: the file's `errors:` first, then what is usual everywhere.
//
//   401 refresh-auth · 403 auth · 404, 410 on get, update, delete: gone · 410 on changes: resync · 409 duplicate · 412 stale
//   408, 429 wait · 5xx retry · other 4xx reject · 3xx: a redirect is never followed
//   428 on update, delete: stale (the version it asks for is read again)
//   a SOAP fault with status 500: reject when the fault blames the caller, else retry
//   a GraphQL error: what its code usually means (protocols/graphql/errors.ts)

import type { Expression, ExpressionCompiler } from "../core/expression.ts";
import { problem, type Problem } from "../core/problem.ts";
import { isList, type Value } from "../core/value.ts";
import type { ErrorPart, ErrorWord, Operation } from "./file.ts";
import type { Answer } from "./protocol.ts";

/** `partial`: an answer with something missing: a read has failed, what became of a write is not known. */
export type Verdict = "ok" | ErrorWord | "auth" | "redirect" | "partial";

export interface ErrorTable {
  judge(answer: Answer, operation: Operation): Promise<Verdict>;
}

interface Entry {
  readonly status: readonly number[] | null;
  readonly operations: readonly string[] | null;
  readonly body: Expression | null;
  readonly faults: readonly string[] | null;
  readonly faultExpression: Expression | null;
  readonly verdict: ErrorWord;
}

export function compileErrorTable(
  parts: readonly ErrorPart[],
  expressions: ExpressionCompiler,
): { readonly table: ErrorTable; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const entries = parts.map((part, index) => compileEntry(part, index, expressions, problems));
  const table: ErrorTable = {
    async judge(answer, operation) {
      for (const entry of entries) {
        if (await matches(entry, answer, operation)) return entry.verdict;
      }
      return usualVerdict(answer, operation);
    },
  };
  return { table, problems };
}

function compileEntry(part: ErrorPart, index: number, expressions: ExpressionCompiler, problems: Problem[]): Entry {
  const { when } = part;
  const path = ["errors", index, "when"];
  if (when.status === undefined && when.body === undefined && when.fault === undefined) {
    problems.push(
      problem("E_ERROR_RULE", path, "this rule would match good answers too", {
        expected: "status, body or fault",
        hint: "say which answers it is for, as in { status: 409 }",
      }),
    );
  }
  const compile = (source: string, key: string, names: readonly string[] | null): Expression | null => {
    const compiled = expressions.compile(source, { bindings: [], names });
    if (compiled.ok) return compiled.expression;
    problems.push(
      problem(compiled.code, [...path, key], compiled.message, {
        found: source,
        ...(compiled.hint === null ? {} : { hint: compiled.hint }),
      }),
    );
    return null;
  };
  const hole = typeof when.fault === "string" ? /^\s*\{\{([\s\S]*)\}\}\s*$/.exec(when.fault)?.[1] : undefined;
  return {
    status: when.status === undefined ? null : asList(when.status),
    operations: when.op === undefined ? null : asList(when.op),
    body: when.body === undefined ? null : compile(when.body, "body", null),
    faults: when.fault === undefined || hole !== undefined ? null : asList(when.fault),
    faultExpression: hole === undefined ? null : compile(hole, "fault", ["code", "message", "body"]),
    verdict: part.do,
  };
}

function asList<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

async function matches(entry: Entry, answer: Answer, operation: Operation): Promise<boolean> {
  if (entry.status !== null && !entry.status.includes(answer.status)) return false;
  if (entry.operations !== null && !entry.operations.includes(operation)) return false;
  const { fault } = answer;
  if (entry.faults !== null && (fault === null || !entry.faults.some((name) => sameFault(name, fault.code))))
    return false;
  if (entry.faultExpression !== null) {
    if (fault === null) return false;
    const input = { code: fault.code, message: fault.message, body: answer.body };
    if (!(await holds(entry.faultExpression, input))) return false;
  }
  return entry.body === null || holds(entry.body, answer.body);
}

/** An expression that fails on an answer does not match it: the next rule is asked, and in the end the usual meaning. */
async function holds(expression: Expression, input: Value): Promise<boolean> {
  const [result] = await expression.evaluate([input]);
  if (result === undefined || !result.ok) return false;
  const { value } = result;
  if (isList(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== false && value !== "" && value !== 0;
}

/** With or without the prefix: `soap:Client` is `Client`; `Client.NotFound` is `NotFound`. */
function sameFault(name: string, code: string): boolean {
  return code === name || localName(code) === name || code.endsWith(`.${name}`) || code.startsWith(`${name}.`);
}

function localName(code: string): string {
  return code.slice(code.lastIndexOf(":") + 1);
}

/** A SOAP fault that says the caller is wrong: sending the same again cannot help. */
function blamesCaller(code: string): boolean {
  return /^(?:Client|Sender)(?:\.|$)/.test(localName(code));
}

function usualVerdict(answer: Answer, operation: Operation): Verdict {
  const { status, fault } = answer;
  const onRecord = operation === "get" || operation === "update" || operation === "delete";
  const means = fault?.means;
  if (means !== undefined && means !== "by-status") return means === "gone" && !onRecord ? "reject" : means;
  if (fault !== null && means === undefined) {
    if (status === 401) return "refresh-auth";
    return blamesCaller(fault.code) ? "reject" : "retry";
  }
  if (status < 300) return "ok";
  if (status < 400) return "redirect";
  if (status === 401) return "refresh-auth";
  if (status === 403) return "auth";
  if ((status === 404 || status === 410) && onRecord) return "gone";
  if (status === 410 && operation === "changes") return "resync";
  if (status === 409) return "duplicate";
  if (status === 412 || (status === 428 && onRecord)) return "stale";
  if (status === 408 || status === 429) return "wait";
  return status >= 500 ? "retry" : "reject";
}
