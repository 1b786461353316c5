// What the core decides about every record of a small world: the same steps as a run, from records that are all there.

import type { Match } from "../../core/correlate.ts";
import { decideLinked } from "../../core/decide-linked.ts";
import { decideLone, speaksFor } from "../../core/decide-lone.ts";
import { type DecideFacts, type LinkedPair, type SideView } from "../../core/subject.ts";
import type { Decision } from "../../core/decision.ts";
import { ABSENT, NO_WAY, type Carried, type FieldSight, type Reading } from "../../core/field.ts";
import { otherSide, SIDES, type BySide, type RemoteId, type Side } from "../../core/ids.ts";
import type { Presence } from "../../core/situation.ts";
import type { Fields, Value } from "../../core/value.ts";
import type { EntityMapping } from "../mapping.ts";
import { exactKeys } from "../match-key.ts";
import { matchOf, type Candidate } from "./match-world.ts";
import { isLinked, refLookupOf, type RecordShape, type World, type WorldLink } from "./world.ts";

export interface WorldFacts {
  readonly names: BySide<string>;
  readonly shapes: BySide<RecordShape>;
  readonly clockToleranceMs: number;
}

/** A decision with the fields it was made of. */
export interface Decided {
  readonly decision: Decision;
  readonly sights: readonly FieldSight[];
}

/** A record of the world as its lenses read it. */
interface Seen {
  readonly id: RemoteId;
  readonly fields: Fields;
  readonly presence: Presence;
  readonly readings: Readonly<Record<string, Reading>>;
  readonly keys: readonly (string | null)[];
}

export async function decideWorld(entity: EntityMapping, world: World, facts: WorldFacts): Promise<readonly Decided[]> {
  const seen = { left: await lookAt(entity, "left", world, facts), right: await lookAt(entity, "right", world, facts) };
  const scene: Scene = { entity, world, facts, seen };
  const decided: Decided[] = [];
  const movedTo = new Set<string>();
  for (const link of world.links) {
    const made = await decideLink(scene, link);
    const { link: change } = made.decision;
    if (change.kind === "move") movedTo.add(`${change.side} ${change.to}`);
    decided.push(made);
  }
  for (const side of SIDES) {
    for (const record of loneRecords(scene, side)) {
      if (movedTo.has(`${side} ${record.id}`)) continue;
      const made = await decideOneAlone(scene, side, record);
      if (made !== null) decided.push(made);
    }
  }
  return decided;
}

interface Scene {
  readonly entity: EntityMapping;
  readonly world: World;
  readonly facts: WorldFacts;
  readonly seen: BySide<readonly Seen[]>;
}

async function lookAt(
  entity: EntityMapping,
  side: Side,
  { records }: World,
  { shapes }: WorldFacts,
): Promise<readonly Seen[]> {
  const own = records[side];
  const read = await entity.read(
    side,
    own.map(({ fields }) => fields),
  );
  return own.map(({ id, fields }, index): Seen => {
    const reading = read[index];
    const presence = shapes[side].deleted(fields) ? "absent" : reading?.inScope === false ? "out-of-scope" : "present";
    const keys = presence === "present" ? (reading?.matchKeys ?? []) : [];
    return { id, fields, presence, readings: reading?.fields ?? {}, keys };
  });
}

function loneRecords({ world, seen }: Scene, side: Side): readonly Seen[] {
  return seen[side].filter(({ id, presence }) => presence === "present" && !isLinked(world, side, id));
}

// ---------------------------------------------------------------- linked records

async function decideLink(scene: Scene, link: WorldLink): Promise<Decided> {
  const on = (side: Side): Seen | null => scene.seen[side].find(({ id }) => id === link.ids[side]) ?? null;
  const both = { left: on("left"), right: on("right") };
  const sights = await sightsOf(scene, both, link);
  const view = (side: Side): SideView => ({
    id: link.ids[side],
    presence: both[side]?.presence ?? "absent",
    version: null,
  });
  const sides = { left: view("left"), right: view("right") };
  const redirect = redirectOf(scene, both, sides);
  const pair = { link: { id: link.id, state: link.state }, sides, fields: sights, redirect };
  return { decision: decideLinked(pair, decideFacts(scene, both)), sights };
}

