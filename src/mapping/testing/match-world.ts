// Whom an unlinked record of a small world belongs to, by the match rules in their order. Everybody is there, so nothing has to be
// looked up: exact rules by equal keys, scored ones by comparing all that share a block.

import { correlate, type CandidateView, type Match } from "../../core/correlate.ts";
import { otherSide, type BySide, type LinkId, type RemoteId, type Side } from "../../core/ids.ts";
import { matchAlike, type Alike, type AlikePair } from "../../core/resemblance.ts";
import type { EntityMapping } from "../mapping.ts";
import { blockKeys, exactKeys, parseMatchKey, profileOf } from "../match-key.ts";
import { CLEAR_LEAD, type ScoreRule } from "../match-score.ts";

/** A record that takes part, with its match keys; none where it is gone or out of scope. */
export interface Candidate {
  readonly id: RemoteId;
  readonly linkId: LinkId | null;
  readonly keys: readonly string[];
}

export interface MatchScene {
  readonly entity: EntityMapping;
  readonly names: BySide<string>;
  readonly candidates: BySide<readonly Candidate[]>;
}

export function matchOf(scene: MatchScene, side: Side, record: Candidate): Match {
  const { policy, scored } = scene.entity;
  if (!policy.matches) return { kind: "none" };
  if (record.keys.length === 0) return correlate([null], new Map(), new Map());
  const exact = exactMatch(scene, side, record);
  for (const rule of scored) {
    if (exact.rule !== null && exact.rule < rule.index) break;
    const match =
      profileOf(record.keys, rule.index) === null ? null : matchAlike(side, record.id, alikeOf(scene, rule));
    if (match !== null && match.kind !== "none") return match;
  }
  const { match } = exact;
  return match.kind === "one" && side === "left" && isOutbid(scene, record, match.id)
    ? { kind: "taken", id: match.id, linkId: null }
    : match;
}

/** What the first exact rule says that knows of anyone. */
function exactMatch(
  scene: MatchScene,
  side: Side,
  record: Candidate,
): { readonly match: Match; readonly rule: number | null } {
  for (const key of exactKeys(record.keys)) {
    const candidates = candidatesWith(scene, otherSide(side), key);
    const rivals = candidatesWith(scene, side, key).filter(({ id, linkId }) => id !== record.id && linkId === null);
    const match = correlate([key], new Map([[key, candidates]]), new Map([[key, rivals]]));
    if (match.kind !== "none") return { match, rule: parseMatchKey(key).rule };
  }
  return { match: { kind: "none" }, rule: null };
}

function candidatesWith({ candidates }: MatchScene, side: Side, key: string): readonly CandidateView[] {
  return candidates[side]
    .filter(({ keys }) => keys.includes(key))
    .map(({ id, linkId }) => ({ id, linkId, sighted: true }));
}

/** The candidate is another left record's by a rule that comes first. */
function isOutbid({ candidates }: MatchScene, record: Candidate, id: RemoteId): boolean {
  const keys = exactKeys(candidates.right.find((each) => each.id === id)?.keys ?? []);
  const shared = keys.findIndex((key) => record.keys.includes(key));
  const earlier = keys.slice(0, Math.max(0, shared));
  return candidates.left.some(
    (other) => other.linkId === null && other.id !== record.id && earlier.some((key) => other.keys.includes(key)),
  );
}

function alikeOf(scene: MatchScene, rule: ScoreRule): Alike {
  const { candidates, names } = scene;
  const pairs = pairsBy(candidates, rule);
  return {
    names,
    lead: CLEAR_LEAD,
    isWhole: () => true,
    pairsOf: (side, id) => pairs.filter(({ ids }) => ids[side] === id),
    recordOf(side, id) {
      const record = candidates[side].find((each) => each.id === id);
      if (record === undefined) throw new Error(`cannot happen: ${side} ${id} is in a pair and not in the world`);
      const exact = exactMatch(scene, side, record).rule;
      const profile = profileOf(record.keys, rule.index);
      return {
        linkId: record.linkId,
        promised: exact !== null && exact < rule.index,
        sighted: true,
        shown: profile === null ? {} : rule.shown(profile),
      };
    },
  };
}

function pairsBy({ left, right }: MatchScene["candidates"], rule: ScoreRule): readonly AlikePair[] {
  return left.flatMap((one) =>
    right.flatMap((other): readonly AlikePair[] => {
      const blocks = new Set(blockKeys(one.keys, rule.index));
      const profiles = [profileOf(one.keys, rule.index), profileOf(other.keys, rule.index)] as const;
      if (profiles[0] === null || profiles[1] === null) return [];
      if (!blockKeys(other.keys, rule.index).some((key) => blocks.has(key))) return [];
      const { score, grade, fields } = rule.score(profiles[0], profiles[1]);
      return grade === "none"
        ? []
        : [{ ids: { left: one.id, right: other.id }, score, sure: grade === "sure", fields }];
    }),
  );
}
