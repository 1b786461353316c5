// Carrying out a page of decisions: look once more, store the intents, write, read back, settle, and commit all of it in one
// transaction. What happened is never guessed: an outcome that is not known keeps its intent open.
//
// While a page is committed the next one is written already. Nothing of it is settled before that commit stands, because who is
// whose counterpart is read from the links; and the run does not end before what is in flight has come back.

import type { Job, Stop } from "./job.ts";
import { performAll } from "./perform.ts";
import { prepareAll } from "./prepare.ts";
import type { Decision } from "../core/decision.ts";
import { otherSide } from "../core/ids.ts";
import type { WriteOutcome } from "../core/settle.ts";
import { canonicalText } from "../core/value.ts";
import type { Entity, RunContext } from "./context.ts";
import type { Intent } from "./ports/intent.ts";
import type { PlannedDecision } from "./ports/run.ts";
import { withoutTaken } from "./outcome.ts";
import { settlePage, type Done } from "./settle-page.ts";
import { resolveUnknowns } from "./unknown.ts";
import type { RefNeed } from "../mapping/reference.ts";

/** How far a page has come: what was written is known, and being committed. */
export interface CarriedOut {
  /** The failure after which nothing more may be written, or null. What was written until then is settled. */
  readonly stop: Stop | null;
  /** The commit. A rejection waits for whoever asks. */
  readonly committed: Promise<void>;
}

/**
 * Carries out and settles a page of decisions of one entity.
 * @param lookAgain Those of which a part is withheld.
 * @param earlier The commits before this page's.
 */
export async function carryOutPage(
  context: RunContext,
  entity: Entity,
  page: readonly PlannedDecision[],
  lookAgain: ReadonlySet<PlannedDecision>,
  earlier: Promise<void>,
): Promise<CarriedOut> {
  // References to records of the entity itself may be to the page before.
  if (entity.mapping.refs.includes(entity.name)) await earlier;
  const outcomes = new Map<PlannedDecision, (WriteOutcome | undefined)[]>(page.map((planned) => [planned, []]));
  const intents = new Map<PlannedDecision, string[]>(page.map((planned) => [planned, []]));
  const jobs: Job[] = [];
  const stops: (Stop | null)[] = [];

  const missing = new Map<PlannedDecision, readonly RefNeed[]>();
  for (const prepared of await prepareAll(context, entity, page, stops)) {
    if (prepared.missing.length > 0)
      missing.set(prepared.planned, [...(missing.get(prepared.planned) ?? []), ...prepared.missing]);
    if (prepared.result.kind === "job") jobs.push(prepared.result.job);
    else setAt(outcomes.get(prepared.planned), prepared.writeIndex, prepared.result.outcome);
  }
  // A system that must not be written to was met while looking: nothing of the page is sent.
  const rows = firstOf(stops) === null ? jobs.map((job) => intentOf(context, entity, job)) : [];
  if (rows.length > 0) {
    await context.store.saveIntents(context.lease, rows);
    const performed = await performAll(context, entity, jobs);
    await earlier;
    const lost = rows.filter((_, index) => performed.results[index]?.kind === "unknown");
    const found = new Map(
      (await resolveUnknowns(context, entity, lost)).map((outcome, index) => [lost[index], outcome]),
    );
    const ended = jobs.map(({ write, planned }, index) => ({
      side: write.side,
      op: write.op,
      linkId: planned.decision.linkId,
      source: planned.decision[otherSide(write.side)],
      outcome: found.get(rows[index]) ?? performed.results[index] ?? SKIPPED,
    }));
    const settled = await withoutTaken(context, entity, ended);
    for (const [index, job] of jobs.entries()) {
      const intent = rows[index];
      const outcome = settled[index];
      if (intent === undefined || outcome === undefined) continue;
      setAt(outcomes.get(job.planned), job.writeIndex, outcome);
      if (outcome.kind !== "unknown") intents.get(job.planned)?.push(intent.id);
    }
    stops.push(performed.stop);
  }
  const jobIds = new Map<PlannedDecision, string[]>(page.map((planned) => [planned, []]));
  jobs.forEach((job, index) => {
    const id = rows[index]?.id;
    const ids = jobIds.get(job.planned);
    if (id !== undefined && ids !== undefined) ids[job.writeIndex] = id;
  });
  const done = page.map((planned): Done => {
    const found = outcomes.get(planned) ?? [];
    const all = planned.decision.writes.map((_, index) => found[index] ?? ({ kind: "skipped" } as const));
    const { decision, actionHash } = planned;
    if (decision.situation === "undone" && actionHash !== null && all.some(({ kind }) => kind !== "done"))
      context.notDone?.add(actionHash);
    const ids = jobIds.get(planned) ?? [];
    const own = planned.decision.writes.map((_, index) => ids[index] ?? null);
    return {
      decision: resolvedDecision(planned, jobs),
      intents: own,
      seen: planned.seen,
      outcomes: all,
      intentsDone: intents.get(planned) ?? [],
      intentsTried: [],
      missing: missing.get(planned) ?? [],
      lookAgain: lookAgain.has(planned),
    };
  });
  await earlier;
  return { stop: firstOf(stops), committed: laterMet(settlePage(context, entity, done)) };
}

/** Its rejection waits for whoever asks. */
export function laterMet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

const SKIPPED: WriteOutcome = { kind: "skipped" };

function firstOf(stops: readonly (Stop | null)[]): Stop | null {
  return stops.find((stop) => stop !== null) ?? null;
}

function setAt(list: (WriteOutcome | undefined)[] | undefined, index: number, outcome: WriteOutcome): void {
  if (list !== undefined) list[index] = outcome;
}

/** The decision with the references that its jobs resolved, so that bases and history hold real ids. */
function resolvedDecision(planned: PlannedDecision, jobs: readonly Job[]): Decision {
  const own = jobs.filter((job) => job.planned === planned);
  if (own.length === 0) return planned.decision;
  const writes = planned.decision.writes.map(
    (write, index) => own.find((job) => job.writeIndex === index)?.write ?? write,
  );
  const whole = writes.every((write, index) => write.fields.length === planned.decision.writes[index]?.fields.length);
  return whole
    ? { ...planned.decision, writes }
    : { ...planned.decision, writes, settledLeft: false, settledRight: false };
}

function intentOf(context: RunContext, entity: Entity, job: Job): Intent {
  const { planned, write, writeIndex } = job;
  return {
    id: context.ids.key(),
    run: context.run,
    entity: entity.name,
    op: write.op,
    side: write.side,
    record: write.id,
    key: job.key,
    body: job.body,
    bodyHash: context.digest256(canonicalText(job.body)),
    version: job.current?.version ?? write.version,
    writeIndex,
    decision: {
      ...planned.decision,
      writes: planned.decision.writes.map((each, index) => (index === writeIndex ? write : each)),
    },
    seen: planned.seen,
    openedAt: context.clock.now(),
    attempts: 0,
  };
}
