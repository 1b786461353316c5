// One run of one pair: resolve what an earlier run left unknown, look, decide, let the guards see the whole plan, carry out,
// remember. Rounds follow while something was edited meanwhile or has to follow; three at the most, the rest is the next run's.

import { addToTally, emptyTally, trips, withhold, type Trip } from "../core/guard.ts";
import { SIDES } from "../core/ids.ts";
import type { Fields } from "../core/value.ts";
import { BLOCK_MOST } from "./alike.ts";
import { carryOutPage, type Stop } from "./carry-out.ts";
import {
  endOf,
  newTally,
  RunEnds,
  tallyOf,
  throwIfStopping,
  type Entity,
  type EntityTally,
  type PairParts,
  type Ports,
  type RunContext,
} from "./context.ts";
import { countInSync, decideEntity } from "./decide-entity.ts";
import { forecastRows, newForecast } from "./forecast.ts";
import { keepLease } from "./lease.ts";
import { locksOf } from "./locks.ts";
import { feedsOf, lookAtChanges, lookAtHints, type Looked } from "./look.ts";
import { actionRow, caseRows, planDocument, tripRows, writtenSides } from "./plan-document.ts";
import {
  EMPTY_COMMIT,
  LeaseLost,
  type Commit,
  type Intent,
  type Outcome,
  type PlannedDecision,
  type RunReport,
  type StoredPlan,
} from "./ports.ts";
import { reportOf } from "./report.ts";
import type { RunRequest } from "./request.ts";
import { settlePage, type Done } from "./settle-page.ts";
import { sweepEntity, type SideListing } from "./sweep.ts";
import { recoverIntents } from "./unknown.ts";

const PAGE = 200;
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

/** Never throws for what happens in the world: the report's outcome and reason say it. */
export async function runPair(parts: PairParts, ports: Ports, request: RunRequest): Promise<RunResult> {
  const startedAt = ports.clock.now();
  const tallies = new Map(parts.entities.map((entity) => [entity.name, newTally()]));
  const finish = async (
    outcome: Outcome,
    reason: string | null,
    message: string | null,
    tripped: readonly Trip[],
  ): Promise<RunReport> => reportOf({ parts, ports, request, tallies, outcome, reason, message, tripped, startedAt });

  const refused = await refusal(parts, ports, request);
  if (refused !== null)
    return {
      report: await finish(refused.outcome, refused.reason, refused.message, []),
      plan: null,
      carriedOut: new Set(),
      sweepWanted: null,
    };

  const lease = await ports.store.acquireLease(request.owner, keepLease.ttlMs);
  if (lease === null) {
    const message = "another run of this pair is under way";
    return {
      report: await finish("halted", "running", message, []),
      plan: null,
      carriedOut: new Set(),
      sweepWanted: null,
    };
  }
  const kept = keepLease.start(ports, lease, request.signal);
  const context: RunContext = {
    ...ports,
    ...parts,
    run: request.run,
    lease,
    holdsLease: () => kept.holds(),
    signal: kept.signal,
    tallies,
    merged: new Map(),
    forecast:
      request.dryRun || parts.mapping.state !== "active"
        ? newForecast(parts.entities.map((entity) => entity.name))
        : null,
  };
  let result: RunResult | null = null;
  try {
    await ports.store.startRun(
      request.run,
      request.kind === "sweep" ? "sweep" : request.only === null ? "changes" : "apply",
    );
    result = await workOn(context, request, finish);
  } catch (thrown) {
    const ends = endedBy(thrown, kept.lost());
    if (ends === null) throw thrown;
    if (ends.reason === "stopped") await ports.store.setPaused(`stop: ${ends.message}`);
    result = {
      report: await finish(ends.outcome, ends.reason, ends.message, []),
      plan: null,
      carriedOut: new Set(),
      sweepWanted: null,
    };
  } finally {
    kept.stop();
    if (result !== null) await ports.store.endRun(request.run, result.report);
    // A lease that cannot be given back runs out; what ended the run is what has to be told.
    await ports.store
      .releaseLease(lease)
      .catch((error: unknown) =>
        ports.log.warn("the lease was not given back", { pair: parts.mapping.pair, error: String(error) }),
      );
  }
  return result;
}

/** What keeps a run from beginning at all. */
async function refusal(
  parts: PairParts,
  ports: Ports,
  request: RunRequest,
): Promise<{ outcome: Outcome; reason: string; message: string } | null> {
  const state = await ports.store.state();
  const { pair } = parts.mapping;
  if (parts.mapping.state === "paused" && !request.dryRun)
    return { outcome: "halted", reason: "paused", message: `${parts.mapping.file} says \`state: paused\`` };
  if (state.paused !== null && !request.dryRun) {
    return {
      outcome: "halted",
      reason: state.paused.startsWith("stop:") ? "stopped" : "paused",
      message: `${state.paused}; go on with: syncline resume ${pair}`,
    };
  }
  // A proposed mapping is still being written: it has accepted nothing, and nothing of it is carried out.
  if (parts.mapping.state === "proposed") return null;
  if (state.acceptedMeaning === null) {
    if (!request.dryRun) await ports.store.setAcceptedMeaning(parts.meaning);
    return null;
  }
  if (state.acceptedMeaning === parts.meaning || request.dryRun) return null;
  if (parts.mapping.onChange === "continue") {
    await ports.store.setAcceptedMeaning(parts.meaning);
    return null;
  }
  return {
    outcome: "halted",
    reason: "mapping-changed",
    message: `the meaning of ${parts.mapping.file} has changed; look with \`syncline plan ${pair} --sweep\`, then: syncline accept ${pair}`,
  };
}