/** The only unlinked record of the gone side that matches the one that is still there. */
function redirectOf(scene: Scene, both: BySide<Seen | null>, sides: BySide<SideView>): LinkedPair["redirect"] {
  const gone = SIDES.find((side) => sides[side].presence === "absent");
  if (gone === undefined) return null;
  const keys = new Set(exactKeys(both[otherSide(gone)]?.keys ?? []));
  const found = loneRecords(scene, gone).filter((record) => record.keys.some((key) => key !== null && keys.has(key)));
  const [only, ...more] = found;
  return only === undefined || more.length > 0 ? null : { to: only.id, taken: false };
}

// ---------------------------------------------------------------- records without a link

async function decideOneAlone(scene: Scene, side: Side, record: Seen): Promise<Decided | null> {
  const match = matchIn(scene, side, record);
  // A pair that matches is decided once, from the left.
  if (side === "right" && match.kind === "one") return null;
  const partner = match.kind === "one" ? (scene.seen[otherSide(side)].find(({ id }) => id === match.id) ?? null) : null;
  const both = side === "left" ? { left: record, right: partner } : { left: partner, right: record };
  const sights = await sightsOf(scene, both, null);
  const view = ({ id, presence }: Seen): SideView => ({ id, presence, version: null });
  const lone = {
    side,
    record: view(record),
    match,
    partner: partner === null ? null : view(partner),
    fields: sights,
    dismissed: [],
  };
  const decision = decideLone(lone, decideFacts(scene, both));
  return { decision: speaksFor(side, record.id, match) ? decision : { ...decision, cases: [] }, sights };
}

function matchIn({ entity, world, facts, seen }: Scene, side: Side, record: Seen): Match {
  const candidate = (of: Side, { id, keys }: Seen): Candidate => ({
    id,
    linkId: world.links.find((link) => link.ids[of] === id)?.id ?? null,
    keys: keys.filter((key) => key !== null),
  });
  const candidates = {
    left: seen.left.map((each) => candidate("left", each)),
    right: seen.right.map((each) => candidate("right", each)),
  };
  return matchOf({ entity, names: facts.names, candidates }, side, candidate(side, record));
}

// ---------------------------------------------------------------- what the core is handed

function decideFacts({ entity, facts }: Scene, both: BySide<Seen | null>): DecideFacts {
  const modified = (side: Side): ReturnType<RecordShape["modified"]> => {
    const record = both[side];
    return record === null ? null : facts.shapes[side].modified(record.fields);
  };
  return {
    policy: entity.policy,
    names: facts.names,
    modified: { left: modified("left"), right: modified("right") },
    clockToleranceMs: facts.clockToleranceMs,
    answers: {},
  };
}

async function sightsOf(
  { entity, world }: Scene,
  both: BySide<Seen | null>,
  link: WorldLink | null,
): Promise<readonly FieldSight[]> {
  const lookup = refLookupOf(world, entity.policy.name);
  const readings = { left: both.left?.readings ?? {}, right: both.right?.readings ?? {} };
  const carry = async (from: Side): Promise<Readonly<Record<string, Carried>>> =>
    (await entity.carry(from, [readings[from]], lookup))[0] ?? {};
  const toRight = await carry("left");
  const toLeft = await carry("right");
  return entity.policy.fields.map((policy): FieldSight => {
    const { name } = policy;
    return entity.sight(name, {
      left: readings.left[name] ?? ABSENT,
      right: readings.right[name] ?? ABSENT,
      baseLeft: baseCell(entity, "left", name, link),
      baseRight: baseCell(entity, "right", name, link),
      toRight: toRight[name] ?? NO_WAY,
      toLeft: toLeft[name] ?? NO_WAY,
      lookup,
    });
  });
}

function baseCell(entity: EntityMapping, side: Side, field: string, link: WorldLink | null): FieldSight["baseLeft"] {
  const value: Value | undefined = link?.bases[side][field];
  return value === undefined ? null : entity.cell(side, field, value);
}
