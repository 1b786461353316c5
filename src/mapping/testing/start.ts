// From what a test gives to the world it starts in: records with ids, the link, and its bases as the lenses of each side read them.

import type { Cell, Reading } from "../../core/field.ts";
import { otherSide, SIDES, type BySide, type Side } from "../../core/ids.ts";
import { problem, type KeyPath, type Problem } from "../../core/problem.ts";
import type { Fields, Value } from "../../core/value.ts";
import type { EntityMapping } from "../mapping.ts";
import type { RefLookup } from "../reference.ts";
import type { GivenBase, GivenTest } from "./given.ts";
import {
  linkId,
  NO_BASES,
  recordOf,
  refLookupOf,
  type RecordShape,
  type World,
  type WorldLink,
  type WorldRecord,
} from "./world.ts";

export interface StartOf {
  readonly entity: EntityMapping;
  readonly names: BySide<string>;
  readonly shapes: BySide<RecordShape>;
  /** Where the test stands in the file. */
  readonly at: KeyPath;
}

export type Start = { readonly ok: true; readonly world: World } | { readonly ok: false; readonly problem: Problem };

export async function startWorld(test: GivenTest, about: StartOf): Promise<Start> {
  const { entity, names, shapes, at } = about;
  const empty: World = { records: { left: [], right: [] }, links: [], others: test.others };
  const agreed = test.base === null ? null : await agreedOn(entity, test.base, refLookupOf(empty, entity.policy.name));

  const given = (side: Side): readonly WorldRecord[] => {
    const fields =
      test.records[side] ?? (test.records[side] === undefined && agreed !== null ? [agreed.records[side]] : []);
    return fields.map((record, index) => recordOf(record, shapes[side], `${names[side]}-${String(index + 1)}`));
  };
  const records = { left: given("left"), right: given("right") };
  if (test.link === null) return { ok: true, world: { ...empty, records } };

  const ids = test.link.ids ?? {
    left: records.left[0]?.id ?? goneId(about, "left", agreed?.records.left),
    right: records.right[0]?.id ?? goneId(about, "right", agreed?.records.right),
  };
  const unsaid = SIDES.find((side) => test.records[side] === undefined && agreed === null && test.link?.ids === null);
  if (unsaid !== undefined) {
    const message = `the records are linked, and nothing is said of the one in ${names[unsaid]}`;
    const hint = `${names[unsaid]}: { … }, null when it is gone, or a base`;
    return { ok: false, problem: problem("E_MISSING", [...at, names[unsaid]], message, { on: "key", hint }) };
  }
  const link: WorldLink = { id: linkId(0), ids, state: test.link.state, bases: agreed?.bases ?? NO_BASES };
  return { ok: true, world: { ...empty, records, links: [link] } };
}

function goneId({ shapes, names }: StartOf, side: Side, record: Fields | undefined): WorldRecord["id"] {
  return recordOf(record ?? {}, shapes[side], `${names[side]}-1`).id;
}

interface Agreed {
  /** What each side showed as it agreed. */
  readonly records: BySide<Fields>;
  readonly bases: WorldLink["bases"];
}

/** What is said of one side alone is what the other showed after it was carried across. */
async function agreedOn(entity: EntityMapping, base: GivenBase, lookup: RefLookup): Promise<Agreed> {
  const said = base.kind === "records" ? base.records : await recordsOf(entity, base.values, lookup);
  const shown = async (side: Side): Promise<Fields> => {
    const own = said[side];
    if (own !== undefined) return own;
    const other = said[otherSide(side)] ?? {};
    return written(entity, side, await carriedFrom(entity, otherSide(side), other, lookup));
  };
  const records = { left: await shown("left"), right: await shown("right") };
  return {
    records,
    bases: { left: await basesOf(entity, "left", records.left), right: await basesOf(entity, "right", records.right) },
  };
}

/** Canonical values are those of the giving side, of a two-way rule the left's; the other side has what carrying them across gives. */
async function recordsOf(entity: EntityMapping, values: Fields, lookup: RefLookup): Promise<BySide<Fields>> {
  const given = (from: Side): Record<string, Cell> => {
    const names = entity.policy.fields.filter(
      ({ writes }) => (writes === "both" ? "left" : otherSide(writes)) === from,
    );
    return Object.fromEntries(
      names.flatMap(({ name }) => {
        const value = values[name];
        return value === undefined ? [] : [[name, entity.cell(from, name, value)] as const];
      }),
    );
  };
  const own = {
    left: await written(entity, "left", given("left")),
    right: await written(entity, "right", given("right")),
  };
  const whole = async (side: Side): Promise<Fields> => {
    const other = otherSide(side);
    const carried = await carriedFrom(entity, other, own[other], lookup);
    return written(entity, side, { ...carried, ...given(side) });
  };
  return { left: await whole("left"), right: await whole("right") };
}

async function carriedFrom(
  entity: EntityMapping,
  from: Side,
  record: Fields,
  lookup: RefLookup,
): Promise<Record<string, Cell>> {
  const [carried] = await entity.carry(from, [await readingsOf(entity, from, record)], lookup);
  const cells: Record<string, Cell> = {};
  for (const [field, value] of Object.entries(carried ?? {})) if (value.kind === "value") cells[field] = value.cell;
  return cells;
}

/** The record that shows these values; one that a side cannot be written is left out. */
async function written(entity: EntityMapping, side: Side, cells: Readonly<Record<string, Cell>>): Promise<Fields> {
  const result = await entity.write(side, cells, null);
  if (result.ok) return result.record;
  return written(entity, side, Object.fromEntries(Object.entries(cells).filter(([field]) => field !== result.field)));
}

async function readingsOf(
  entity: EntityMapping,
  side: Side,
  record: Fields,
): Promise<Readonly<Record<string, Reading>>> {
  const [reading] = await entity.read(side, [record]);
  return reading?.fields ?? {};
}

async function basesOf(entity: EntityMapping, side: Side, record: Fields): Promise<Readonly<Record<string, Value>>> {
  const bases: Record<string, Value> = {};
  for (const [field, reading] of Object.entries(await readingsOf(entity, side, record))) {
    if (reading.kind === "value") bases[field] = reading.cell.value;
  }
  return bases;
}
