// One round's plan: every subject decided, the whole counted by the guards before the first write, and told as a document.

import { addToTally, trips, withhold, type Tally, type Trip } from "../core/guard.ts";
import type { Fields } from "../core/value.ts";
import { tallyOf, type Entity, type RunContext } from "./context.ts";
import { BLOCK_MOST } from "./alike.ts";
import { countInSync, decideEntity } from "./decide-entity.ts";
import { forecastRows } from "./forecast.ts";
import { locksOf } from "./locks.ts";
import { actionRow, caseRows, planDocument, tripRows, writtenSides } from "./plan-document.ts";
import type { Intent, PlannedDecision, StoredPlan } from "./ports.ts";
import type { RunRequest } from "./request.ts";

const PAGE = 200;

export interface Round {
  readonly tripped: readonly Trip[];
  /** Action hashes of decisions that a tripped guard touches. */
  readonly approved: ReadonlySet<string>;
  readonly actions: readonly Fields[];
  readonly cases: readonly Fields[];
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
  let seq = 0;
  for (const entity of entities) {
    seq = await decideEntity(context, entity, seq, locks, swept.has(entity.name));
    await countInSync(context, entity);
    tellCrowded(context, entity);
  }
  const approved = request.only ?? (await context.store.approvedActions());
  const tally = { left: { ...before.left }, right: { ...before.right } };
  let linkedPairs = 0;
  for (const entity of context.entities) linkedPairs += (await context.store.countLinks(entity.name)).live;
  await eachPage(context, entities, async (entity, page) => {
    for (const planned of page) {
      const isApproved = planned.actionHash !== null && approved.has(planned.actionHash);
      if (isApproved || (request.only !== null && planned.actionHash !== null)) continue;
      addToTally(tally, planned.decision);
      addToTally(tallyOf(context, entity.name).counted, planned.decision);
    }
  });
  const tripped = trips(tally, context.mapping.guards, linkedPairs);
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
  return { tripped, approved, actions, cases };
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
      kind: request.kind === "sweep" ? "sweep" : "changes",
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
