// One round's plan: every subject decided, the whole counted by the guards before the first write, and told as a document.

import type { Decision } from "../core/decision.ts";
import { addToTally, entityTrips, trips, withhold, type Tally, type Trip } from "../core/guard.ts";
import { addOneValues, type OneValueTally } from "../core/one-value.ts";
import type { Fields } from "../core/value.ts";
import { tallyOf, type Entity, type RunContext } from "./context.ts";
import { BLOCK_MOST } from "./alike.ts";
import { withBehind } from "./behind.ts";
import { countInSync, decideEntity } from "./decide-entity.ts";
import { driftedFields } from "./drift.ts";
import { forecastRows } from "./forecast.ts";
import { locksOf } from "./locks.ts";
import { actionRow, caseRows, planDocument, tripRows, writtenSides } from "./plan-document.ts";
import type { Intent } from "./ports/intent.ts";
import type { PlannedDecision, StoredPlan } from "./ports/run.ts";
import type { RunRequest } from "./request.ts";
import { decideUndone } from "./undo/decide-undone.ts";
import { newKeptList, undoPart, type KeptList } from "./undo/plan-part.ts";

const PAGE = 200;

/** More are counted, and stand in the plan. */
const LISTED_MAX = 100;

interface WithheldList {
  count: number;
  readonly records: Fields[];
}

/** Deletes come after everything else. */
export type Pass = "others" | "deletes";

export interface Round {
  readonly tripped: readonly Trip[];
  /** By `withheldName`. */
  readonly withheld: ReadonlyMap<string, Readonly<WithheldList>>;
  /** What there is to carry out of each entity: an entity without deletes is not gone through for them. */
  readonly passes: ReadonlyMap<string, ReadonlySet<Pass>>;
  /** Action hashes of decisions that a tripped guard touches. */
  readonly approved: ReadonlySet<string>;
  readonly actions: readonly Fields[];
  readonly cases: readonly Fields[];
  /** Of a run taken back: what stays as it is. */
  readonly kept: KeptList;
}

/**
 * Decides everything that was looked at, and counts the whole plan before the first write.
 * @param before What earlier rounds of the run have done: a limit holds for the run.
 */
export async function planRound(
  context: RunContext,
  entities: readonly Entity[],
  open: readonly Intent[],
  request: RunRequest,
  swept: ReadonlySet<string>,
  before: Tally,
): Promise<Round> {
  const locks = locksOf(open);
  const approved = request.only ?? (await context.store.approvedActions());
  const tally = { left: { ...before.left }, right: { ...before.right } };
  const values: OneValueTally = new Map();
  const named = approved.size > 0 || request.only !== null || request.dryRun || context.mapping.state !== "active";
  const passes = new Map<string, Set<Pass>>();
  const kept = newKeptList();
  let seq = 0;
  for (const entity of entities) {
    const isSwept = swept.has(entity.name);
    const drifted = await driftedFields(context, entity, isSwept);
    const own = new Set<Pass>();
    passes.set(entity.name, own);
    const { counted } = tallyOf(context, entity.name);
    const count = ({ decision, actionHash }: PlannedDecision): void => {
      own.add(passOf(decision));
      const isApproved = actionHash !== null && approved.has(actionHash);
      if (isApproved || (request.only !== null && actionHash !== null)) return;
      addToTally(tally, decision);
      addToTally(counted, decision);
      addOneValues(values, decision);
    };
    const from = seq;
    seq = await withBehind((behind) =>
      request.undo === undefined
        ? decideEntity(context, entity, from, { locks, swept: isSwept, drifted, named, count, behind })
        : decideUndone(context, entity, from, { run: request.undo, locks, kept }, count),
    );
    await countInSync(context, entity);
    tellCrowded(context, entity);
  }
  const linked = new Map<string, number>();
  for (const { name } of context.entities) linked.set(name, (await context.store.countLinks(name)).live);
  const linkedPairs = [...linked.values()].reduce((sum, count) => sum + count, 0);
  const { guards } = context.mapping;
  const tripped = [
    ...trips(tally, guards, linkedPairs),
    ...entities.flatMap(({ name }) => {
      const { counted } = tallyOf(context, name);
      const updates = { left: counted.left.update, right: counted.right.update };
      return entityTrips(name, updates, values, guards, { entity: linked.get(name) ?? 0, pair: linkedPairs });
    }),
  ];
  const withheld = await withheldRecords(context, entities, tripped, approved);
  const actions: Fields[] = [];
  const cases: Fields[] = [];
  const names = { left: context.mapping.sides.left.name, right: context.mapping.sides.right.name };
  if (request.dryRun || context.mapping.state !== "active") {
    await eachPage(context, entities, async (_, page) => {
      for (const planned of page) {
        const row = actionRow(planned, names, withhold(planned.decision, tripped) !== planned.decision);
        if (row !== null) actions.push(row);
        cases.push(...caseRows(planned.decision));
      }
    });
  }
  return { tripped, withheld, approved, passes, actions, cases, kept };
}

