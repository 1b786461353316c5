// Where the record of a link has gone to, when it is not gone for good: merged into another record, or back under another id.

import type { Redirect } from "../core/subject.ts";
import { groupBy } from "../core/group.ts";
import { otherSide, SIDES, type LinkId, type RemoteId, type Side } from "../core/ids.ts";
import { exactKeys } from "../mapping/match-key.ts";
import { alikeMatches, nodeName } from "./alike.ts";
import { mergedKey, type Entity, type RunContext } from "./context.ts";
import type { Link, StoredBases } from "./ports/link.ts";
import type { Sighting, Subject } from "./ports/sighting.ts";

/**
 * Links one of whose records is gone while the system answered with another record for its id, or while exactly one unlinked
 * record of that side matches the other: by link.
 */
export async function redirectsOf(
  context: RunContext,
  entity: Entity,
  subjects: readonly Subject[],
  bases: ReadonlyMap<LinkId, StoredBases>,
): Promise<ReadonlyMap<LinkId, Redirect>> {
  const found = new Map<LinkId, Redirect>();
  for (const gone of SIDES) {
    const all = subjects.flatMap((subject) =>
      subject.link !== null && subject[gone]?.presence === "absent"
        ? [{ link: subject.link, kept: subject[otherSide(gone)] }]
        : [],
    );
    const told = all.flatMap(({ link }) => {
      const to = context.merged.get(mergedKey(entity, gone, link[gone]));
      return to === undefined ? [] : [{ link, to }];
    });
    const holders =
      told.length === 0
        ? []
        : await context.store.linksBy(
            entity.name,
            gone,
            told.map(({ to }) => to),
          );
    for (const { link, to } of told) found.set(link.id, { to, taken: holders.some((holder) => holder[gone] === to) });
    const links = all.filter(({ link }) => !found.has(link.id));
    if (links.length === 0 || !entity.mapping.policy.matches) continue;
    const keyed = await Promise.all(
      links.map(async ({ link, kept }) => ({
        link,
        keys: await keysOfKept(entity, otherSide(gone), kept, bases.get(link.id)),
      })),
    );
    const keys = exactKeys([...new Set(keyed.flatMap((each) => each.keys))]);
    const known = keys.length === 0 ? [] : await context.store.candidates(context.run, entity.name, gone, keys, false);
    const free = groupBy(
      known.filter((each) => each.linkId === null),
      (each) => each.key,
    );
    for (const { link, keys: own } of keyed) {
      const ids = new Set(own.flatMap((key) => (free.get(key) ?? []).map((each) => each.id)));
      const [only] = ids;
      if (ids.size === 1 && only !== undefined) found.set(link.id, { to: only, taken: false });
    }
    for (const [link, to] of await alikeRedirects(context, entity, gone, keyed)) {
      if (!found.has(link)) found.set(link, { to, taken: false });
    }
  }
  return found;
}

/** By a scored rule: the record that is still there is matched as though its link were gone, too. */
async function alikeRedirects(
  context: RunContext,
  entity: Entity,
  gone: Side,
  keyed: readonly { readonly link: Link; readonly keys: readonly string[] }[],
): Promise<ReadonlyMap<LinkId, RemoteId>> {
  const found = new Map<LinkId, RemoteId>();
  const kept = otherSide(gone);
  const lone = keyed.map(({ link, keys }) => ({ side: kept, id: link[kept], matchKeys: keys }));
  for (const rule of entity.mapping.scored) {
    const matches = await alikeMatches({ context, entity, rule, remembered: false }, lone);
    for (const { link } of keyed) {
      const match = matches.get(nodeName(kept, link[kept]));
      if (match?.kind === "one" && !found.has(link.id)) found.set(link.id, match.id);
    }
  }
  return found;
}

/** Match keys of the record that is still there; of an unchanged one, from the base it shows. */
async function keysOfKept(
  entity: Entity,
  side: Side,
  kept: Sighting | null,
  bases: StoredBases | undefined,
): Promise<readonly string[]> {
  if (kept !== null && kept.matchKeys.length > 0) return kept.matchKeys;
  if (kept?.record !== null && kept?.record !== undefined) {
    const [reading] = await entity.mapping.read(side, [kept.record]);
    return (reading?.matchKeys ?? []).filter((key) => key !== null);
  }
  return bases?.matchKeys[side] ?? [];
}
