// Who resembles whom, for a page of unlinked records and one scored rule. From the page outward: whoever shares a block with a
// record is compared with it; whoever is alike enough is asked the same, until nobody new is met. So both records of a pair,
// and all of a cluster, are judged from the same facts, whichever page they come up in.
//
//   page  --blocks-->  candidates  --score-->  pairs  --their blocks-->  the candidates' own candidates  …

import type { Match } from "../core/correlate.ts";
import { otherSide, SIDES, type BySide, type RemoteId, type Side } from "../core/ids.ts";
import { matchAlike, pairsShown, type Alike, type AlikePair, type AlikeRecord } from "../core/resemblance.ts";
import { blockKeys, exactKeys, parseMatchKey, profileKey, profileOf } from "../mapping/match-key.ts";
import { CLEAR_LEAD, type ScoreRule } from "../mapping/match-score.ts";
import { tallyOf, type Entity, type RunContext } from "./context.ts";
import { chosenPair } from "./chosen-pair.ts";
import type { BlockMember } from "./ports/sighting.ts";

/**
 * Records of one side that may share a block. Fewer, and common names are never compared; more, and one of them costs the
 * square of it: a hundred on each side are ten thousand comparisons, some 50 ms.
 */
export const BLOCK_MOST = 100;

/** Records that pairs connect: beyond these the rest is not looked at, and each record asks for itself. */
const CONNECTED_MOST = 200;

/** Steps that are always taken: the page's candidates, theirs, and those of theirs. What is paired is certain then. */
const STEPS_ALWAYS = 3;

/** Block keys that are remembered for the run's log. */
const CROWDED_MOST = 10_000;

export interface LoneKeys {
  readonly side: Side;
  readonly id: RemoteId;
  readonly matchKeys: readonly string[];
}

export interface AlikeNode extends BlockMember {
  readonly name: string;
  readonly profile: string | null;
  /** All its match keys; null until it is asked whom it resembles itself. */
  keys: readonly string[] | null;
  readonly pairs: AlikePair[];
  readonly tried: Set<AlikeNode>;
}

interface Asking {
  readonly context: RunContext;
  readonly entity: Entity;
  readonly rule: ScoreRule;
  readonly remembered: boolean;
}

/** What a scored rule says of each of these records, by `side id`. They have no link, and no rule before this one knows of anyone. */
export async function alikeMatches(asking: Asking, lone: readonly LoneKeys[]): Promise<ReadonlyMap<string, Match>> {
  const graph = await alikeGraph(asking, lone);
  const { alike, chosen } = await withWords(asking, graph, lone);
  return new Map(
    lone.map(({ side, id }): readonly [string, Match] => {
      const pair = chosen.find((each) => each[side] === id);
      return [
        nodeName(side, id),
        pair === undefined ? matchAlike(side, id, alike) : { kind: "one", id: pair[otherSide(side)] },
      ];
    }),
  );
}

/** Remembered records, not seen in this run, that are alike enough to one of these to have a say. */
export async function rememberedAlike(asking: Asking, lone: readonly LoneKeys[]): Promise<readonly AlikeNode[]> {
  const graph = await alikeGraph(asking, lone);
  return [...graph.paired].filter((node) => node.linkId === null && !node.sighted);
}

export function nodeName(side: Side, id: RemoteId): string {
  return `${side} ${id}`;
}

// ---------------------------------------------------------------- the graph

interface Graph {
  readonly nodes: Nodes;
  /** Nodes with at least one pair. */
  readonly paired: ReadonlySet<AlikeNode>;
  /** Nodes that are connected with more than were looked at. */
  readonly cut: ReadonlySet<AlikeNode>;
}

type Nodes = BySide<Map<RemoteId, AlikeNode>>;

/** What is known so far; grows step by step. */
interface Growth {
  readonly nodes: Nodes;
  readonly blocks: Map<string, BySide<readonly AlikeNode[]>>;
  readonly paired: Set<AlikeNode>;
  readonly connected: Connections;
}

async function alikeGraph(asking: Asking, lone: readonly LoneKeys[]): Promise<Graph> {
  const growth: Growth = {
    nodes: { left: new Map(), right: new Map() },
    blocks: new Map(),
    paired: new Set(),
    connected: connections(),
  };
  const asked = new Set<AlikeNode>();
  const cut = new Set<AlikeNode>();
  let frontier: readonly AlikeNode[] = lone.map(({ side, id, matchKeys }) => {
    const node = newNode({ side, id, linkId: null, sighted: true }, profileOf(matchKeys, asking.rule.index), matchKeys);
    growth.nodes[side].set(id, node);
    return node;
  });
  for (let step = 1; frontier.length > 0; step += 1) {
    for (const node of frontier) asked.add(node);
    await meet(asking, frontier, growth);
    const reached = [...growth.paired].filter((node) => node.linkId === null && !asked.has(node));
    const isNear = (node: AlikeNode): boolean => step < STEPS_ALWAYS || growth.connected.count(node) <= CONNECTED_MOST;
    for (const node of reached) if (!isNear(node)) cut.add(growth.connected.of(node));
    frontier = reached.filter(isNear);
    await learnKeys(asking, frontier);
  }
  const isCut = (node: AlikeNode): boolean => cut.has(growth.connected.of(node));
  return {
    nodes: growth.nodes,
    paired: growth.paired,
    cut: cut.size === 0 ? cut : new Set([...growth.paired].filter(isCut)),
  };
}

