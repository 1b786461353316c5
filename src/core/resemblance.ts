// Which records belong together by how alike they are. A pair is judged from what both of its records resemble, so both sides
// come to the same verdict:
//
//   paired     a sure pair of two free records, each of which is ahead of all else that the other resembles, by the lead
//   open       a pair of two free records neither of which is in a paired one
//
//   the record                                       match
//   is in a paired pair                              one
//   is in an open pair                               ambiguous, with all that open pairs connect it to
//   resembles, surely, one that belongs elsewhere    taken
//   otherwise                                        none
//
// Nothing but a sure and clear pair is ever linked without a person.

import type { Match } from "./correlate.ts";
import { otherSide, SIDES, type BySide, type LinkId, type RemoteId, type Side } from "./ids.ts";
import type { Fields, Value } from "./value.ts";

/** Two records of the two sides that are alike enough to be looked at. */
export interface AlikePair {
  readonly ids: BySide<RemoteId>;
  readonly score: number;
  /** Enough to be linked, were nobody else there. */
  readonly sure: boolean;
  /** By field; null: one of them does not show it. */
  readonly fields: Readonly<Record<string, number | null>>;
}

/** What is known of a record beside what it resembles. */
export interface AlikeRecord {
  /** The live or frozen link it is in; null: none. */
  readonly linkId: LinkId | null;
  /** It gets, or waits for, a link by a person's word or by a rule that comes first. */
  readonly promised: boolean;
  /** This run decides about it. */
  readonly sighted: boolean;
  /** What of it was compared, for people. */
  readonly shown: Fields;
}

export interface Alike {
  pairsOf(side: Side, id: RemoteId): readonly AlikePair[];
  recordOf(side: Side, id: RemoteId): AlikeRecord;
  /** False: so many are connected with it that not all of them were looked at. */
  isWhole(side: Side, id: RemoteId): boolean;
  /** How far a pair must be ahead of the next. */
  readonly lead: number;
  readonly names: BySide<string>;
}

/** A cluster of more is not shown as one: each record asks for itself. */
const CLUSTER_MAX = 50;

/** @param side, id A record that has no link. */
export function matchAlike(side: Side, id: RemoteId, alike: Alike): Match {
  const other = otherSide(side);
  const pairs = alike.pairsOf(side, id);
  const paired = pairs.find((pair) => isPaired(pair, alike));
  if (paired !== undefined) return { kind: "one", id: paired.ids[other] };
  if (pairs.some((pair) => isOpen(pair, alike))) return ambiguous(side, id, alike);
  const elsewhere = pairs.filter((pair) => pair.sure && !isOpen(pair, alike)).toSorted(byScore);
  const [best] = elsewhere;
  if (best === undefined) return { kind: "none" };
  const taken = best.ids[other];
  return { kind: "taken", id: taken, linkId: alike.recordOf(other, taken).linkId, shown: shownOf([best], alike) };
}

function isFree(side: Side, id: RemoteId, alike: Alike): boolean {
  const { linkId, promised } = alike.recordOf(side, id);
  return linkId === null && !promised;
}

function isFreePair({ ids }: AlikePair, alike: Alike): boolean {
  return isFree("left", ids.left, alike) && isFree("right", ids.right, alike);
}

function isPaired(pair: AlikePair, alike: Alike): boolean {
  if (!pair.sure || !isFreePair(pair, alike)) return false;
  return remembered(alike, pair, () => {
    const isBehind = (each: AlikePair): boolean =>
      samePair(each, pair) || each.score <= pair.score - alike.lead + ROUNDING || !isFreePair(each, alike);
    return SIDES.every((side) => alike.pairsOf(side, pair.ids[side]).every(isBehind));
  });
}

/** Whether a pair is paired is asked again by each pair beside it: in a cluster of a hundred, ten thousand times. */
const known = new WeakMap<Alike, Map<AlikePair, boolean>>();

function remembered(alike: Alike, pair: AlikePair, find: () => boolean): boolean {
  const pairs = known.get(alike) ?? new Map<AlikePair, boolean>();
  known.set(alike, pairs);
  const found = pairs.get(pair) ?? find();
  pairs.set(pair, found);
  return found;
}

/** Scores have four digits; their difference in floats has a few more. */
const ROUNDING = 1e-9;

function samePair(one: AlikePair, other: AlikePair): boolean {
  return one.ids.left === other.ids.left && one.ids.right === other.ids.right;
}

function isOpen(pair: AlikePair, alike: Alike): boolean {
  return (
    isFreePair(pair, alike) &&
    !isSpokenFor("left", pair.ids.left, alike) &&
    !isSpokenFor("right", pair.ids.right, alike)
  );
}