export function passOf({ writes }: Decision): Pass {
  return writes.some((write) => write.op === "delete") ? "deletes" : "others";
}

/** The list of each case of a tripped guard: what a person decides about. */
async function withheldRecords(
  context: RunContext,
  entities: readonly Entity[],
  tripped: readonly Trip[],
  approved: ReadonlySet<string>,
): Promise<ReadonlyMap<string, WithheldList>> {
  const lists = new Map<string, WithheldList>();
  if (tripped.length === 0) return lists;
  await eachPage(context, entities, async (entity, page) => {
    for (const { decision, actionHash } of page) {
      if (actionHash !== null && approved.has(actionHash)) continue;
      const told = new Set<string>();
      for (const trip of tripped) {
        const name = withheldName(trip);
        if (told.has(name) || withhold(decision, [trip]) === decision) continue;
        told.add(name);
        const list = lists.get(name) ?? { count: 0, records: [] };
        lists.set(name, list);
        list.count += 1;
        const { left, right } = decision;
        if (list.records.length < LISTED_MAX) list.records.push({ entity: entity.name, left, right });
      }
    }
  });
  return lists;
}

/** The case that a trip is told in: one for each side and class. */
export function withheldName({ side, op }: Pick<Trip, "side" | "op">): string {
  return `${side} ${op}`;
}

/** Nobody is looked for among so many: whoever is meant is found by other values, or taken for new. */
function tellCrowded(context: RunContext, entity: Entity): void {
  const { crowded } = tallyOf(context, entity.name);
  if (crowded.size === 0) return;
  context.log.warn("values that too many records share were not compared for alike records", {
    pair: context.mapping.pair,
    entity: entity.name,
    blocks: crowded.size,
    most: BLOCK_MOST,
    hint: "score a further field that tells these records apart, such as a phone number or a date of birth",
  });
}

async function eachPage(
  context: RunContext,
  entities: readonly Entity[],
  visit: (entity: Entity, page: readonly PlannedDecision[]) => Promise<void>,
): Promise<void> {
  for (const entity of entities) {
    let after = -1;
    for (;;) {
      const page = await context.store.decisions(context.run, entity.name, after, PAGE);
      const last = page.at(-1);
      if (last === undefined) break;
      await visit(entity, page);
      after = last.seq;
    }
  }
}

export async function planOf(context: RunContext, request: RunRequest, round: Round): Promise<StoredPlan | null> {
  if (!request.dryRun && context.mapping.state === "active") return null;
  const names = { left: context.mapping.sides.left.name, right: context.mapping.sides.right.name };
  const calls: Record<string, number> = { [names.left]: 0, [names.right]: 0 };
  for (const action of round.actions) {
    for (const side of writtenSides(action)) calls[side] = (calls[side] ?? 0) + 1;
  }
  const links: Record<string, number> = {};
  for (const [entity, tally] of context.tallies) links[entity] = tally.situations.get("matched") ?? 0;
  return planDocument(
    {
      pair: context.mapping.pair,
      run: context.run,
      kind: request.undo !== undefined ? "undo" : request.kind === "sweep" ? "sweep" : "changes",
      ...(request.undo === undefined ? {} : { undo: undoPart(request.undo, round.kept, round.actions, names) }),
      meaning: context.meaning,
      createdAt: context.clock.now(),
      actions: round.actions,
      cases: round.cases,
      guards: tripRows(round.tripped, names),
      calls,
      links,
      forecast: forecastRows(
        context.forecast ?? new Map(),
        names,
        new Map([...context.tallies].map(([name, tally]) => [name, tally.crowded])),
      ),
    },
    context.digest256,
  );
}
