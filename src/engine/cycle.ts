// The course of a run: resolve what an earlier run left unknown, look, decide, let the guards see the whole plan, carry out,
// remember. Rounds follow while something was edited meanwhile or has to follow; three at the most, the rest is the next run's.

import { emptyTally, GUARDED, type Tally, type Trip } from "../core/guard.ts";
import { SIDES, type Side } from "../core/ids.ts";
import type { Value } from "../core/value.ts";
import { carryOut } from "./carry-out-round.ts";
import type { Stop } from "./job.ts";
import { refuseOtherAccount } from "./epoch.ts";
import { endOf, laterTally, type Entity, type RunContext } from "./context.ts";
import { lookAll, type LookedAll } from "./look-all.ts";
import { hasFollowUps, lookAtHints } from "./look.ts";
import type { Looked } from "./looked.ts";
import { EMPTY_COMMIT, type Commit } from "./ports/commit.ts";
import type { Outcome, RunReport, StoredPlan } from "./ports/run.ts";
import type { RunRequest } from "./request.ts";
import { planOf, planRound, withheldName, type Round } from "./round.ts";
import { recoverIntents } from "./recover.ts";

const ROUNDS_MAX = 3;

export interface RunResult {
  readonly report: RunReport;
  /** What was decided; null when nothing could be. */
  readonly plan: StoredPlan | null;
  /** Actions carried out of those asked for by `only`. */
  readonly carriedOut: ReadonlySet<string>;
  /** Some record may be gone: a sweep would tell. */
  readonly sweepWanted: string | null;
}

type Finish = (
  outcome: Outcome,
  reason: string | null,
  message: string | null,
  tripped: readonly Trip[],
) => Promise<RunReport>;

/** Looks, decides, carries out and remembers, in rounds. @throws RunEnds when the run cannot go on. */
export async function runCycle(context: RunContext, request: RunRequest, finish: Finish): Promise<RunResult> {
  const writes = !request.dryRun && context.mapping.state === "active";
  const entities = context.entities.filter((entity) => request.entity === null || entity.name === request.entity);
  await refuseOtherAccount(context, writes);
  const open = writes ? await recoverIntents(context) : await context.store.openIntents();
  const looked = await lookAll(context, entities, request);
  const swept = new Set(looked.byEntity.flatMap((each) => (each.listings === null ? [] : [each.entity.name])));
  const first = await planRound(context, entities, open, request, swept, emptyTally());
  // What recovery confirmed was counted by the run that planned it.
  const recovered = effectsOf(context);
  const plan = await planOf(context, request, first);
  const done = { carriedOut: new Set<string>(), tripped: first.tripped, sweepWanted: looked.sweepWanted };
  if (!writes) {
    const proposed = request.dryRun ? null : "proposed";
    return {
      ...done,
      plan,
      report: await finish(
        "ok",
        proposed,
        proposed === null ? null : "state: proposed plans only; set `state: active` to let it write",
        first.tripped,
      ),
    };
  }
  await context.beforeWriting?.(toWrite(context, first));
  let stop = await carryOut(context, entities, first, done.carriedOut, request);
  await remember(context, looked, stop, request);
  for (let round = 2; stop === null && request.only === null && round <= ROUNDS_MAX; round += 1) {
    const again = await anotherRound(context, entities, first, request, done.carriedOut, recovered);
    if (again === null) break;
    stop = again.stop;
  }
  if (stop !== null) {
    const ends = endOf(stop, `writing to ${context.mapping.pair}`);
    if (stop.kind === "stop") await context.store.setPaused(`stop: ${stop.message}`);
    return { ...done, plan, report: await finish("failed", ends.reason, ends.message, first.tripped) };
  }
  const standing = await context.store.standing();
  // A run taken back has not looked at what the guards withheld.
  if (request.undo === undefined) await keepGuardCases(context, entities, first, standing);
  await closeSystemCases(context, swept, standing);
  if (request.only === null) await endApprovals(context, first, done.carriedOut, request);
  if (first.tripped.length > 0)
    return {
      ...done,
      plan,
      report: await finish(
        "withheld",
        "guard",
        `over its limit: ${first.tripped.map((trip) => `${String(trip.count)} ${trip.op} in ${context.mapping.sides[trip.side].name} (limit ${String(trip.limit)})`).join(", ")}`,
        first.tripped,
      ),
    };
  const failed = [...context.tallies.values()].reduce((sum, tally) => sum + tally.newlyFailed.count, 0);
  return {
    ...done,
    plan,
    report: await finish(failed > 0 ? "partial" : "ok", failed > 0 ? "quarantined" : null, null, []),
  };
}

/** What the guards let through, by entity. */
function toWrite(context: RunContext, { tripped }: Round): ReadonlyMap<string, Tally> {
  const left = [...context.tallies].map(([name, { counted }]): readonly [string, Tally] => {
    const tally = { left: { ...counted.left }, right: { ...counted.right } };
    for (const { side, op, only } of tripped) if (only === undefined || only.entity === name) tally[side][op] = 0;
    return [name, tally];
  });
  return new Map(left);
}

/** Cursors and hints end only when everything they led to is durable. */
async function remember(context: RunContext, looked: LookedAll, stop: Stop | null, request: RunRequest): Promise<void> {
  // Naming actions leaves the rest of what was seen undone: the next run has to see it again.
  if (stop !== null || request.only !== null) return;
  for (const { entity, looked: seen, listings } of looked.byEntity) {
    const commit: Commit = {
      ...EMPTY_COMMIT,
      run: context.run,
      hintsDone: seen?.hintsDone ?? [],
      cursors: (listings ?? seen?.cursors ?? []).flatMap((each: Looked["cursors"][number]) =>
        each.cursor === null
          ? []
          : [{ entity: entity.name, side: each.side, cursor: each.cursor, settled: each.settled ?? false }],
      ),
      quarantined: listings?.flatMap((listing) => listing.broken) ?? seen?.broken ?? [],
      hints: seen?.hints ?? [],
    };
    if (!isNothing(commit)) await context.store.commit(context.lease, commit);
    if (listings !== null) await context.store.forgetUnconfirmed(context.lease, context.run, entity.name);
  }
}

