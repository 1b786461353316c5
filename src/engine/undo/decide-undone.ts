// A run taken back is a plan like any other: its records are read, the core decides what is put as it was (core/undo.ts), and the
// decisions are kept until the guards have seen the whole.

import type { RunId } from "../../core/ids.ts";
import { decideUndo } from "../../core/undo.ts";
import type { NotUndone } from "../../core/undo-subject.ts";
import { countSituation, tallyOf, throwIfStopping, type Entity, type RunContext } from "../context.ts";
import { actionHash } from "../decide-entity.ts";
import { isLocked, type Locks } from "../locks.ts";
import type { PlannedDecision } from "../ports/run.ts";
import { isTouched, touchedBy } from "./fold.ts";
import { currentOf, gatherTouched, seenOf, touchedSides, type Gathered } from "./gather.ts";
import type { KeptList } from "./plan-part.ts";
import { createsBarred } from "./proof.ts";

const PAGE = 500;

/**
 * Decides what of a run is taken back of an entity and stores the decisions from `seq` on.
 * @param kept Added to: what stays, and why.
 * @returns the next free seq.
 */
export async function decideUndone(
  context: RunContext,
  entity: Entity,
  seq: number,
  { run, locks, kept }: { readonly run: RunId; readonly locks: Locks; readonly kept: KeptList },
  count: (planned: PlannedDecision) => void,
): Promise<number> {
  let next = seq;
  let after: string | null = null;
  for (;;) {
    const page = await context.store.runEffects(run, entity.name, after, PAGE);
    const touched = touchedBy(entity.mapping, page.effects).filter(isTouched);
    const gathered = touched.length === 0 ? [] : await gatherTouched(context, entity, touched);
    const planned: PlannedDecision[] = [];
    for (const each of await decidePage(context, entity, gathered, { run, locks, kept })) {
      countSituation(tallyOf(context, entity.name), "undone");
      planned.push({ ...each, seq: next, actionHash: actionHash(context, each.decision, run) });
      next += 1;
    }
    await context.store.saveDecisions(context.run, planned);
    for (const each of planned) count(each);
    context.progress.phase(entity.name, "decide", next, null);
    if (page.next === null) return next;
    after = page.next;
    throwIfStopping(context);
  }
}

async function decidePage(
  context: RunContext,
  entity: Entity,
  page: readonly Gathered[],
  { run, locks, kept }: { readonly run: RunId; readonly locks: Locks; readonly kept: KeptList },
): Promise<readonly Omit<PlannedDecision, "seq" | "actionHash">[]> {
  const { left, right } = context.mapping.sides;
  const facts = { run, policy: entity.mapping.policy, names: { left: left.name, right: right.name } };
  const found = page.flatMap((each) => {
    if (isLocked(locks, entity.name, each.touched.ids)) {
      kept.add(entity.name, wholly(each, "a write of it is still under way"));
      return [];
    }
    const { decision, kept: stays } = decideUndo(each.subject, facts);
    kept.add(entity.name, stays);
    return decision === null ? [] : [{ each, decision }];
  });
  const barred = await createsBarred(
    entity,
    found.map(({ decision }) => decision),
  );
  return found.flatMap(({ each, decision }, index) => {
    const why = barred[index] ?? null;
    if (why !== null) {
      kept.add(entity.name, wholly(each, why));
      return [];
    }
    return [{ decision, seen: seenOf(each.view), current: currentOf(each.view, decision.writes) }];
  });
}

function wholly({ touched }: Gathered, why: string): readonly NotUndone[] {
  return touchedSides(touched).flatMap((side) => {
    const record = touched.writes[side]?.record;
    return record === undefined ? [] : [{ side, record, field: null, why }];
  });
}