function newNode(member: BlockMember, profile: string | null, keys: readonly string[] | null): AlikeNode {
  return { ...member, name: nodeName(member.side, member.id), profile, keys, pairs: [], tried: new Set() };
}

async function learnKeys({ context, entity }: Asking, nodes: readonly AlikeNode[]): Promise<void> {
  if (nodes.length === 0) return;
  const keys = await context.store.matchKeysOf(context.run, entity.name, nodes, "");
  nodes.forEach((node, index) => {
    node.keys = keys[index] ?? [];
  });
}

/** Compares these records with everybody of the other side who shares a block with them. */
async function meet(asking: Asking, frontier: readonly AlikeNode[], growth: Growth): Promise<void> {
  const keysOf = frontier.map((node) => blockKeys(node.keys ?? [], asking.rule.index));
  await learnBlocks(
    asking,
    [...new Set(keysOf.flat())].filter((key) => !growth.blocks.has(key)),
    growth,
  );
  frontier.forEach((node, index) => {
    const other = otherSide(node.side);
    for (const key of keysOf[index] ?? [])
      for (const candidate of growth.blocks.get(key)?.[other] ?? []) pairUp(asking.rule, node, candidate, growth);
  });
}

async function learnBlocks(
  { context, entity, rule, remembered }: Asking,
  keys: readonly string[],
  { nodes, blocks }: Growth,
): Promise<void> {
  if (keys.length === 0) return;
  const found = await context.store.blocks(context.run, entity.name, keys, remembered, BLOCK_MOST);
  const { crowded } = tallyOf(context, entity.name);
  for (const block of found) if (block.crowded && crowded.size < CROWDED_MOST) crowded.add(block.key);
  const unmet: Record<Side, Map<RemoteId, BlockMember>> = { left: new Map(), right: new Map() };
  for (const { members } of found)
    for (const member of members) if (!nodes[member.side].has(member.id)) unmet[member.side].set(member.id, member);
  const members = [...unmet.left.values(), ...unmet.right.values()];
  const profiles =
    members.length === 0
      ? []
      : await context.store.matchKeysOf(context.run, entity.name, members, profileKey(rule.index, ""));
  members.forEach((member, index) =>
    nodes[member.side].set(member.id, newNode(member, profileOf(profiles[index] ?? [], rule.index), null)),
  );
  for (const { key, members: own } of found) {
    const on = (side: Side): readonly AlikeNode[] =>
      own.flatMap((member) => (member.side === side ? (nodes[side].get(member.id) ?? []) : []));
    blocks.set(key, { left: on("left"), right: on("right") });
  }
}

function pairUp(rule: ScoreRule, node: AlikeNode, candidate: AlikeNode, { paired, connected }: Growth): void {
  if (node.profile === null || candidate.profile === null || node.tried.has(candidate)) return;
  node.tried.add(candidate);
  candidate.tried.add(node);
  const { score, grade, fields } = rule.score(node.profile, candidate.profile);
  if (grade === "none") return;
  const ids = node.side === "left" ? { left: node.id, right: candidate.id } : { left: candidate.id, right: node.id };
  const pair: AlikePair = { ids, score, sure: grade === "sure", fields };
  node.pairs.push(pair);
  candidate.pairs.push(pair);
  paired.add(node);
  paired.add(candidate);
  if (candidate.linkId === null) connected.join(node, candidate);
}

interface Connections {
  join(one: AlikeNode, other: AlikeNode): void;
  /** The one that stands for all that are connected with this one. */
  of(node: AlikeNode): AlikeNode;
  count(node: AlikeNode): number;
}

function connections(): Connections {
  const parents = new Map<AlikeNode, AlikeNode>();
  const counts = new Map<AlikeNode, number>();
  const of = (node: AlikeNode): AlikeNode => {
    let root = node;
    for (let up = parents.get(root); up !== undefined; up = parents.get(root)) root = up;
    if (root !== node) parents.set(node, root);
    return root;
  };
  const count = (node: AlikeNode): number => counts.get(of(node)) ?? 1;
  return {
    of,
    count,
    join(one, other) {
      const [a, b] = [of(one), of(other)];
      if (a === b) return;
      const [small, large] = count(a) < count(b) ? [a, b] : [b, a];
      const sum = count(a) + count(b);
      parents.set(small, large);
      counts.set(large, sum);
    },
  };
}

