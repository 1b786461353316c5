// A plan as people read and approve it: every action with its fields before and after and the reason, bound by a hash over
// exactly what will be done.

import type { Decision, Write } from "../core/decision.ts";
import type { Trip } from "../core/guard.ts";
import type { BySide, Instant, RunId } from "../core/ids.ts";
import { canonicalText, isFields, isList, type Fields, type Value } from "../core/value.ts";
import type { PlannedDecision, StoredPlan } from "./ports/run.ts";
import type { Digest256 } from "./ports/world.ts";

/** What a plan file must hold to be applied. */
export interface PlanFile {
  readonly pair: string;
  readonly hash: string;
  readonly kind: "changes" | "sweep" | "undo";
  readonly meaning: string;
  readonly actions: readonly { readonly action: string }[];
  /** The run that it takes back; null: none. */
  readonly undo: RunId | null;
}

/** One row of a plan. `action` is the hash that an approval names. */
export function actionRow(planned: PlannedDecision, names: BySide<string>, withheld: boolean): Fields | null {
  const { decision, actionHash } = planned;
  if (actionHash === null) return null;
  return {
    action: actionHash,
    entity: decision.entity,
    situation: decision.situation,
    left: decision.left,
    right: decision.right,
    withheld,
    writes: decision.writes.map((write) => writeRow(write, names)),
  };
}

/** The side of each write of a row, by its name. */
export function writtenSides(row: Fields): readonly string[] {
  const { writes } = row;
  if (!isList(writes)) return [];
  return writes.flatMap((write) => (isFields(write) && typeof write["side"] === "string" ? [write["side"]] : []));
}

function writeRow(write: Write, names: BySide<string>): Fields {
  const fields = write.fields.map((field): Fields => ({
    field: field.field,
    before: field.before?.value ?? null,
    after:
      field.after.kind === "value"
        ? field.after.cell.value
        : { waiting: `${field.after.entity} ${names[field.after.side]}:${field.after.id}` },
    reason: field.reason,
  }));
  return { op: write.op, side: names[write.side], id: write.id, reason: write.reason, fields };
}

/** A case that the plan would open. */
export function caseRows(decision: Decision): readonly Fields[] {
  return decision.cases.map((each) => ({
    entity: decision.entity,
    kind: each.kind,
    field: each.field,
    left: each.left,
    right: each.right,
    values: each.values,
  }));
}

export function tripRows(tripped: readonly Trip[], names: BySide<string>): readonly Fields[] {
  return tripped.map((trip) => ({
    side: names[trip.side],
    op: trip.op,
    count: trip.count,
    limit: trip.limit,
    ...(trip.only === undefined ? {} : { why: trip.only.why, entity: trip.only.entity }),
  }));
}

export interface PlanParts {
  readonly pair: string;
  readonly run: RunId;
  readonly kind: "changes" | "sweep" | "undo";
  readonly meaning: string;
  readonly createdAt: Instant;
  readonly actions: readonly Fields[];
  readonly cases: readonly Fields[];
  readonly guards: readonly Fields[];
  /** Remote writes by side: what carrying it out needs at the least. */
  readonly calls: Fields;
  readonly links: Fields;
  /** By entity: what becomes of records without a link, and which of them look alike on one side. */
  readonly forecast: Fields;
  /** Of a run taken back: which, what stays, and what the next run does. */
  readonly undo?: Fields;
}

/** The whole document. The hash covers the pair, its meaning and every action, nothing that changes from call to call. */
export function planDocument(parts: PlanParts, digest: Digest256): StoredPlan {
  const undo = parts.undo?.["run"];
  const hash = digest(
    canonicalText({
      pair: parts.pair,
      meaning: parts.meaning,
      actions: parts.actions.map((row) => row["action"] ?? null),
      ...(undo === undefined ? {} : { undo }),
    }),
  );
  const document: Fields = {
    id: parts.run,
    pair: parts.pair,
    hash,
    kind: parts.kind,
    created: new Date(parts.createdAt).toISOString(),
    meaning: parts.meaning,
    actions: parts.actions,
    cases: parts.cases,
    guards: parts.guards,
    calls: parts.calls,
    links: parts.links,
    forecast: parts.forecast,
    ...(parts.undo === undefined ? {} : { undo: parts.undo }),
  };
  return { id: parts.run, hash, createdAt: parts.createdAt, document };
}

/** What a plan file says, checked: a file that was edited no longer has its hash. Null: it is not a plan. */
export function readPlanFile(value: Value, digest: Digest256): PlanFile | "edited" | null {
  if (!isFields(value)) return null;
  const { pair, hash, kind, meaning, actions } = value;
  if (typeof pair !== "string" || typeof hash !== "string" || typeof meaning !== "string" || !isList(actions))
    return null;
  if (kind !== "changes" && kind !== "sweep" && kind !== "undo") return null;
  const undo = isFields(value["undo"]) ? value["undo"]["run"] : undefined;
  if ((kind === "undo") !== (typeof undo === "string")) return null;
  const rows = actions.map((row) =>
    isFields(row) && typeof row["action"] === "string" ? { action: row["action"] } : null,
  );
  if (rows.some((row) => row === null)) return null;
  const named = rows.filter((row) => row !== null);
  const said = typeof undo === "string" ? { undo } : {};
  const expected = digest(canonicalText({ pair, meaning, actions: named.map((row) => row.action), ...said }));
  // The hash says that it is the run's own id, as the plan was made with it.
  const run = typeof undo === "string" ? (undo as RunId) : null;
  return expected === hash ? { pair, hash, kind, meaning, actions: named, undo: run } : "edited";
}
