// Whom the records without a link match: a word of a person first, then the rules in their order; two of a side never get one.

import type { CandidateView, Match } from "../core/correlate.ts";
import { groupBy } from "../core/group.ts";
import { type BySide, type RemoteId, SIDES, type Side, otherSide } from "../core/ids.ts";
import { exactKeys } from "../mapping/match-key.ts";
import { chosenPair } from "./chosen-pair.ts";
import type { Entity, RunContext } from "./context.ts";
import { lookUp } from "./look-up.ts";
import type { Sighting, Subject } from "./ports/sighting.ts";
import type { CaseResolution } from "./ports/waiting.ts";
import { type RuleMatch, exactMatch, withPartners, withScoredRules } from "./rule-order.ts";

interface LoneMatch {
  readonly match: Match;
  readonly partner: Sighting | null;
}

/** Matches of the page's unlinked records, by "side id". A person's `--link` comes before every rule. */
export async function matchLone(
  context: RunContext,
  entity: Entity,
  subjects: readonly Subject[],
  resolutions: readonly CaseResolution[],
  remembered: boolean,
): Promise<ReadonlyMap<string, LoneMatch>> {
  const result = new Map<string, LoneMatch>();
  const pairs = resolutions.flatMap((each) => chosenPair(each, context.mapping.sides));
  for (const side of SIDES) {
    const other = otherSide(side);
    const lone = subjects.flatMap((subject) =>
      subject.link === null && subject[side] !== null && subject[other] === null ? [subject[side]] : [],
    );
    if (lone.length === 0) continue;
    const keys = [...new Set(lone.flatMap((sighting) => exactKeys(sighting.matchKeys)))];
    const [known, own] =
      keys.length === 0
        ? [[], []]
        : await Promise.all([
            context.store.candidates(context.run, entity.name, other, keys, remembered),
            context.store.candidates(context.run, entity.name, side, keys, remembered),
          ]);
    const promised: BySide<ReadonlySet<RemoteId>> = {
      left: new Set(pairs.map((pair) => pair.left)),
      right: new Set(pairs.map((pair) => pair.right)),
    };
    const candidates = groupBy(
      known.map((candidate) => ({ ...candidate, promised: promised[other].has(candidate.id) })),
      (candidate) => candidate.key,
    );
    const rivals = groupBy(
      own.filter((candidate) => candidate.linkId === null && !promised[side].has(candidate.id)),
      (candidate) => candidate.key,
    );
    const asking = { context, entity, remembered };
    const found = await withScoredRules(
      asking,
      lone,
      lone.map((sighting) => matchOf(entity, side, sighting, candidates, rivals, pairs)),
    );
    const ones = found.map(({ match }) => match);
    const partners = await partnersOf(context, entity, other, ones);
    const asked = await withPartners(asking, lone, found, partners);
    const matches = await withoutOutbid(context, entity, side, lone, ones, partners);
    lone.forEach((sighting, index) => {
      const settled = asked[index] ?? null;
      const match = (settled?.kind === "taken" ? settled : matches[index]) ?? ({ kind: "none" } as const);
      const partner = match.kind === "one" && settled !== null ? (partners.get(match.id) ?? null) : null;
      result.set(`${side} ${sighting.id}`, { match, partner });
    });
  }
  return result;
}

/**
 * A record that belongs to somebody else of this side by a rule that comes first is taken for the one that knows it by a later
 * rule: two of a side never get one counterpart.
 */
async function withoutOutbid(
  context: RunContext,
  entity: Entity,
  side: Side,
  lone: readonly Sighting[],
  matches: readonly Match[],
  partners: ReadonlyMap<RemoteId, Sighting>,
): Promise<readonly Match[]> {
  const earlierKeys = matches.map((match, index): readonly string[] => {
    const partner = match.kind === "one" ? partners.get(match.id) : undefined;
    const partnerKeys = exactKeys(partner?.matchKeys ?? []);
    const shared = partnerKeys.findIndex((key) => lone[index]?.matchKeys.includes(key));
    return shared > 0 ? partnerKeys.slice(0, shared) : [];
  });
  const keys = [...new Set(earlierKeys.flat())];
  if (keys.length === 0) return matches;
  const known = new Set(
    (await context.store.candidates(context.run, entity.name, side, keys, false)).map((candidate) => candidate.key),
  );
  return matches.map((match, index) =>
    match.kind === "one" && earlierKeys[index]?.some((key) => known.has(key)) === true
      ? { kind: "taken", id: match.id, linkId: null }
      : match,
  );
}

function matchOf(
  entity: Entity,
  side: Side,
  sighting: Sighting,
  candidates: ReadonlyMap<string, readonly CandidateView[]>,
  rivals: ReadonlyMap<string, readonly CandidateView[]>,
  pairs: readonly BySide<RemoteId>[],
): RuleMatch {
  const chosen = pairs.find((pair) => pair[side] === sighting.id);
  if (chosen !== undefined) return { match: { kind: "one", id: chosen[otherSide(side)] }, rule: null };
  if (!entity.mapping.policy.matches) return { match: { kind: "none" }, rule: null };
  const others = new Map(
    sighting.matchKeys.map((key) => [key, (rivals.get(key) ?? []).filter((row) => row.id !== sighting.id)]),
  );
  return exactMatch(sighting, candidates, others);
}

/** The candidates' own sightings. One that a person chose may not have been seen yet; one that is linked is no candidate. */
async function partnersOf(
  context: RunContext,
  entity: Entity,
  side: Side,
  matches: readonly Match[],
): Promise<ReadonlyMap<RemoteId, Sighting>> {
  const ids = [...new Set(matches.flatMap((match) => (match.kind === "one" ? [match.id] : [])))];
  if (ids.length === 0) return new Map();
  const found = await context.store.sighted(context.run, entity.name, side, ids);
  const seen = new Set(found.map((sighting) => sighting.id));
  const unseen = ids.filter((id) => !seen.has(id));
  const fetched = unseen.length === 0 ? [] : (await lookUp(context, entity, side, unseen, false)).sightings;
  await context.store.stage(context.run, fetched);
  const links = await context.store.linksBy(entity.name, side, ids);
  const taken = new Set(links.filter((link) => link.state !== "tombstone").map((link) => link[side]));
  const usable = [...found, ...fetched].filter(
    (sighting) => sighting.record !== null && sighting.presence === "present" && !taken.has(sighting.id),
  );
  return new Map(usable.map((sighting) => [sighting.id, sighting]));
}