/** What must be held by the lease says so itself; where nothing is stored, nothing can be lost. */
function isNothing({ hintsDone, cursors, quarantined, hints }: Commit): boolean {
  return [hintsDone, cursors, quarantined, hints].every((list) => list.length === 0);
}

/** What was edited meanwhile, was woken by a parent's link, or has to follow a write, is decided within the same run. */
async function anotherRound(
  context: RunContext,
  entities: readonly Entity[],
  first: Round,
  request: RunRequest,
  carriedOut: Set<string>,
  recovered: Tally,
): Promise<{ readonly stop: Stop | null } | null> {
  const follows = await Promise.all(entities.map((entity) => hasFollowUps(context, entity)));
  if (!follows.includes(true)) return null;
  await context.store.clearDecisions(context.run);
  const looked: LookedAll["byEntity"][number][] = [];
  for (const entity of entities) {
    await context.store.clearSightings(context.run, entity.name);
    looked.push({ entity, looked: await lookAtHints(context, entity, "follow-ups"), listings: null });
  }
  const found = looked.some((each) => (each.looked?.hintsDone.length ?? 0) > 0);
  if (!found) return null;
  const silent: RunContext = {
    ...context,
    tallies: new Map([...context.tallies].map(([name, tally]) => [name, laterTally(tally)])),
  };
  const open = await context.store.openIntents();
  const round = await planRound(silent, entities, open, request, new Set(), less(effectsOf(context), recovered));
  // The limits hold for the run, not for the round: what the first plan tripped stays withheld.
  const stop = await carryOut(
    silent,
    entities,
    { ...round, tripped: [...first.tripped, ...round.tripped] },
    carriedOut,
    request,
  );
  await remember(context, { byEntity: looked, sweepWanted: null }, stop, request);
  return { stop };
}

/** Confirmed changes of the run so far, in the guards' classes. */
function effectsOf(context: RunContext): Tally {
  const sum = emptyTally();
  for (const { effects } of context.tallies.values()) {
    for (const side of SIDES)
      for (const op of ["create", "update", "delete"] as const) sum[side][op] += effects[side][op];
  }
  return sum;
}

function less(a: Tally, b: Tally): Tally {
  const rest = emptyTally();
  for (const side of SIDES) for (const op of GUARDED) rest[side][op] = a[side][op] - b[side][op];
  return rest;
}

/** An approval is used once. After a sweep, one whose action is no longer planned has nothing left to allow. */
async function endApprovals(
  context: RunContext,
  round: Round,
  carriedOut: ReadonlySet<string>,
  request: RunRequest,
): Promise<void> {
  const ended = [...round.approved].filter((action) => request.kind === "sweep" || carriedOut.has(action));
  if (ended.length > 0) await context.store.endApprovals(ended);
}

type Standing = Awaited<ReturnType<RunContext["store"]["standing"]>>;

async function keepGuardCases(
  context: RunContext,
  entities: readonly Entity[],
  round: Round,
  standing: Standing,
): Promise<void> {
  const [first] = entities;
  if (first === undefined) return;
  for (const side of SIDES) {
    for (const op of GUARDED) {
      const own = round.tripped.filter((each) => each.side === side && each.op === op);
      if (own.length === 0 && !isStanding(standing, first.name, side, op)) continue;
      await context.store.setGuardCase(
        first.name,
        side,
        op,
        own.length === 0 ? null : { values: guardValues(context, round, own) },
      );
    }
  }
}

/** A run that came to its end has met the accounts it knows, and a sweep has seen nothing that went back in time. */
async function closeSystemCases(context: RunContext, swept: ReadonlySet<string>, standing: Standing): Promise<void> {
  const [first] = context.entities;
  for (const side of SIDES) {
    if (first !== undefined && context.epochOf !== undefined && isStanding(standing, first.name, side, "epoch"))
      await context.store.setGuardCase(first.name, side, "epoch", null);
    for (const entity of swept)
      if (isStanding(standing, entity, side, "rewind")) await context.store.setGuardCase(entity, side, "rewind", null);
  }
}

function isStanding(standing: Standing, entity: string, side: Side, op: Standing[number]["op"]): boolean {
  return standing.some((each) => each.entity === entity && each.side === side && each.op === op);
}

/** What a person sees of a class that is withheld: how many over which limit, why, and which records. */
function guardValues(context: RunContext, round: Round, tripped: readonly Trip[]): Value {
  const [first] = tripped;
  if (first === undefined) throw new Error("no guard has tripped");
  const { count, limit, side, op } = first;
  const list = round.withheld.get(withheldName(first)) ?? { count: 0, records: [] };
  const why = tripped.flatMap(({ only }): readonly Value[] =>
    only === undefined
      ? []
      : [
          only.value === null
            ? { entity: only.entity, why: only.why }
            : { entity: only.entity, why: only.why, field: only.value.field, value: only.value.value },
        ],
  );
  return {
    side: context.mapping.sides[side].name,
    op,
    count,
    limit,
    run: context.run,
    ...(why.length === 0 ? {} : { why }),
    records: list.records,
    not_listed: list.count - list.records.length,
  };
}
