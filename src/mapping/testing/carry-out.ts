// Decisions carried out on a small world, as a system would that takes what it is given: what was written where, and the world
// that comes of it.

import type { Decision, Write } from "../../core/decision.ts";
import type { Cell } from "../../core/field.ts";
import type { BySide, RemoteId, Side } from "../../core/ids.ts";
import type { Operation } from "../../core/policy.ts";
import { withValueAt } from "../../core/path.ts";
import { asksForMore, settleLink, type Seen, type WriteOutcome } from "../../core/settle.ts";
import type { Fields } from "../../core/value.ts";
import { basesAfter } from "../base-after-write.ts";
import type { EntityMapping } from "../mapping.ts";
import {
  linkId,
  NO_BASES,
  recordWith,
  type RecordShape,
  type World,
  type WorldLink,
  type WorldRecord,
} from "./world.ts";

/** A write in the written side's own names. */
export interface MadeWrite {
  readonly side: Side;
  readonly op: Operation;
  readonly id: RemoteId;
  /** The fields sent; empty for a delete. */
  readonly record: Fields;
  /** What is left of `record` without the rules that give a constant. */
  readonly chosen: Fields;
  /** The record before; null for a create. */
  readonly before: Fields | null;
  /** Names of the rules behind it. */
  readonly fields: readonly string[];
  readonly reason: string;
}

export interface CarriedOut {
  readonly world: World;
  readonly writes: readonly MadeWrite[];
  /** Writes that could not be made, by the rule at fault. */
  readonly failed: readonly { readonly field: string; readonly message: string }[];
  /** Writes that wait for the link of a referenced record. */
  readonly parked: readonly string[];
  /** One side was given a value that the other gets only now: the next round belongs to this one. */
  readonly follows: boolean;
}

export interface CarryOutFacts {
  readonly entity: EntityMapping;
  readonly shapes: BySide<RecordShape>;
  readonly names: BySide<string>;
  /** Rules whose value is an expression of the file and not of the record. */
  readonly constants: ReadonlySet<string>;
}

const UNSEEN: Seen = { fingerprint: null, version: null, matchKeys: [] };

export async function carryOutAll(
  world: World,
  decisions: readonly Decision[],
  facts: CarryOutFacts,
): Promise<CarriedOut> {
  let result: CarriedOut = { world, writes: [], failed: [], parked: [], follows: false };
  for (const decision of decisions) {
    const next = await carryOutOne(result.world, decision, facts);
    result = {
      world: next.world,
      writes: [...result.writes, ...next.writes],
      failed: [...result.failed, ...next.failed],
      parked: [...result.parked, ...next.parked],
      follows: result.follows || next.follows,
    };
  }
  return result;
}

async function carryOutOne(world: World, decision: Decision, facts: CarryOutFacts): Promise<CarriedOut> {
  const writes: MadeWrite[] = [];
  const failed: { field: string; message: string }[] = [];
  const parked: string[] = [];
  const outcomes: WriteOutcome[] = [];
  let next = world;
  for (const write of decision.writes) {
    const waiting = write.fields.filter(({ after }) => after.kind === "waiting").map(({ field }) => field);
    parked.push(...waiting);
    const needed = waiting.some(
      (field) => facts.entity.policy.fields.find(({ name }) => name === field)?.optional !== true,
    );
    // A new record waits for its parent; an existing one, or one whose reference is optional, gets its other fields meanwhile.
    const waits = waiting.length > 0 && ((write.op === "create" && needed) || waiting.length === write.fields.length);
    const made = waits ? null : await make(next, write, facts);
    if (made === null) outcomes.push({ kind: "parked" });
    else if (!made.ok) {
      failed.push({ field: made.field, message: made.message });
      outcomes.push({ kind: "failed", code: "E_VALUE", message: made.message });
    } else {
      writes.push(made.write);
      next = made.world;
      outcomes.push(await done(next, made.write, write, facts));
    }
  }
  const follows = decision.writes.some((write, index) => {
    const outcome = outcomes[index];
    return outcome !== undefined && asksForMore(decision, write, outcome);
  });
  return { world: settled(next, resolved(decision), outcomes), writes, failed, parked, follows };
}

