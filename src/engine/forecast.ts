// What a plan tells of the links to come: how many records find their counterpart, how many are created, how many a person must
// look at, and which records of one side look like duplicates of each other. Nothing is decided here: both of two duplicates
// are real records, and both are created.

import { SIDES, type RemoteId, type Side } from "../core/ids.ts";
import type { Decision } from "../core/decision.ts";
import type { Fields, Value } from "../core/value.ts";
import { blockKeys, isExactKey, parseMatchKey, profileOf } from "../mapping/match-key.ts";
import { BLOCK_MOST } from "./alike.ts";
import type { Entity, RunContext } from "./context.ts";
import type { Block, Sighting } from "./ports.ts";

/** Duplicates that a plan lists; all are counted. More would be read by nobody. */
const LISTED_MOST = 100;

/** Collected while a plan is made; null in a run that carries out what it decides. */
export interface Forecast {
  readonly entities: Map<string, EntityForecast>;
}

interface EntityForecast {
  linked: number;
  readonly create: Record<Side, number>;
  ambiguous: number;
  duplicates: number;
  readonly listed: Fields[];
}

export function newForecast(): Forecast {
  return { entities: new Map() };
}

function entityOf({ entities }: Forecast, name: string): EntityForecast {
  const found = entities.get(name) ?? {
    linked: 0,
    create: { left: 0, right: 0 },
    ambiguous: 0,
    duplicates: 0,
    listed: [],
  };
  entities.set(name, found);
  return found;
}

/** Counts a decision about a record without a link. */
export function foretell(forecast: Forecast, decision: Decision): void {
  const entity = entityOf(forecast, decision.entity);
  if (decision.situation === "matched") entity.linked += 1;
  if (decision.situation === "new-left" || decision.situation === "new-right") {
    for (const write of decision.writes) if (write.op === "create") entity.create[write.side] += 1;
  }
  entity.ambiguous += decision.cases.filter((each) => each.kind === "ambiguous").length;
}

/** Looks for duplicates of these unlinked records on their own side, by the keys under which their matches are looked for. */
export async function foretellDuplicates(
  forecast: Forecast,
  context: RunContext,
  entity: Entity,
  side: Side,
  lone: readonly Sighting[],
): Promise<void> {
  const keys = [
    ...new Set(lone.flatMap((sighting) => sighting.matchKeys.filter((key) => parseMatchKey(key).kind !== "profile"))),
  ];
  if (keys.length === 0) return;
  const own = ({ members }: Block): readonly RemoteId[] =>
    members.filter((member) => member.side === side && member.linkId === null && member.sighted).map(({ id }) => id);
  const blocks = new Map(
    (await context.store.blocks(context.run, entity.name, keys, false, BLOCK_MOST)).map((block) => [
      block.key,
      own(block),
    ]),
  );
  const known = new Map(lone.map((sighting) => [sighting.id, sighting.matchKeys]));
  const unknown = [...new Set([...blocks.values()].flat())].filter((id) => !known.has(id));
  const members = unknown.map((id) => ({ side, id, linkId: null, sighted: true }));
  const memberKeys = members.length === 0 ? [] : await context.store.matchKeysOf(context.run, entity.name, members);
  unknown.forEach((id, index) => known.set(id, memberKeys[index] ?? []));
  const found = entityOf(forecast, entity.name);
  for (const sighting of lone) {
    // Each pair is met from both of its records.
    const others = new Set(sighting.matchKeys.flatMap((key) => blocks.get(key) ?? []).filter((id) => id > sighting.id));
    for (const id of [...others].sort()) {
      const alike = duplicateOf(entity, sighting.matchKeys, known.get(id) ?? []);
      if (alike === null) continue;
      found.duplicates += 1;
      if (found.listed.length < LISTED_MOST)
        found.listed.push({ side: context.mapping.sides[side].name, ids: [sighting.id, id], ...alike });
    }
  }
}

/** By the first rule that would link them, were they on two sides. */
function duplicateOf(
  entity: Entity,
  keys: readonly string[],
  other: readonly string[],
): { readonly score: number; readonly fields: Value } | null {
  const shared = keys.find((key) => isExactKey(key) && other.includes(key));
  const exact = shared === undefined ? null : parseMatchKey(shared).rule;
  for (const rule of entity.mapping.scored) {
    if (exact !== null && exact < rule.index) break;
    const [one, two] = [profileOf(keys, rule.index), profileOf(other, rule.index)];
    const pair =
      one === null || two === null || !blockKeys(keys, rule.index).some((key) => other.includes(key))
        ? null
        : rule.score(one, two);
    if (pair?.grade === "sure") return { score: pair.score, fields: pair.fields };
  }
  return exact === null
    ? null
    : { score: 1, fields: Object.fromEntries((entity.mapping.matchFields[exact] ?? []).map((name) => [name, 1])) };
}

/** As it stands in a plan: by entity, in the words of the file. */
export function forecastRows(forecast: Forecast, context: RunContext): Fields {
  const rows: Record<string, Value> = {};
  for (const { name } of context.entities) {
    const found = forecast.entities.get(name);
    if (found === undefined) continue;
    const create = Object.fromEntries(SIDES.map((side) => [context.mapping.sides[side].name, found.create[side]]));
    const crowded = context.tallies.get(name)?.crowded.size ?? 0;
    rows[name] = {
      linked: found.linked,
      create,
      ambiguous: found.ambiguous,
      duplicates: found.listed,
      duplicates_count: found.duplicates,
      ...(crowded === 0 ? {} : { crowded_blocks: crowded }),
    };
  }
  return rows;
}