function endedBy(thrown: unknown, leaseLost: boolean): RunEnds | null {
  if (thrown instanceof LeaseLost || leaseLost)
    return new RunEnds("failed", "lease-lost", "another run has taken over this pair");
  return thrown instanceof RunEnds ? thrown : null;
}

type Finish = (
  outcome: Outcome,
  reason: string | null,
  message: string | null,
  tripped: readonly Trip[],
) => Promise<RunReport>;

async function workOn(context: RunContext, request: RunRequest, finish: Finish): Promise<RunResult> {
  const writes = !request.dryRun && context.mapping.state === "active";
  const entities = context.entities.filter((entity) => request.entity === null || entity.name === request.entity);
  const open = writes ? await recoverIntents(context) : await context.store.openIntents();
  const looked = await lookAll(context, entities, request);
  const swept = new Set(looked.byEntity.flatMap((each) => (each.listings === null ? [] : [each.entity.name])));
  const first = await planRound(context, entities, open, request, swept);
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
  let stop = await carryOut(context, entities, first, done.carriedOut, request);
  await remember(context, looked, stop, request);
  for (let round = 2; stop === null && request.only === null && round <= ROUNDS_MAX; round += 1) {
    const again = await anotherRound(context, entities, first, request, done.carriedOut);
    if (again === null) break;
    stop = again.stop;
  }
  if (stop !== null) {
    const ends = endOf(stop, `writing to ${context.mapping.pair}`);
    if (stop.kind === "stop") await context.store.setPaused(`stop: ${stop.message}`);
    return { ...done, plan, report: await finish("failed", ends.reason, ends.message, first.tripped) };
  }
  await keepGuardCases(context, entities, first);
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
  const failed = [...context.tallies.values()].reduce((sum, tally) => sum + tally.failed, 0);
  return {
    ...done,
    plan,
    report: await finish(failed > 0 ? "partial" : "ok", failed > 0 ? "quarantined" : null, null, []),
  };
}

// ---------------------------------------------------------------- look

interface LookedAll {
  readonly byEntity: readonly {
    readonly entity: Entity;
    readonly looked: Looked | null;
    readonly listings: readonly SideListing[] | null;
  }[];
  readonly sweepWanted: string | null;
}

async function lookAll(context: RunContext, entities: readonly Entity[], request: RunRequest): Promise<LookedAll> {
  const byEntity: LookedAll["byEntity"][number][] = [];
  let sweepWanted: string | null = null;
  for (const entity of entities) {
    const feeds = request.kind === "sweep" ? null : await feedsOf(context, entity);
    const looked =
      request.kind === "hints"
        ? await lookAtHints(context, entity, "all")
        : feeds === null
          ? null
          : await lookAtChanges(context, entity, feeds);
    const listNow = looked === null || (looked.sweepNeeded !== null && request.kind !== "hints");
    if (looked?.sweepNeeded !== null && looked !== null && request.kind === "hints") sweepWanted = looked.sweepNeeded;
    if (!listNow) {
      byEntity.push({ entity, looked, listings: null });
      continue;
    }
    if (looked !== null) {
      context.log.info("listing both sides", {
        pair: context.mapping.pair,
        entity: entity.name,
        why: looked.sweepNeeded,
      });
      await context.store.clearSightings(context.run, entity.name);
    }
    const hints = looked ?? { ...(await dueHintsOnly(context, entity)), cursors: [], broken: [], sweepNeeded: null };
    byEntity.push({ entity, looked: { ...hints, hints: [] }, listings: await sweepEntity(context, entity) });
  }
  return { byEntity, sweepWanted };
}

/** A sweep looks at everything, so it also ends what the inbox holds. */
async function dueHintsOnly(context: RunContext, entity: Entity): Promise<{ readonly hintsDone: readonly string[] }> {
  const now = context.clock.now();
  const hints = await Promise.all(SIDES.map((side) => context.store.dueHints(entity.name, side, now, 10_000)));
  return { hintsDone: hints.flat().map((hint) => hint.hintId) };
}

// ---------------------------------------------------------------- decide

interface Round {
  readonly tripped: readonly Trip[];
  /** Action hashes of decisions that a tripped guard touches. */
  readonly approved: ReadonlySet<string>;
  readonly actions: readonly Fields[];
  readonly cases: readonly Fields[];
}