type Made =
  | { readonly ok: true; readonly write: MadeWrite; readonly world: World }
  | { readonly ok: false; readonly field: string; readonly message: string };

async function make(world: World, write: Write, { entity, shapes, names, constants }: CarryOutFacts): Promise<Made> {
  const { side, op } = write;
  const before = write.id === null ? null : (recordWith(world, side, write.id)?.fields ?? null);
  const about = { side, op, before, fields: write.fields.map(({ field }) => field), reason: write.reason };
  if (op === "delete" && write.id !== null) {
    const rest = world.records[side].filter(({ id }) => id !== write.id);
    return {
      ok: true,
      write: { ...about, id: write.id, record: {}, chosen: {} },
      world: withRecords(world, side, rest),
    };
  }
  const cells = cellsOf(write, () => true);
  const sent = await entity.write(side, cells, before);
  if (!sent.ok) return sent;
  const chosen = await entity.write(
    side,
    cellsOf(write, (field) => !constants.has(field)),
    before,
  );
  const id = write.id ?? (`${names[side]}-new-${String(world.records[side].length + 1)}` as RemoteId); // never empty
  const record: WorldRecord = {
    id,
    fields: before === null ? (withValueAt(sent.record, shapes[side].id, id) as Fields) : { ...before, ...sent.record },
  };
  const others = world.records[side].filter((each) => each.id !== id);
  return {
    ok: true,
    write: { ...about, id, record: sent.record, chosen: chosen.ok ? chosen.record : sent.record },
    world: withRecords(world, side, [...others, record]),
  };
}

function cellsOf(write: Write, wanted: (field: string) => boolean): Readonly<Record<string, Cell>> {
  const cells: Record<string, Cell> = {};
  for (const { field, after } of write.fields) if (after.kind === "value" && wanted(field)) cells[field] = after.cell;
  return cells;
}

function withRecords(world: World, side: Side, records: readonly WorldRecord[]): World {
  return { ...world, records: { ...world.records, [side]: records } };
}

async function done(world: World, write: MadeWrite, written: Write, { entity }: CarryOutFacts): Promise<WriteOutcome> {
  const record = recordWith(world, write.side, write.id);
  const [reading] = record === null ? [] : await entity.read(write.side, [record.fields]);
  const readBack: Record<string, Cell> = {};
  for (const [field, each] of Object.entries(reading?.fields ?? {}))
    if (each.kind === "value") readBack[field] = each.cell;
  const { bases, undisturbed } = basesAfter(entity, written, readBack);
  return {
    kind: "done",
    id: write.id,
    version: null,
    readBack,
    bases,
    undisturbed,
    fingerprint: null,
    matchKeys: null,
    effect: true,
  };
}

/** Without the fields that wait: they were not written, so nothing was agreed on them. */
function resolved(decision: Decision): Decision {
  const writes = decision.writes.map((write) => ({
    ...write,
    fields: write.fields.filter(({ after }) => after.kind === "value"),
  }));
  return { ...decision, writes };
}

function settled(world: World, decision: Decision, outcomes: readonly WriteOutcome[]): World {
  const link = settleLink(decision, outcomes, { left: UNSEEN, right: UNSEEN });
  if (link === null) return world;
  const known = world.links.find(({ id }) => id === decision.linkId) ?? null;
  const bases = known?.bases ?? NO_BASES;
  const next: WorldLink = {
    id: known?.id ?? linkId(world.links.length),
    ids: { left: link.left, right: link.right },
    state: link.state,
    bases: { left: { ...bases.left, ...link.bases.left }, right: { ...bases.right, ...link.bases.right } },
  };
  const rest = world.links.filter((each) => each !== known);
  return { ...world, links: [...rest, next] };
}

/** State of the link of the records a test is about; the first where it is about several. */
export function linkStateIn(world: World): WorldLink["state"] | "none" {
  return world.links[0]?.state ?? "none";
}
