// What the checkers look at: everything that happened to each record, read through the mapping's own lenses, beside what the
// engine remembers of it.

import { NULL_KEY, type Reading } from "../../core/field.ts";
import { otherSide, SIDES, type RemoteId, type Side } from "../../core/ids.ts";
import type { Fields } from "../../core/value.ts";
import type { EffectRow } from "../../engine/ledger.ts";
import type { EntityMapping } from "../../mapping/mapping.ts";
import { pairTables, rowKey, type LinkRow, type PairTables } from "../memory/tables.ts";
import type { Memory, Played } from "../play.ts";
import type { Happening } from "../system/journal.ts";

export type Readings = Readonly<Record<string, Reading>>;

/** A happening of an entity's record, in canonical fields. */
export interface Change {
  readonly what: Happening;
  readonly before: Readings | null;
  readonly after: Readings | null;
  /** Of an engine's write: what was sent. */
  readonly sent: Readings | null;
  /** The same with what stood there before: of a field in several parts often only one is sent. */
  readonly meant: Readings | null;
  /** What it shows now takes part. */
  readonly inScope: boolean;
  /** Fields that show something else than before. */
  readonly changed: readonly string[];
}

export interface EntityEvidence {
  readonly mapping: EntityMapping;
  readonly name: string;
  /** In order of time, by side and record. */
  readonly changes: Readonly<Record<Side, ReadonlyMap<RemoteId, readonly Change[]>>>;
  readonly all: readonly Change[];
  readonly effects: readonly EffectRow[];
  /** Records of the other side that a record was ever written for, whether or not anybody heard of it, by `side id`. */
  readonly partners: ReadonlyMap<string, ReadonlySet<RemoteId>>;
  /** The part of these that the state knows: by a link or an effect. */
  readonly known: ReadonlyMap<string, ReadonlySet<RemoteId>>;
  /** What a record showed carried to the other side, at any time: keys by field, by `side id`. */
  readonly given: ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>;
  readonly merged: ReadonlySet<string>;
}

export interface Evidence {
  readonly played: Played;
  readonly tables: PairTables;
  readonly entities: readonly EntityEvidence[];
  readonly end: Memory;
}

/** Null: the field shows nothing. */
export function keyOf(readings: Readings | null, field: string): string | null {
  const reading = readings?.[field];
  if (reading === undefined || reading.kind === "absent") return null;
  if (reading.kind === "invalid") return "(invalid)";
  return reading.cell.key === NULL_KEY ? null : reading.cell.key;
}

export function recordKey(side: Side, id: RemoteId): string {
  return `${side} ${id}`;
}

export async function gatherEvidence(played: Played): Promise<Evidence> {
  const tables = pairTables(played.store.tables, played.mapping.pair);
  const entities = await Promise.all(played.mapping.entities.map((mapping) => entityEvidence(played, tables, mapping)));
  const end: Memory = {
    happenings: played.happenings.length,
    links: [...tables.links.values()],
    cases: [...tables.cases.values()].filter((row) => !row.closed),
    quarantined: new Set(tables.quarantine.keys()),
    parked: new Set([...tables.parked.values()].map((row) => rowKey(row.entity, row.side, row.id))),
    intents: tables.intents.size,
    cursors: new Set(tables.cursors.keys()),
  };
  return { played, tables, entities, end };
}

async function entityEvidence(played: Played, tables: PairTables, mapping: EntityMapping): Promise<EntityEvidence> {
  const { name } = mapping.policy;
  const own = played.happenings.filter((each) => mapping.objects[each.side] === each.object);
  const changes = (
    await Promise.all(
      SIDES.map((side) =>
        changesOf(
          mapping,
          side,
          own.filter((each) => each.side === side),
        ),
      ),
    )
  )
    .flat()
    .toSorted((a, b) => a.what.seq - b.what.seq);
  const effects = tables.effects.filter((row) => row.entity === name);
  const links = [...tables.links.values(), ...played.followed.links].filter((row) => row.entity === name);
  const byRecord = (side: Side): ReadonlyMap<RemoteId, readonly Change[]> => {
    const found = new Map<RemoteId, Change[]>();
    for (const change of changes)
      if (change.what.side === side) found.set(change.what.id, [...(found.get(change.what.id) ?? []), change]);
    return found;
  };
  return {
    mapping,
    name,
    changes: { left: byRecord("left"), right: byRecord("right") },
    all: changes,
    effects,
    partners: partnersOf(links, effects, own),
    known: partnersOf(links, effects, []),
    given: await givenOf(mapping, changes),
    merged: mergedFields(mapping),
  };
}