function isSpokenFor(side: Side, id: RemoteId, alike: Alike): boolean {
  return alike.pairsOf(side, id).some((pair) => isPaired(pair, alike));
}

/** Best first; equal ones in the order of their ids, so that the same records give the same case. */
function byScore(one: AlikePair, other: AlikePair): number {
  return other.score - one.score || compare(one.ids.left, other.ids.left) || compare(one.ids.right, other.ids.right);
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

function ambiguous(side: Side, id: RemoteId, alike: Alike): Match {
  const own = (alike.isWhole(side, id) ? clusterOf(side, id, alike) : null) ?? directly(side, id, alike);
  const other = otherSide(side);
  const candidates = own.ids[other];
  const rivals = own.ids[side].filter((each) => each !== id);
  const sighted = (of: Side, ids: readonly RemoteId[]): readonly RemoteId[] =>
    ids.filter((each) => alike.recordOf(of, each).sighted);
  const heard = { candidates: sighted(other, candidates), rivals: own.whole ? sighted(side, rivals) : [] };
  return { kind: "ambiguous", candidates, rivals, heard, shown: shownOf(own.pairs, alike) };
}

interface Cluster {
  readonly ids: BySide<readonly RemoteId[]>;
  readonly pairs: readonly AlikePair[];
  readonly whole: boolean;
}

/** All that open pairs connect; null: too many. */
function clusterOf(side: Side, id: RemoteId, alike: Alike): Cluster | null {
  const met = { left: new Set<RemoteId>(), right: new Set<RemoteId>() };
  const pairs = new Map<string, AlikePair>();
  const queue: { readonly side: Side; readonly id: RemoteId }[] = [{ side, id }];
  met[side].add(id);
  for (let at = 0; at < queue.length; at += 1) {
    const next = queue[at];
    if (next === undefined) break;
    const beyond = otherSide(next.side);
    for (const pair of alike.pairsOf(next.side, next.id)) {
      if (!isOpen(pair, alike)) continue;
      pairs.set(JSON.stringify([pair.ids.left, pair.ids.right]), pair);
      if (met[beyond].has(pair.ids[beyond])) continue;
      met[beyond].add(pair.ids[beyond]);
      queue.push({ side: beyond, id: pair.ids[beyond] });
      if (queue.length > CLUSTER_MAX) return null;
    }
  }
  return {
    ids: { left: [...met.left].sort(), right: [...met.right].sort() },
    pairs: [...pairs.values()].sort(byScore),
    whole: true,
  };
}

function directly(side: Side, id: RemoteId, alike: Alike): Cluster {
  const other = otherSide(side);
  const pairs = alike
    .pairsOf(side, id)
    .filter((pair) => isOpen(pair, alike))
    .toSorted(byScore)
    .slice(0, CLUSTER_MAX);
  const found = { [side]: [id], [other]: pairs.map((pair) => pair.ids[other]).sort() };
  return { ids: { left: found["left"] ?? [], right: found["right"] ?? [] }, pairs, whole: false };
}

/** The pairs with the score of each field, and what both records show. */
function shownOf(pairs: readonly AlikePair[], alike: Alike): Fields {
  const { names } = alike;
  const compared = pairs.map(({ ids, score, fields }): Value => ({
    [names.left]: ids.left,
    [names.right]: ids.right,
    score,
    fields,
  }));
  const records: Record<string, Value> = {};
  for (const side of ["left", "right"] as const) {
    const ids = [...new Set(pairs.map((pair) => pair.ids[side]))].sort();
    records[names[side]] = Object.fromEntries(ids.map((id) => [id, alike.recordOf(side, id).shown]));
  }
  return { pairs: compared, records };
}

/** Pairs of a case of alike records, as `shownOf` wrote them; none for any other case's values. */
export function pairsShown(values: Value, names: BySide<string>): readonly BySide<RemoteId>[] {
  const listed = typeof values === "object" && values !== null && "pairs" in values ? values.pairs : undefined;
  if (!Array.isArray(listed)) return [];
  return (listed as readonly Value[]).flatMap((entry): readonly BySide<RemoteId>[] => {
    const ids = typeof entry === "object" && entry !== null ? (entry as Fields) : {};
    const [left, right] = [ids[names.left], ids[names.right]];
    // Ids that this file wrote.
    return typeof left === "string" && typeof right === "string"
      ? [{ left: left as RemoteId, right: right as RemoteId }]
      : [];
  });
}
