// What every endpoint works with, and the look-ups that several of them share.

import type { LinkId } from "../core/ids.ts";
import type { Value } from "../core/value.ts";
import type { CaseRow, Ledger } from "../engine/ledger.ts";
import type { Operator, PairSummary } from "../engine/operator.ts";
import { didYouMean } from "../core/problem.ts";
import type { Metrics } from "./metrics.ts";
import { Refusal } from "./problem-document.ts";

export interface Desk {
  readonly ledger: Ledger;
  readonly operator: Operator;
  readonly metrics: Metrics;
  readonly version: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** Whether a person's value for a case's field lies in its domain: null, or what is wrong with it. */
  checkValue(row: CaseRow, value: Value): Promise<string | null>;
}

/** @throws Refusal 404. */
export async function pairNamed(desk: Desk, name: string | undefined): Promise<PairSummary> {
  const pairs = await desk.operator.pairs();
  const found = pairs.find((each) => each.pair === name);
  if (found !== undefined) return found;
  const hint = didYouMean(
    name ?? "",
    pairs.map((each) => each.pair),
  );
  throw new Refusal(
    404,
    "NOT_FOUND",
    `there is no pair "${(name ?? "").slice(0, 80)}"${hint === undefined ? "" : `; ${hint}`}`,
  );
}

/** The query's `pair`; null: all of them. @throws Refusal 404. */
export async function pairAsked(desk: Desk, query: Readonly<Record<string, string>>): Promise<string | null> {
  return query["pair"] === undefined ? null : (await pairNamed(desk, query["pair"])).pair;
}

/** The pair's entity, or null when none is named. @throws Refusal 404. */
export function entityNamed(pair: PairSummary, name: string): string {
  if (pair.entities.includes(name)) return name;
  const hint = didYouMean(name, pair.entities) ?? `it has ${pair.entities.join(", ")}`;
  throw new Refusal(404, "NOT_FOUND", `pair ${pair.pair} has no entity "${name.slice(0, 80)}"; ${hint}`);
}

/** Which side a person means by its name in the file; `left` and `right` always work. Null: neither. */
export function sideNamed(pair: PairSummary, name: string): "left" | "right" | null {
  if (name === pair.sides.left.name) return "left";
  if (name === pair.sides.right.name) return "right";
  return name === "left" || name === "right" ? name : null;
}

/** Link ids are numbers that grow, as text; anything else names none. */
export function linkId(text: string | undefined): LinkId | null {
  return text !== undefined && /^[1-9]\d{0,17}$/.test(text) ? (text as LinkId) : null;
}
