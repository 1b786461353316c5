// Exact and scored match rules in the order of the file: the first that knows of anyone decides.

import { correlate, type CandidateView, type Match } from "../core/correlate.ts";
import type { RemoteId } from "../core/ids.ts";
import { exactKeys, parseMatchKey, profileOf } from "../mapping/match-key.ts";
import { alikeMatches, nodeName } from "./alike.ts";
import type { Entity, RunContext } from "./context.ts";
import type { Sighting } from "./ports/sighting.ts";

export interface RuleMatch {
  readonly match: Match;
  /** The rule that knew of someone; null: none did, or a person said so. */
  readonly rule: number | null;
}

interface Asking {
  readonly context: RunContext;
  readonly entity: Entity;
  readonly remembered: boolean;
}

/** What the exact rules say of one record. @param rivals Unlinked records of its own side, without itself. */
export function exactMatch(
  sighting: Sighting,
  candidates: ReadonlyMap<string, readonly CandidateView[]>,
  rivals: ReadonlyMap<string, readonly CandidateView[]>,
): RuleMatch {
  if (sighting.matchKeys.length === 0) return { match: correlate([null], candidates, rivals), rule: null };
  // Keys carry their rule's number, so their order is the rules' order; a missing rule's key is simply not there.
  for (const key of exactKeys(sighting.matchKeys)) {
    const match = correlate([key], candidates, rivals);
    if (match.kind !== "none") return { match, rule: parseMatchKey(key).rule };
  }
  return { match: { kind: "none" }, rule: null };
}

/** The scored rules' say on records of which no rule before them knows anyone. */
export async function withScoredRules(
  asking: Asking,
  lone: readonly Sighting[],
  exact: readonly RuleMatch[],
): Promise<readonly RuleMatch[]> {
  const found = [...exact];
  for (const rule of asking.entity.mapping.scored) {
    const open = lone.filter((sighting, index) => {
      const known = found[index];
      const isOpen =
        known?.match.kind === "none" || (known !== undefined && known.rule !== null && known.rule > rule.index);
      return isOpen && profileOf(sighting.matchKeys, rule.index) !== null;
    });
    if (open.length === 0) continue;
    const matches = await alikeMatches({ ...asking, rule }, open);
    lone.forEach((sighting, index) => {
      const match = open.includes(sighting) ? matches.get(nodeName(sighting.side, sighting.id)) : undefined;
      if (match !== undefined && match.kind !== "none") found[index] = { match, rule: rule.index };
    });
  }
  return found;
}

/**
 * The match as it stands once its partner has been asked. A partner that a scored rule before this one gives to somebody else
 * is taken. One that has been edited since its values were remembered, and is no longer alike, is looked at again: null.
 */
export async function withPartners(
  asking: Asking,
  lone: readonly Sighting[],
  found: readonly RuleMatch[],
  partners: ReadonlyMap<RemoteId, Sighting>,
): Promise<readonly (Match | null)[]> {
  const elsewhere = await givenElsewhere(asking, lone, found, partners);
  return found.map(({ match, rule }, index) => {
    const partner = match.kind === "one" ? partners.get(match.id) : undefined;
    const own = lone[index];
    if (match.kind !== "one" || partner === undefined || own === undefined) return match;
    if (elsewhere.has(nodeName(own.side, own.id))) return { kind: "taken", id: match.id, linkId: null };
    const scored = asking.entity.mapping.scored.find((each) => each.index === rule);
    if (scored === undefined) return match;
    const [one, other] = [profileOf(own.matchKeys, scored.index), profileOf(partner.matchKeys, scored.index)];
    return one !== null && other !== null && scored.score(one, other).grade === "sure" ? match : null;
  });
}

async function givenElsewhere(
  asking: Asking,
  lone: readonly Sighting[],
  found: readonly RuleMatch[],
  partners: ReadonlyMap<RemoteId, Sighting>,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const rule of asking.entity.mapping.scored) {
    const claims = found.flatMap(({ match, rule: by }, index) => {
      const own = lone[index];
      const partner = match.kind === "one" && by !== null && by > rule.index ? partners.get(match.id) : undefined;
      return own === undefined || partner === undefined ? [] : [{ own, partner }];
    });
    if (claims.length === 0) continue;
    const matches = await alikeMatches(
      { ...asking, rule },
      claims.map(({ partner }) => partner),
    );
    for (const { own, partner } of claims) {
      const match = matches.get(nodeName(partner.side, partner.id));
      const isOwn = match?.kind === "one" && match.id === own.id;
      if (match !== undefined && match.kind !== "none" && !isOwn) names.add(nodeName(own.side, own.id));
    }
  }
  return names;
}
