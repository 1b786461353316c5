// Carrying out a round: parents before children, deletes last, and of what a guard withholds or nobody named only the rest.

import { withhold } from "../core/guard.ts";
import { carryOutPage, laterMet } from "./carry-out.ts";
import type { Stop } from "./job.ts";
import { throwIfStopping, type Entity, type RunContext } from "./context.ts";
import type { PlannedDecision } from "./ports/run.ts";
import type { RunRequest } from "./request.ts";
import { passOf, type Pass, type Round } from "./round.ts";
import { settlePage, type Done } from "./settle-page.ts";

// Smaller: more statements a record. Larger: more to resolve after a crash, and more memory.
const PAGE = 500;

/** Parents before children; deletes after everything else, children before parents. */
export async function carryOut(
  context: RunContext,
  entities: readonly Entity[],
  round: Round,
  carriedOut: Set<string>,
  request: RunRequest,
): Promise<Stop | null> {
  for (const pass of ["others", "deletes"] as const) {
    const order = pass === "deletes" ? entities.toReversed() : entities;
    for (const entity of order) {
      if (round.passes.get(entity.name)?.has(pass) !== true) continue;
      const stop = await carryOutEntity(context, entity, pass, round, carriedOut, request);
      if (stop !== null) return stop;
    }
  }
  return null;
}

async function carryOutEntity(
  context: RunContext,
  entity: Entity,
  pass: Pass,
  round: Round,
  carriedOut: Set<string>,
  request: RunRequest,
): Promise<Stop | null> {
  let written = 0;
  let committed: Promise<void> = Promise.resolve();
  try {
    for await (const page of decisionsOf(context, entity)) {
      const due: PlannedDecision[] = [];
      const lookAgain = new Set<PlannedDecision>();
      const settled: Done[] = [];
      for (const planned of page) {
        if (passOf(planned.decision) !== pass) continue;
        const allowed = allowedPart(planned, round, request);
        const withheld = allowed !== planned;
        if (withheld) lookAgain.add(allowed);
        if (allowed.decision.writes.length > 0) due.push(allowed);
        else
          settled.push({
            decision: allowed.decision,
            seen: allowed.seen,
            outcomes: [],
            intentsDone: [],
            intentsTried: [],
            missing: [],
            lookAgain: withheld,
          });
      }
      // Before anything of the page is settled that was written: whom a new record belongs to is read from the links.
      committed = laterMet(committed.then(() => settlePage(context, entity, settled)));
      if (due.length === 0) {
        await committed;
        continue;
      }
      const carried = await carryOutPage(context, entity, due, lookAgain, committed);
      committed = carried.committed;
      for (const { actionHash } of due)
        if (actionHash !== null && context.notDone?.has(actionHash) !== true) carriedOut.add(actionHash);
      written += due.length;
      context.progress.phase(entity.name, "write", written, null);
      if (carried.stop !== null) return carried.stop;
    }
    return null;
  } finally {
    await committed;
  }
}

/** The next page is read while one is carried out. */
async function* decisionsOf(context: RunContext, entity: Entity): AsyncGenerator<readonly PlannedDecision[]> {
  const pageAfter = (seq: number): Promise<readonly PlannedDecision[]> =>
    context.store.decisions(context.run, entity.name, seq, PAGE);
  let next = pageAfter(-1);
  for (;;) {
    throwIfStopping(context);
    const page = await next;
    const last = page.at(-1);
    if (last === undefined) return;
    next = page.length < PAGE ? Promise.resolve([]) : pageAfter(last.seq);
    // Met by the next turn, if there is one: what ends this page comes first.
    next.catch(() => undefined);
    yield page;
  }
}

/** The decision without what a guard withholds, or, when only named actions are asked for, without any other write. */
function allowedPart(planned: PlannedDecision, round: Round, request: RunRequest): PlannedDecision {
  const isApproved = planned.actionHash !== null && round.approved.has(planned.actionHash);
  if (isApproved) return planned;
  if (request.only !== null && planned.actionHash !== null)
    return {
      ...planned,
      decision: { ...planned.decision, writes: [], link: { kind: "keep" }, settledLeft: false, settledRight: false },
    };
  const decision = withhold(planned.decision, round.tripped);
  return decision === planned.decision ? planned : { ...planned, decision };
}
