// Schema drift: a field that the mapping reads is gone from nearly all records of a side at once, or holds what its type does not
// know. That is no edit of anybody: a column was renamed, a permission taken away, a format changed. The field is held (nothing of
// it travels, in either direction) with one case, and all others flow, until it is back or a person accepts it as it is.
//
// Counted by a complete listing, among linked records whose base has a value for the field:
//
//   vanished    the record has no such field        3 or more, and 9 of 10
//   not valid   a value outside the field's type    3 or more, and 9 of 10
//   empty       null where there was a value        10 or more, and 9 of 10; fewer may well be one person's work
//
// Between sweeps what the last one found holds.

import { NULL_KEY, type Reading } from "../core/field.ts";
import { SIDES, type RemoteId, type Side } from "../core/ids.ts";
import type { Value } from "../core/value.ts";
import { throwIfStopping, type Entity, type RunContext } from "./context.ts";
import type { StoredBases } from "./ports/link.ts";
import type { Subject } from "./ports/sighting.ts";

const PAGE = 500;
const SHARE = 0.9;
const EXAMPLES_MAX = 5;

const KINDS = { vanished: 3, "not valid": 3, empty: 10 } as const;
type DriftKind = keyof typeof KINDS;

interface Found {
  count: number;
  readonly examples: RemoteId[];
}

/** By side, field and kind. */
type Counts = Map<string, Found>;

/** Fields of which nothing is carried in this run. */
export async function driftedFields(context: RunContext, entity: Entity, swept: boolean): Promise<ReadonlySet<string>> {
  const known = (await context.store.drifts()).filter((drift) => drift.entity === entity.name);
  if (!swept) return new Set(known.filter(({ state }) => state === "open").map(({ field }) => field));
  const counts = await countDrifted(context, entity);
  const held = new Set<string>();
  for (const side of SIDES) {
    const evidence = await evidenceOf(context, entity, side, counts);
    for (const field of evidence.keys()) {
      if (known.some((drift) => drift.side === side && drift.field === field && drift.state === "accepted")) continue;
      held.add(field);
      context.log.warn("a field has drifted and is held", { pair: context.mapping.pair, entity: entity.name, field });
    }
    if (context.forecast !== null) continue;
    for (const [field, values] of evidence)
      await context.store.setDrift({ entity: entity.name, side, field }, { values });
    for (const drift of known)
      if (drift.side === side && !evidence.has(drift.field)) await context.store.setDrift(drift, null);
  }
  return held;
}

/** Goes through the linked records that differ from what is remembered; the others show their bases. */
async function countDrifted(context: RunContext, entity: Entity): Promise<Counts> {
  const counts: Counts = new Map();
  let after: string | null = null;
  for (;;) {
    const page = await context.store.subjects(context.run, entity.name, after, PAGE);
    const linked = page.subjects.filter((subject) => subject.link !== null && subject.link.state === "live");
    const bases = await context.store.bases(linked.flatMap(({ link }) => link?.id ?? []));
    for (const side of SIDES) await countSide(entity, side, linked, bases, counts);
    // Linked ones come first.
    if (page.next === null || linked.length === 0) return counts;
    after = page.next;
    throwIfStopping(context);
  }
}

async function countSide(
  entity: Entity,
  side: Side,
  linked: readonly Subject[],
  bases: ReadonlyMap<string, StoredBases>,
  counts: Counts,
): Promise<void> {
  const rows = linked.flatMap(({ link, [side]: sighting }) => {
    const base = link === null ? undefined : bases.get(link.id)?.[side];
    const record = sighting?.record ?? null;
    return sighting === null || record === null || base === undefined ? [] : [{ id: sighting.id, record, base }];
  });
  if (rows.length === 0) return;
  const readings = await entity.mapping.read(
    side,
    rows.map(({ record }) => record),
  );
  rows.forEach(({ id, base }, index) => {
    for (const { name } of entity.mapping.policy.fields) {
      if ((base[name] ?? null) === null) continue;
      const kind = kindOf(readings[index]?.fields[name]);
      if (kind === null) continue;
      const key = keyOf(side, name, kind);
      const found = counts.get(key) ?? { count: 0, examples: [] };
      found.count += 1;
      if (found.examples.length < EXAMPLES_MAX) found.examples.push(id);
      counts.set(key, found);
    }
  });
}

function kindOf(reading: Reading | undefined): DriftKind | null {
  if (reading === undefined || reading.kind === "absent") return "vanished";
  if (reading.kind === "invalid") return "not valid";
  return reading.cell.key === NULL_KEY ? "empty" : null;
}

function keyOf(side: Side, field: string, kind: DriftKind): string {
  return `${side} ${kind} ${field}`;
}

/** What the case of each drifted field of a side says. */
async function evidenceOf(
  context: RunContext,
  entity: Entity,
  side: Side,
  counts: Counts,
): Promise<ReadonlyMap<string, Value>> {
  const enough: { readonly name: string; readonly kind: DriftKind; readonly found: Found }[] = [];
  for (const { name } of entity.mapping.policy.fields) {
    for (const [kind, floor] of Object.entries(KINDS) as [DriftKind, number][]) {
      const found = counts.get(keyOf(side, name, kind));
      if (found !== undefined && found.count >= floor) enough.push({ name, kind, found });
    }
  }
  const evidence = new Map<string, Value>();
  if (enough.length === 0) return evidence;
  const fields = [...new Set(enough.map(({ name }) => name))];
  const known = await context.store.countBases(entity.name, side, fields);
  for (const { name, kind, found } of enough) {
    const of = known.get(name) ?? 0;
    if (found.count < of * SHARE) continue;
    const { name: shown } = context.mapping.sides[side];
    evidence.set(name, { side: shown, what: kind, count: found.count, of, examples: found.examples });
  }
  return evidence;
}
