// From what became of the fields to what is written: at most one update a side, a new record, and the cases of what cannot flow.

import type { Agreement, CaseOpening, FieldWrite, Write } from "./decision.ts";
import { NULL_KEY, type Carried, type Cell, type FieldSight } from "./field.ts";
import { otherSide, SIDES, type BySide, type RemoteId, type Side } from "./ids.ts";
import type { FieldOutcome, TakenBack, Target } from "./field-outcome.ts";
import type { EntityPolicy, Operation } from "./policy.ts";
import type { Fields, Value } from "./value.ts";

/** The record that an update is written to. */
interface WrittenSide {
  readonly id: RemoteId;
  readonly version: string | null;
}

/** What the fields of two records ask for. */
export interface Actions {
  readonly writes: readonly Write[];
  readonly agreements: readonly Agreement[];
  readonly cases: readonly CaseOpening[];
  readonly blocked: number;
  readonly dispute: boolean;
  readonly settled: boolean;
}

/** Groups the fields' outcomes into at most one update a side, what agrees, and the cases. */
export function outcomesToActions(
  outcomes: readonly FieldOutcome[],
  sides: BySide<WrittenSide>,
  policy: EntityPolicy,
): Actions {
  const bySide: Record<Side, FieldWrite[]> = { left: [], right: [] };
  const agreements: Agreement[] = [];
  const cases = casesOf(outcomes, sides);
  for (const outcome of outcomes) {
    if (outcome.kind === "agree") agreements.push({ field: outcome.field, left: outcome.left, right: outcome.right });
    if (outcome.kind === "write") bySide[outcome.side].push(fieldWrite(outcome));
  }
  const writes: Write[] = [];
  let blocked = 0;
  for (const side of SIDES) {
    const fields = bySide[side];
    if (fields.length === 0) continue;
    if (!allows(policy, side, "update")) {
      blocked += 1;
      continue;
    }
    const view = sides[side];
    writes.push({ op: "update", side, id: view.id, version: view.version, fields, reason: reasonOf(fields) });
  }
  const drifted = outcomes.some((outcome) => outcome.kind === "drifted");
  const follows =
    writes.some((write) => write.fields.some((field) => field.writtenBase !== null)) ||
    outcomes.some((outcome) => outcome.kind === "write" && outcome.follows === true);
  return {
    writes,
    agreements,
    cases,
    blocked,
    dispute: outcomes.some((outcome) => outcome.kind === "conflict"),
    settled: cases.length === 0 && blocked === 0 && !follows && !drifted,
  };
}

/** One case a field or group in conflict, one a held field. */
function casesOf(outcomes: readonly FieldOutcome[], sides: BySide<WrittenSide>): readonly CaseOpening[] {
  const ids = { left: sides.left.id, right: sides.right.id };
  const conflicts = new Map<
    string,
    { left: Record<string, Value>; right: Record<string, Value>; grouped: boolean; undone: TakenBack | null }
  >();
  const held: CaseOpening[] = [];
  for (const outcome of outcomes) {
    if (outcome.kind === "held") {
      const values = { side: outcome.side, found: outcome.found, message: outcome.message };
      held.push({ kind: "value-rejected", field: outcome.field, ...ids, values });
    }
    if (outcome.kind !== "conflict") continue;
    const entry = conflicts.get(outcome.unit) ?? {
      left: {},
      right: {},
      grouped: outcome.unit !== outcome.field,
      undone: outcome.undone ?? null,
    };
    entry.left[outcome.field] = outcome.left;
    entry.right[outcome.field] = outcome.right;
    conflicts.set(outcome.unit, entry);
  }
  const opened = [...conflicts].map(([unit, { left, right, grouped, undone }]): CaseOpening => {
    const shown = grouped ? { left, right } : { left: left[unit] ?? null, right: right[unit] ?? null };
    return { kind: "conflict", field: unit, ...ids, values: undone === null ? shown : { ...shown, ...toldOf(undone) } };
  });
  return [...opened, ...held];
}

/** What a case says of the run that was taken back. */
export function toldOf({ run, wrote }: TakenBack): Fields {
  return Object.keys(wrote).length === 0 ? { undone: run } : { undone: run, wrote };
}

function fieldWrite(outcome: FieldOutcome & { kind: "write" }): FieldWrite {
  const { field, before, after, sent, writtenBase, assumed, reason } = outcome;
  const blank = after.kind === "value" && after.cell.key === NULL_KEY && before !== null && before.key !== NULL_KEY;
  const write = { field, before, after, sent, writtenBase, blank, reason };
  return assumed === undefined ? write : { ...write, assumed };
}

function reasonOf(fields: readonly FieldWrite[]): string {
  return [...new Set(fields.map((field) => field.reason))].join("; ");
}

export function allows(policy: EntityPolicy, side: Side, operation: Operation): boolean {
  return policy.allow[side].includes(operation);
}

export interface Creation {
  readonly write: Write;
  readonly held: readonly {
    readonly field: string;
    readonly side: Side;
    readonly found: Value;
    readonly message: string;
  }[];
  /** What the giving record shows in fields that are not carried: remembered, so that it is never taken for empty. */
  readonly agreements: readonly Agreement[];
}

/** A new record on `side` from what the other side shows. Absent fields are left out, invalid ones are held. */
export function creation(sights: readonly FieldSight[], side: Side, reason: string): Creation {
  const giving = otherSide(side);
  const fields: FieldWrite[] = [];
  const held: { field: string; side: Side; found: Value; message: string }[] = [];
  const agreements: Agreement[] = [];
  for (const sight of sights) {
    const reading = giving === "left" ? sight.left : sight.right;
    const carried: Carried = side === "right" ? sight.toRight : sight.toLeft;
    const hold = (found: Value, message: string): void =>
      void held.push({ field: sight.policy.name, side: giving, found, message });
    const shown = reading.kind === "value" ? reading.cell : null;
    if (sight.policy.writes !== "both" && sight.policy.writes !== side) {
      if (shown !== null) agreements.push({ field: sight.policy.name, ...onSide(giving, shown) });
      continue;
    }
    if (reading.kind === "invalid") hold(reading.found, reading.message);
    else if (carried.kind === "invalid") hold(carried.found, carried.message);
    else if (carried.kind !== "none") fields.push(created(sight.policy.name, carried, shown, reason));
  }
  return { write: { op: "create", side, id: null, version: null, fields, reason }, held, agreements };
}

function onSide(side: Side, cell: Cell): { left: Cell | null; right: Cell | null } {
  return side === "left" ? { left: cell, right: null } : { left: null, right: cell };
}

function created(field: string, after: Target, sent: Cell | null, reason: string): FieldWrite {
  return { field, before: null, after, sent, writtenBase: null, blank: false, reason };
}

export function heldCases(
  held: Creation["held"],
  left: RemoteId | null,
  right: RemoteId | null,
): readonly CaseOpening[] {
  return held.map(({ field, side, found, message }) => ({
    kind: "value-rejected",
    field,
    left,
    right,
    values: { side, found, message },
  }));
}