async function changesOf(
  mapping: EntityMapping,
  side: Side,
  happenings: readonly Happening[],
): Promise<readonly Change[]> {
  const records: Fields[] = [];
  const place = (fields: Fields | null, id: RemoteId): number | null =>
    fields === null ? null : records.push({ ...fields, id }) - 1;
  const places = happenings.map(({ before, after, sent, id }) => ({
    before: place(before, id),
    after: place(after, id),
    sent: sent === null ? null : records.push(sent) - 1,
    meant: sent === null ? null : records.push({ ...before, ...sent, id }) - 1,
  }));
  const readings = records.length === 0 ? [] : await mapping.read(side, records);
  const at = (index: number | null): Readings | null => (index === null ? null : (readings[index]?.fields ?? null));
  return happenings.map((what, index): Change => {
    const { before, after, sent, meant } = {
      before: at(places[index]?.before ?? null),
      after: at(places[index]?.after ?? null),
      sent: at(places[index]?.sent ?? null),
      meant: at(places[index]?.meant ?? null),
    };
    const changed = mapping.policy.fields
      .map((field) => field.name)
      .filter((field) => keyOf(before, field) !== keyOf(after, field));
    const position = places[index]?.after ?? null;
    const inScope = position === null || readings[position]?.inScope !== false;
    return { what, before, after, sent, meant, inScope, changed };
  });
}

async function givenOf(
  mapping: EntityMapping,
  changes: readonly Change[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>> {
  const given = new Map<string, Map<string, Set<string>>>();
  for (const side of SIDES) {
    const shown = changes.filter((change) => change.what.side === side && change.after !== null);
    const carried = await mapping.carry(
      side,
      shown.map((change) => change.after ?? {}),
      () => null,
    );
    shown.forEach((change, index) => {
      const key = recordKey(side, change.what.id);
      const fields = given.get(key) ?? new Map<string, Set<string>>();
      given.set(key, fields);
      for (const [field, value] of Object.entries(carried[index] ?? {})) {
        if (value.kind !== "value") continue;
        fields.set(field, (fields.get(field) ?? new Set()).add(value.cell.key));
      }
    });
  }
  return given;
}

function partnersOf(
  links: readonly LinkRow[],
  effects: readonly EffectRow[],
  happenings: readonly Happening[],
): ReadonlyMap<string, ReadonlySet<RemoteId>> {
  const found = new Map<string, Set<RemoteId>>();
  const note = (side: Side, id: RemoteId, other: RemoteId): void => {
    found.set(recordKey(side, id), (found.get(recordKey(side, id)) ?? new Set()).add(other));
    found.set(recordKey(otherSide(side), other), (found.get(recordKey(otherSide(side), other)) ?? new Set()).add(id));
  };
  for (const link of links) note("left", link.left, link.right);
  for (const effect of effects) if (effect.other !== null) note(effect.side, effect.record, effect.other);
  for (const { side, id, other } of happenings) if (other !== null) note(side, id, other);
  return found;
}

/** Fields whose rule puts the changes of both sides together: what is written there is nobody's own value. */
function mergedFields(mapping: EntityMapping): ReadonlySet<string> {
  const names = mapping.policy.fields.map((field) => field.name);
  return new Set(
    names.filter((name) => {
      const left = mapping.cell("left", name, MERGE_PROBE[0]);
      const right = mapping.cell("right", name, MERGE_PROBE[0]);
      const sets = {
        left: mapping.cell("left", name, MERGE_PROBE[1]),
        right: mapping.cell("right", name, MERGE_PROBE[1]),
      };
      const combined = (one: typeof left, other: typeof right): boolean =>
        mapping.combine(name, { left: one, right: other, baseLeft: one, baseRight: other }) !== null;
      return combined(left, right) || combined(sets.left, sets.right);
    }),
  );
}

const MERGE_PROBE = [1, ["a"]] as const;

/** The last change of a record before a moment. */
export function lastBefore(entity: EntityEvidence, side: Side, id: RemoteId, seq: number): Change | null {
  return entity.changes[side].get(id)?.findLast((change) => change.what.seq < seq) ?? null;
}

/** What a record shows now; null: it is not there. */
export function shownBy(entity: EntityEvidence, side: Side, id: RemoteId, before: number): Readings | null {
  return lastBefore(entity, side, id, before)?.after ?? null;
}

/** It happened before the state was lost for the last time: what the state knew of it is gone. */
export function isBeforeLoss({ losses }: Played, seq: number): boolean {
  return losses.some((loss) => seq < loss.happenings);
}
