// A pair of records of one field, small enough to try every state of it. Transformations are tables, so that lossy and
// normalising sides can be written down.

import type { Decision } from "../../src/core/decision.ts";
import { decideLinked } from "../../src/core/decide-linked.ts";
import { type LinkedPair } from "../../src/core/subject.ts";
import {
  ABSENT,
  NO_WAY,
  NULL_CELL,
  type Carried,
  type Cell,
  type FieldPolicy,
  type FieldSight,
  type Reading,
} from "../../src/core/field.ts";
import type { BySide, LinkId, RemoteId, Side } from "../../src/core/ids.ts";
import type { EntityPolicy } from "../../src/core/policy.ts";
import { settleLink, type WriteOutcome } from "../../src/core/settle.ts";
import type { Value } from "../../src/core/value.ts";

/** What a side shows: undefined is absent. */
export type Shown = string | null | undefined;

export interface World {
  readonly left: Shown;
  readonly right: Shown;
  readonly baseLeft: Shown;
  readonly baseRight: Shown;
}

export interface Lens {
  readonly toRight: (value: string) => string;
  readonly toLeft: (value: string) => string;
  /** What the side makes of a value written to it. */
  readonly storesLeft: (value: string) => string;
  readonly storesRight: (value: string) => string;
}

const same = (value: string): string => value;
export const IDENTITY: Lens = { toRight: same, toLeft: same, storesLeft: same, storesRight: same };

export function cell(value: Value): Cell {
  return value === null ? NULL_CELL : { value, key: JSON.stringify(value) };
}

function reading(shown: Shown): Reading {
  return shown === undefined ? ABSENT : { kind: "value", cell: cell(shown) };
}

function carried(shown: Shown, way: (value: string) => string): Carried {
  if (shown === undefined) return NO_WAY;
  return { kind: "value", cell: cell(shown === null ? null : way(shown)) };
}

export function policyOf(more: Partial<FieldPolicy> = {}): FieldPolicy {
  return {
    name: "field",
    group: null,
    writes: "both",
    strength: "normal",
    conflict: "review",
    atLink: "review",
    blank: "flow",
    ...more,
  };
}

export function entityPolicy(field: FieldPolicy, more: Partial<EntityPolicy> = {}): EntityPolicy {
  return {
    name: "thing",
    allow: { left: ["create", "update", "delete"], right: ["create", "update", "delete"] },
    whenGone: { left: "unlink", right: "unlink" },
    goneEdited: "review",
    onScopeExit: "freeze",
    foreign: "keep",
    givingSide: null,
    mirror: false,
    withoutKey: "quarantine",
    matches: true,
    fields: [field],
    ...more,
  };
}

export function sightOf(world: World, policy: FieldPolicy, lens: Lens = IDENTITY): FieldSight {
  return {
    policy,
    left: reading(world.left),
    right: reading(world.right),
    baseLeft: world.baseLeft === undefined ? null : cell(world.baseLeft),
    baseRight: world.baseRight === undefined ? null : cell(world.baseRight),
    toRight: policy.writes === "left" ? NO_WAY : carried(world.left, lens.toRight),
    toLeft: policy.writes === "right" ? NO_WAY : carried(world.right, lens.toLeft),
    combined: null,
  };
}

export const IDS: BySide<RemoteId> = { left: "l1" as RemoteId, right: "r1" as RemoteId };

export function decide(world: World, policy: FieldPolicy, lens: Lens = IDENTITY): Decision {
  const view = (side: Side) => ({ id: IDS[side], presence: "present" as const, version: null });
  const pair: LinkedPair = {
    link: { id: "1" as LinkId, state: "live" },
    sides: { left: view("left"), right: view("right") },
    fields: [sightOf(world, policy, lens)],
    redirect: null,
  };
  const names = { left: "crm", right: "billing" };
  return decideLinked(pair, {
    policy: entityPolicy(policy),
    names,
    modified: { left: null, right: null },
    clockToleranceMs: 30_000,
    answers: {},
  });
}

/** The world after a decision was carried out without faults. */
function after(world: World, decision: Decision, lens: Lens = IDENTITY): World {
  const next: { -readonly [K in keyof World]: World[K] } = { ...world };
  const outcomes = decision.writes.map((write): WriteOutcome => {
    const [field] = write.fields;
    if (field === undefined || field.after.kind !== "value") throw new Error("a write without its value");
    const { value } = field.after.cell;
    if (value !== null && typeof value !== "string") throw new Error("not of this world");
    const stores = write.side === "left" ? lens.storesLeft : lens.storesRight;
    const stored = value === null ? null : stores(value);
    next[write.side] = stored;
    return {
      kind: "done",
      id: IDS[write.side],
      version: null,
      readBack: { field: cell(stored) },
      undisturbed: true,
      fingerprint: "seen",
      matchKeys: null,
      effect: true,
    };
  });
  const seen = { fingerprint: "seen", version: null, matchKeys: [] };
  const link = settleLink(decision, outcomes, { left: seen, right: seen });
  const base = (side: Side, before: Shown): Shown => {
    const value = link?.bases[side]["field"];
    return value === undefined ? before : (value as string | null);
  };
  next.baseLeft = base("left", world.baseLeft);
  next.baseRight = base("right", world.baseRight);
  return next;
}

/** Runs until a decision writes nothing. @returns the worlds on the way, the first included, and every decision. */
export function runs(
  world: World,
  policy: FieldPolicy,
  lens: Lens = IDENTITY,
  most = 6,
): { readonly worlds: readonly World[]; readonly decisions: readonly Decision[] } {
  const worlds = [world];
  const decisions: Decision[] = [];
  for (let run = 0; run < most; run += 1) {
    const here = worlds.at(-1) as World;
    const decision = decide(here, policy, lens);
    decisions.push(decision);
    if (decision.writes.length === 0) {
      worlds.push(after(here, decision, lens));
      return { worlds, decisions };
    }
    worlds.push(after(here, decision, lens));
  }
  throw new Error(`does not come to rest: ${JSON.stringify(world)} ${JSON.stringify(policy)}`);
}
