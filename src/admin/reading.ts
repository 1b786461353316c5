// What a request asks for, checked: pages of lists from the query, and the fields of a JSON body.

import { didYouMean } from "../core/problem.ts";
import { isFields, type Fields, type Value } from "../core/value.ts";
import { Refusal } from "./problem-document.ts";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1000;
/** Rows that pages may reach back to. Larger costs the database more for one request; the lists are newest first. */
const REACH_MAX = 10_000;

export interface Page {
  /** Rows to ask the ledger for. */
  readonly reach: number;
  readonly limit: number;
  cut<T>(rows: readonly T[]): readonly T[];
}

/** `limit` (1 to 1000) and `page` (from 1). @throws Refusal 400. */
export function pageOf(query: Readonly<Record<string, string>>): Page {
  const limit = whole("limit", query["limit"], LIMIT_DEFAULT, LIMIT_MAX);
  const page = whole("page", query["page"], 1, REACH_MAX);
  const reach = page * limit;
  if (reach > REACH_MAX) {
    throw new Refusal(
      400,
      "BAD_PAGE",
      `page ${String(page)} of ${String(limit)} lies beyond the ${String(REACH_MAX)} rows that pages reach`,
    );
  }
  return { reach, limit, cut: (rows) => rows.slice(reach - limit, reach) };
}

function whole(name: string, text: string | undefined, fallback: number, max: number): number {
  if (text === undefined) return fallback;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > max)
    throw new Refusal(400, "BAD_PAGE", `${name} is a whole number from 1 to ${String(max)}`);
  return value;
}

/** @throws Refusal 400 for parameters that are unknown or given twice. */
export function queryOf(raw: unknown, known: readonly string[]): Readonly<Record<string, string>> {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(typeof raw === "object" && raw !== null ? raw : {})) {
    if (!known.includes(name)) {
      const hint =
        didYouMean(name, known) ?? (known.length === 0 ? "there are none here" : `known: ${known.join(", ")}`);
      throw new Refusal(400, "BAD_REQUEST", `unknown query parameter "${name.slice(0, 80)}"; ${hint}`);
    }
    if (typeof value !== "string") throw new Refusal(400, "BAD_REQUEST", `query parameter "${name}" is given twice`);
    query[name] = value;
  }
  return query;
}

/** The body as an object with none but these keys. @throws Refusal 422. */
export function bodyOf(body: Value, known: readonly string[]): Fields {
  if (!isFields(body)) throw new Refusal(422, "INVALID", "the body is to be a JSON object");
  for (const name of Object.keys(body)) {
    if (known.includes(name)) continue;
    const hint = didYouMean(name, known) ?? (known.length === 0 ? "none is known here" : `known: ${known.join(", ")}`);
    throw new Refusal(422, "INVALID", `unknown key "${name.slice(0, 80)}"; ${hint}`);
  }
  return body;
}

export function flagOf(body: Fields, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value !== "boolean") throw new Refusal(422, "INVALID", `"${name}" is true or false`);
  return value;
}

/** A text that must be there. */
export function textOf(body: Fields, name: string): string {
  const value = body[name];
  if (typeof value !== "string" || value === "")
    throw new Refusal(422, "INVALID", `"${name}" is to be a text that is not empty`);
  return value;
}
