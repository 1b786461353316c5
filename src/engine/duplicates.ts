// Unlinked records of one side that look like duplicates of each other, for the forecast of a plan. They are looked for by the
// keys under which their matches are looked for on the other side.

import type { RemoteId, Side } from "../core/ids.ts";
import { blockKeys, isExactKey, parseMatchKey, profileOf } from "../mapping/match-key.ts";
import { BLOCK_MOST } from "./alike.ts";
import type { Entity, RunContext } from "./context.ts";
import { foretellDuplicate, type Duplicate, type Forecast } from "./forecast.ts";
import type { Block, Sighting } from "./ports/sighting.ts";

export async function foretellDuplicates(
  context: RunContext,
  entity: Entity,
  forecast: Forecast,
  side: Side,
  lone: readonly Sighting[],
): Promise<void> {
  const keys = lone.flatMap(({ matchKeys }) => matchKeys.filter((key) => parseMatchKey(key).kind !== "profile"));
  const asked = [...new Set(keys)];
  if (asked.length === 0) return;
  const found = await context.store.blocks(context.run, entity.name, asked, false, BLOCK_MOST);
  const blocks = new Map(found.map((block) => [block.key, seenOn(side, block)]));
  const known = new Map(lone.map((sighting) => [sighting.id, sighting.matchKeys]));
  const unknown = [...new Set([...blocks.values()].flat())].filter((id) => !known.has(id));
  const members = unknown.map((id) => ({ side, id, linkId: null, sighted: true }));
  const read = members.length === 0 ? [] : await context.store.matchKeysOf(context.run, entity.name, members, "");
  unknown.forEach((id, index) => known.set(id, read[index] ?? []));
  for (const { id, matchKeys } of lone) {
    // Each pair is met from both of its records, and told once.
    const others = new Set(matchKeys.flatMap((key) => blocks.get(key) ?? []).filter((other) => other > id));
    for (const other of [...others].sort()) {
      const alike = likeness(entity, matchKeys, known.get(other) ?? []);
      if (alike !== null) foretellDuplicate(forecast, entity.name, { side, ids: [id, other], ...alike });
    }
  }
}

function seenOn(side: Side, { members }: Block): readonly RemoteId[] {
  return members.flatMap((each) => (each.side === side && each.linkId === null && each.sighted ? [each.id] : []));
}

/** By the first rule that would link them, were they on two sides. */
function likeness(
  { mapping }: Entity,
  keys: readonly string[],
  other: readonly string[],
): Pick<Duplicate, "score" | "fields"> | null {
  const shared = keys.find((key) => isExactKey(key) && other.includes(key));
  const exact = shared === undefined ? null : parseMatchKey(shared).rule;
  for (const rule of mapping.scored) {
    if (exact !== null && exact < rule.index) break;
    const [one, two] = [profileOf(keys, rule.index), profileOf(other, rule.index)];
    const meets = blockKeys(keys, rule.index).some((key) => other.includes(key));
    const pair = one === null || two === null || !meets ? null : rule.score(one, two);
    if (pair?.grade === "sure") return { score: pair.score, fields: pair.fields };
  }
  if (exact === null) return null;
  return { score: 1, fields: Object.fromEntries((mapping.matchFields[exact] ?? []).map((name) => [name, 1])) };
}