// ---------------------------------------------------------------- what people and earlier rules said

/** The graph as the core judges it: without pairs that a person dismissed, and with the records that are promised elsewhere. */
async function withWords(
  asking: Asking,
  { nodes, paired: all, cut }: Graph,
  lone: readonly LoneKeys[],
): Promise<{ readonly alike: Alike; readonly chosen: readonly BySide<RemoteId>[] }> {
  const { context, entity, rule } = asking;
  const names = { left: context.mapping.sides.left.name, right: context.mapping.sides.right.name };
  const paired = [...all].filter((node) => node.linkId === null);
  const said = await saidOf(context, entity, paired, names);
  const own = new Set(lone.map(({ side, id }) => nodes[side].get(id)));
  const others = paired.filter((node) => !own.has(node));
  const before = await knownToEarlierRules(asking, others);
  const shown = new Map<AlikeNode, AlikeRecord>();
  const alike: Alike = {
    names,
    lead: CLEAR_LEAD,
    isWhole(side, id) {
      const node = nodes[side].get(id);
      return node === undefined || !cut.has(node);
    },
    pairsOf(side, id) {
      const pairs = nodes[side].get(id)?.pairs ?? [];
      return said.dismissed.size === 0 ? pairs : pairs.filter(({ ids }) => !said.dismissed.has(pairName(ids)));
    },
    recordOf(side, id) {
      const node = nodes[side].get(id);
      if (node === undefined) throw new Error(`cannot happen: ${nodeName(side, id)} is in a pair and was never met`);
      const known = shown.get(node);
      if (known !== undefined) return known;
      const { linkId, sighted, profile } = node;
      const promised = before.has(node) || said.promised[side].has(id);
      const record: AlikeRecord = { linkId, sighted, promised, shown: profile === null ? {} : rule.shown(profile) };
      shown.set(node, record);
      return record;
    },
  };
  return { alike, chosen: said.chosen };
}

function pairName(ids: BySide<RemoteId>): string {
  return JSON.stringify([ids.left, ids.right]);
}

interface Said {
  readonly dismissed: ReadonlySet<string>;
  readonly chosen: readonly BySide<RemoteId>[];
  readonly promised: BySide<ReadonlySet<RemoteId>>;
}

/** A dismissed case of alike records says of its pairs that they are not the same; a link that a person chose is a promise. */
async function saidOf(
  context: RunContext,
  entity: Entity,
  nodes: readonly AlikeNode[],
  names: BySide<string>,
): Promise<Said> {
  const subjects = nodes.map(({ side, id }) => ({
    entity: entity.name,
    left: side === "left" ? id : null,
    right: side === "right" ? id : null,
  }));
  const resolutions = subjects.length === 0 ? [] : await context.store.resolutions(subjects);
  const dismissed = resolutions
    .filter((each) => each.answer.kind === "dismiss")
    .flatMap((each) => pairsShown(each.values, names));
  const chosen = resolutions.flatMap((each) => chosenPair(each, context.mapping.sides));
  return {
    dismissed: new Set(dismissed.map(pairName)),
    chosen,
    promised: { left: new Set(chosen.map((pair) => pair.left)), right: new Set(chosen.map((pair) => pair.right)) },
  };
}

/** Records of which a rule that comes first knows someone: whatever becomes of that, they are not free for this rule. */
async function knownToEarlierRules(asking: Asking, nodes: readonly AlikeNode[]): Promise<ReadonlySet<AlikeNode>> {
  const { context, entity, rule, remembered } = asking;
  const found = new Set<AlikeNode>();
  for (const side of SIDES) {
    const keyed = nodes
      .filter((node) => node.side === side)
      .map((node) => ({
        node,
        keys: exactKeys(node.keys ?? []).filter((key) => parseMatchKey(key).rule < rule.index),
      }));
    const keys = [...new Set(keyed.flatMap((each) => each.keys))];
    if (keys.length === 0) continue;
    const known = new Set(
      (await context.store.candidates(context.run, entity.name, otherSide(side), keys, remembered)).map(
        (each) => each.key,
      ),
    );
    const own = await context.store.candidates(context.run, entity.name, side, keys, remembered);
    for (const { node, keys: mine } of keyed) {
      const isKnown = mine.some(
        (key) => known.has(key) || own.some((each) => each.key === key && each.linkId === null && each.id !== node.id),
      );
      if (isKnown) found.add(node);
    }
  }
  for (const earlier of entity.mapping.scored.filter(({ index }) => index < rule.index)) {
    const rest = nodes.filter((node) => !found.has(node));
    const asked = rest.map(({ side, id, keys }) => ({ side, id, matchKeys: keys ?? [] }));
    const matches = await alikeMatches({ ...asking, rule: earlier }, asked);
    for (const node of rest) if ((matches.get(node.name)?.kind ?? "none") !== "none") found.add(node);
  }
  return found;
}
