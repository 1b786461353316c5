// Who resembles whom, for a page of unlinked records and one scored rule. From the page outward: whoever shares a block with a
// record is compared with it; whoever is alike enough is asked the same, until nobody new is met. So both records of a pair,
// and all of a cluster, are judged from the same facts, whichever page they come up in.
//
//   page  --blocks-->  candidates  --score-->  pairs  --their blocks-->  the candidates' own candidates  …

import type { Match } from "../core/correlate.ts";
import { otherSide, SIDES, type BySide, type LinkId, type RemoteId, type Side } from "../core/ids.ts";
import { matchAlike, pairsShown, type Alike, type AlikePair, type AlikeRecord } from "../core/resemblance.ts";
import { blockKeys, exactKeys, parseMatchKey, profileOf } from "../mapping/match-key.ts";
import { CLEAR_LEAD, type ScoreRule } from "../mapping/match-score.ts";
import { tallyOf, type Entity, type RunContext } from "./context.ts";
import { chosenPair } from "./chosen-pair.ts";
import type { Block, BlockMember } from "./ports.ts";

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

export interface AlikeNode {
  readonly side: Side;
  readonly id: RemoteId;
  readonly linkId: LinkId | null;
  readonly sighted: boolean;
  readonly keys: readonly string[];
  readonly profile: string | null;
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
  return [...graph.nodes.values()].filter((node) => node.linkId === null && !node.sighted && node.pairs.length > 0);
}

export function nodeName(side: Side, id: RemoteId): string {
  return `${side} ${id}`;
}

// ---------------------------------------------------------------- the graph

interface Graph {
  readonly nodes: ReadonlyMap<string, AlikeNode>;
  /** Names of nodes that are connected with more than were looked at. */
  readonly cut: ReadonlySet<string>;
}

async function alikeGraph(asking: Asking, lone: readonly LoneKeys[]): Promise<Graph> {
  const nodes = new Map<string, AlikeNode>();
  const known = new Map<string, Block>();
  const asked = new Set<string>();
  const cut = new Set<string>();
  const connected = connections();
  for (const { side, id, matchKeys } of lone)
    addNode(nodes, asking.rule, { side, id, linkId: null, sighted: true }, matchKeys);
  let frontier = [...nodes.values()];
  for (let step = 0; frontier.length > 0; step += 1) {
    for (const node of frontier) asked.add(nodeName(node.side, node.id));
    await meet(asking, frontier, { nodes, known, connected });
    const next: AlikeNode[] = [];
    for (const node of nodes.values()) {
      const name = nodeName(node.side, node.id);
      if (asked.has(name) || node.linkId !== null || node.pairs.length === 0) continue;
      if (step + 1 < STEPS_ALWAYS || connected.count(name) <= CONNECTED_MOST) next.push(node);
      else cut.add(connected.of(name));
    }
    frontier = next;
  }
  return { nodes, cut: new Set([...nodes.keys()].filter((name) => cut.has(connected.of(name)))) };
}

function addNode(nodes: Map<string, AlikeNode>, rule: ScoreRule, member: BlockMember, keys: readonly string[]): void {
  nodes.set(nodeName(member.side, member.id), {
    ...member,
    keys,
    profile: profileOf(keys, rule.index),
    pairs: [],
    tried: new Set(),
  });
}

interface Met {
  readonly nodes: Map<string, AlikeNode>;
  readonly known: Map<string, Block>;
  readonly connected: Connections;
}

/** Compares these records with everybody of the other side who shares a block with them. */
async function meet(
  { context, entity, rule, remembered }: Asking,
  frontier: readonly AlikeNode[],
  { nodes, known, connected }: Met,
): Promise<void> {
  const keysOf = new Map(frontier.map((node) => [node, blockKeys(node.keys, rule.index)]));
  const fresh = [...new Set([...keysOf.values()].flat())].filter((key) => !known.has(key));
  const found =
    fresh.length === 0 ? [] : await context.store.blocks(context.run, entity.name, fresh, remembered, BLOCK_MOST);
  const { crowded } = tallyOf(context, entity.name);
  for (const block of found) {
    known.set(block.key, block);
    if (block.crowded && crowded.size < CROWDED_MOST) crowded.add(block.key);
  }
  const wanted = new Map<string, BlockMember>();
  for (const [node, keys] of keysOf) {
    for (const key of keys) {
      for (const member of known.get(key)?.members ?? []) {
        const name = nodeName(member.side, member.id);
        if (member.side !== node.side && !nodes.has(name)) wanted.set(name, member);
      }
    }
  }
  const members = [...wanted.values()];
  const memberKeys = members.length === 0 ? [] : await context.store.matchKeysOf(context.run, entity.name, members);
  members.forEach((member, index) => addNode(nodes, rule, member, memberKeys[index] ?? []));
  for (const [node, keys] of keysOf) {
    const candidates = new Set(
      keys
        .flatMap((key) => known.get(key)?.members ?? [])
        .filter((member) => member.side !== node.side)
        .map((member) => nodeName(member.side, member.id)),
    );
    for (const name of candidates) {
      const candidate = nodes.get(name);
      if (candidate !== undefined) pairUp(rule, node, candidate, connected);
    }
  }
}

