// Two linked records kept in step by an entity's lenses and the core's merge, as the engine does it but without systems: what a
// rule does over several runs, in a few lines.

import { ABSENT, NO_WAY, type Cell, type FieldSight } from "../../src/core/field.ts";
import { SIDES, type BySide, type RemoteId, type Side } from "../../src/core/ids.ts";
import { mergeFields } from "../../src/core/merge.ts";
import { type FieldOutcome } from "../../src/core/field-outcome.ts";
import type { Fields, Value } from "../../src/core/value.ts";
import type { EntityMapping } from "../../src/mapping/mapping.ts";

export interface TwoRecords {
  readonly left: Fields;
  readonly right: Fields;
  /** What was written since the last look, a side and its changed top-level fields each. */
  readonly writes: readonly (readonly [Side, Fields])[];
  /** Fields in conflict or held, by name. */
  readonly waiting: readonly string[];
  /** Edits both records, runs until nothing is written, and gives the result. */
  edit(changes: { readonly left?: Fields; readonly right?: Fields }): Promise<TwoRecords>;
}

type Bases = BySide<Readonly<Record<string, Value>>>;

/** Runs more often than this without coming to rest are a ping-pong. */
const RUNS_MAX = 4;

/** What a system makes of a record whenever it is written, beside what it is given. */
export type Habits = BySide<(record: Fields) => Fields>;

const NO_HABITS: Habits = { left: (record) => record, right: (record) => record };

/** A new record of the left, created on the right: or of two given ones, linked. */
export async function linked(
  entity: EntityMapping,
  left: Fields,
  right: Fields = {},
  habits: Habits = NO_HABITS,
): Promise<TwoRecords> {
  return come(entity, { left, right }, { left: {}, right: {} }, habits);
}

async function come(entity: EntityMapping, records: BySide<Fields>, bases: Bases, habits: Habits): Promise<TwoRecords> {
  let now = { records, bases };
  const writes: (readonly [Side, Fields])[] = [];
  for (let run = 1; ; run += 1) {
    const outcomes = await outcomesOf(entity, now.records, now.bases);
    const next = await carryOut(entity, now, outcomes, habits);
    writes.push(...next.writes);
    now = next;
    if (next.writes.length === 0) {
      const waiting = outcomes.filter(({ kind }) => kind === "conflict" || kind === "held").map(({ field }) => field);
      const { records: shown, bases: agreed } = now;
      return {
        ...shown,
        writes,
        waiting,
        edit: (changes) =>
          come(
            entity,
            { left: { ...shown.left, ...changes.left }, right: { ...shown.right, ...changes.right } },
            agreed,
            habits,
          ),
      };
    }
    if (run === RUNS_MAX) throw new Error(`still writing after ${String(run)} runs: ${JSON.stringify(writes)}`);
  }
}

async function outcomesOf(
  entity: EntityMapping,
  records: BySide<Fields>,
  bases: Bases,
): Promise<readonly FieldOutcome[]> {
  const lookup = (need: { readonly id: RemoteId }): RemoteId => need.id;
  const side = async (which: Side) => {
    const [reading] = await entity.read(which, [records[which]]);
    const readings = reading?.fields ?? {};
    const [carried] = await entity.carry(which, [readings], lookup);
    return { readings, carried: carried ?? {} };
  };
  const { left, right } = { left: await side("left"), right: await side("right") };
  const sights = entity.policy.fields.map((policy): FieldSight => {
    const { name } = policy;
    const base = (which: Side): Cell | null => {
      const value = bases[which][name];
      return value === undefined ? null : entity.cell(which, name, value);
    };
    return entity.sight(name, {
      left: left.readings[name] ?? ABSENT,
      right: right.readings[name] ?? ABSENT,
      baseLeft: base("left"),
      baseRight: base("right"),
      toRight: left.carried[name] ?? NO_WAY,
      toLeft: right.carried[name] ?? NO_WAY,
      lookup,
    });
  });
  const names = { left: "crm", right: "billing" };
  return mergeFields(sights, { names, modified: { left: null, right: null }, clockToleranceMs: 0, answers: {} });
}

async function carryOut(
  entity: EntityMapping,
  { records, bases }: { readonly records: BySide<Fields>; readonly bases: Bases },
  outcomes: readonly FieldOutcome[],
  habits: Habits,
) {
  const after: Record<Side, Fields> = { ...records };
  const agreed: Record<Side, Record<string, Value>> = { left: { ...bases.left }, right: { ...bases.right } };
  const writes: (readonly [Side, Fields])[] = [];
  for (const outcome of outcomes) {
    if (outcome.kind !== "agree") continue;
    if (outcome.left !== null) agreed.left[outcome.field] = outcome.left.value;
    if (outcome.right !== null) agreed.right[outcome.field] = outcome.right.value;
  }
  for (const side of SIDES) {
    const own = outcomes.flatMap((each) => (each.kind === "write" && each.side === side ? [each] : []));
    const cells = Object.fromEntries(
      own.flatMap(({ field, after: target }) => (target.kind === "value" ? [[field, target.cell]] : [])),
    );
    if (own.length === 0) continue;
    const written = await entity.write(side, cells, records[side]);
    if (!written.ok) throw new Error(`${written.field}: ${written.message}`);
    after[side] = habits[side]({ ...records[side], ...written.record });
    writes.push([side, written.record]);
    const [readBack] = await entity.read(side, [after[side]]);
    for (const { field, sent, writtenBase, assumed, after: target } of own) {
      const shown = readBack?.fields[field];
      if (writtenBase !== null) agreed[side][field] = writtenBase.value;
      else if (shown?.kind === "value" && target.kind === "value")
        agreed[side][field] = entity.agreed(side, field, shown.cell, assumed ?? target.cell).value;
      if (sent !== null) agreed[side === "left" ? "right" : "left"][field] = sent.value;
    }
  }
  return { records: after, bases: agreed, writes };
}