/** Decides everything that was looked at, and counts the whole plan before the first write. */
async function planRound(
  context: RunContext,
  entities: readonly Entity[],
  open: readonly Intent[],
  request: RunRequest,
  swept: ReadonlySet<string>,
): Promise<Round> {
  const locks = locksOf(open);
  let seq = 0;
  for (const entity of entities) {
    seq = await decideEntity(context, entity, seq, locks, swept.has(entity.name));
    await countInSync(context, entity);
    tellCrowded(context, entity);
  }
  const approved = request.only ?? (await context.store.approvedActions());
  const tally = emptyTally();
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

async function planOf(context: RunContext, request: RunRequest, round: Round): Promise<StoredPlan | null> {
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

// ---------------------------------------------------------------- carry out

/** Parents before children; deletes after everything else, children before parents. */
async function carryOut(
  context: RunContext,
  entities: readonly Entity[],
  round: Round,
  carriedOut: Set<string>,
  request: RunRequest,
): Promise<Stop | null> {
  for (const pass of ["others", "deletes"] as const) {
    const order = pass === "deletes" ? entities.toReversed() : entities;
    for (const entity of order) {
      const stop = await carryOutEntity(context, entity, pass, round, carriedOut, request);
      if (stop !== null) return stop;
    }
  }
  return null;
}

async function carryOutEntity(
  context: RunContext,
  entity: Entity,
  pass: "others" | "deletes",
  round: Round,
  carriedOut: Set<string>,
  request: RunRequest,
): Promise<Stop | null> {
  let after = -1;
  let written = 0;
  for (;;) {
    throwIfStopping(context);
    const page = await context.store.decisions(context.run, entity.name, after, PAGE);
    const last = page.at(-1);
    if (last === undefined) return null;
    after = last.seq;
    const due: PlannedDecision[] = [];
    const lookAgain = new Set<PlannedDecision>();
    const settled: Done[] = [];
    for (const planned of page) {
      const isDelete = planned.decision.writes.some((write) => write.op === "delete");
      if (isDelete !== (pass === "deletes")) continue;
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
    await settlePage(context, entity, settled);
    const stop = due.length === 0 ? null : await carryOutPage(context, entity, due, lookAgain);
    for (const planned of due) if (planned.actionHash !== null) carriedOut.add(planned.actionHash);
    written += due.length;
    context.progress.phase(entity.name, "write", written, null);
    if (stop !== null) return stop;
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

/** Cursors and hints end only when everything they led to is durable. */
async function remember(context: RunContext, looked: LookedAll, stop: Stop | null, request: RunRequest): Promise<void> {
  // Naming actions leaves the rest of what was seen undone: the next run has to see it again.
  if (stop !== null || request.only !== null) return;
  for (const { entity, looked: seen, listings } of looked.byEntity) {
    const commit: Commit = {
      ...EMPTY_COMMIT,
      run: context.run,
      hintsDone: seen?.hintsDone ?? [],
      cursors: (listings ?? seen?.cursors ?? []).flatMap(({ side, cursor }) =>
        cursor === null ? [] : [{ entity: entity.name, side, cursor }],
      ),
      quarantined: listings?.flatMap((listing) => listing.broken) ?? seen?.broken ?? [],
      hints: seen?.hints ?? [],
    };
    await context.store.commit(context.lease, commit);
    if (listings !== null) await context.store.forgetUnconfirmed(context.lease, context.run, entity.name);
  }
}

/** What was edited meanwhile, was woken by a parent's link, or has to follow a write, is decided within the same run. */
async function anotherRound(
  context: RunContext,
  entities: readonly Entity[],
  first: Round,
  request: RunRequest,
  carriedOut: Set<string>,
): Promise<{ readonly stop: Stop | null } | null> {
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
    tallies: new Map([...context.tallies].map(([name, tally]) => [name, effectsOnly(tally)])),
  };
  const open = await context.store.openIntents();
  const round = await planRound(silent, entities, open, request, new Set());
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

/** Effects and failures of a later round count; its situations are those of records already counted. */
function effectsOnly(tally: EntityTally): EntityTally {
  return {
    read: { left: 0, right: 0 },
    situations: new Map(),
    effects: tally.effects,
    blocked: 0,
    counted: emptyTally(),
    crowded: tally.crowded,
    get failed() {
      return tally.failed;
    },
    set failed(count: number) {
      tally.failed = count;
    },
  };
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

async function keepGuardCases(context: RunContext, entities: readonly Entity[], round: Round): Promise<void> {
  const [first] = entities;
  if (first === undefined) return;
  for (const side of SIDES) {
    for (const op of ["create", "update", "delete", "blank"] as const) {
      const trip = round.tripped.find((each) => each.side === side && each.op === op);
      const name = context.mapping.sides[side].name;
      await context.store.setGuardCase(
        first.name,
        side,
        op,
        trip === undefined
          ? null
          : { values: { side: name, op, count: trip.count, limit: trip.limit, run: context.run } },
      );
    }
  }
}