function pairUp(rule: ScoreRule, node: AlikeNode, candidate: AlikeNode, connected: Connections): void {
  if (node.profile === null || candidate.profile === null) return;
  if (node.tried.has(candidate)) return;
  node.tried.add(candidate);
  candidate.tried.add(node);
  const { score, grade, fields } = rule.score(node.profile, candidate.profile);
  if (grade === "none") return;
  const ids = node.side === "left" ? { left: node.id, right: candidate.id } : { left: candidate.id, right: node.id };
  const pair: AlikePair = { ids, score, sure: grade === "sure", fields };
  node.pairs.push(pair);
  candidate.pairs.push(pair);
  if (candidate.linkId === null) connected.join(nodeName(node.side, node.id), nodeName(candidate.side, candidate.id));
}

interface Connections {
  join(one: string, other: string): void;
  /** The name that stands for all that are connected with this one. */
  of(name: string): string;
  count(name: string): number;
}

function connections(): Connections {
  const parents = new Map<string, string>();
  const counts = new Map<string, number>();
  const of = (name: string): string => {
    let root = name;
    for (let up = parents.get(root); up !== undefined; up = parents.get(root)) root = up;
    if (root !== name) parents.set(name, root);
    return root;
  };
  const count = (name: string): number => counts.get(of(name)) ?? 1;
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
  { nodes, cut }: Graph,
  lone: readonly LoneKeys[],
): Promise<{ readonly alike: Alike; readonly chosen: readonly BySide<RemoteId>[] }> {
  const { context, entity, rule } = asking;
  const names = { left: context.mapping.sides.left.name, right: context.mapping.sides.right.name };
  const paired = [...nodes.values()].filter((node) => node.linkId === null && node.pairs.length > 0);
  const said = await saidOf(context, entity, paired, names);
  const own = new Set(lone.map(({ side, id }) => nodeName(side, id)));
  const others = paired.filter((node) => !own.has(nodeName(node.side, node.id)));
  const before = await knownToEarlierRules(asking, others);
  const isPromised = (side: Side, id: RemoteId): boolean =>
    before.has(nodeName(side, id)) || said.promised[side].has(id);
  const shown = new Map<string, AlikeRecord>();
  const alike: Alike = {
    names,
    lead: CLEAR_LEAD,
    isWhole: (side, id) => !cut.has(nodeName(side, id)),
    pairsOf(side, id) {
      const pairs = nodes.get(nodeName(side, id))?.pairs ?? [];
      return said.dismissed.size === 0 ? pairs : pairs.filter(({ ids }) => !said.dismissed.has(pairName(ids)));
    },
    recordOf(side, id) {
      const name = nodeName(side, id);
      const known = shown.get(name);
      if (known !== undefined) return known;
      const node = nodes.get(name);
      const record: AlikeRecord = {
        linkId: node?.linkId ?? null,
        sighted: node?.sighted ?? false,
        promised: isPromised(side, id),
        shown: node?.profile === null || node === undefined ? {} : rule.shown(node.profile),
      };
      shown.set(name, record);
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
async function knownToEarlierRules(asking: Asking, nodes: readonly AlikeNode[]): Promise<ReadonlySet<string>> {
  const { context, entity, rule, remembered } = asking;
  const found = new Set<string>();
  for (const side of SIDES) {
    const keyed = nodes
      .filter((node) => node.side === side)
      .map((node) => ({ node, keys: exactKeys(node.keys).filter((key) => parseMatchKey(key).rule < rule.index) }));
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
      if (isKnown) found.add(nodeName(side, node.id));
    }
  }
  for (const earlier of entity.mapping.scored.filter(({ index }) => index < rule.index)) {
    const rest = nodes.filter((node) => !found.has(nodeName(node.side, node.id)));
    const matches = await alikeMatches(
      { ...asking, rule: earlier },
      rest.map(({ side, id, keys }) => ({ side, id, matchKeys: keys })),
    );
    for (const [name, match] of matches) if (match.kind !== "none") found.add(name);
  }
  return found;
}
