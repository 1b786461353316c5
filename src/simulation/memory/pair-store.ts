// The state of one pair in memory, as the engine asks for it. Every call takes effect at once and whole; what makes it wait,
// fail or come too late is the scheduler that the simulation puts before it.

import type { Instant } from "../../core/ids.ts";
import type { Lease, PairStore } from "../../engine/ports/pair-store.ts";
import { closeUnconfirmed, drifts, resolutions, setDrift, setGuardCase, standingCases } from "./cases.ts";
import { basesOf, counterparts, countLinks, linksBy, toLink } from "./links.ts";
import { recentWrites } from "./recent-writes.ts";
import { endRun, startRun } from "./runs.ts";
import {
  blocks,
  candidates,
  clearSightings,
  countSighted,
  countUnchanged,
  hasLone,
  decisionsOf,
  matchKeysOf,
  saveDecisions,
  sighted,
  stage,
  stageUnchanged,
  subjects,
  unsighted,
} from "./sightings.ts";
import { nextNumber, pairTables, rowKey, type Tables } from "./tables.ts";
import { openUndone, runEffects, undoneCases } from "./undone.ts";
import { addHints, checkLease, commitPage, dueHints } from "./work.ts";

export function memoryPairStore(tables: Tables, name: string): PairStore {
  const pair = pairTables(tables, name);
  const until = (ttlMs: number): Instant => (tables.now() + ttlMs) as Instant; // a time plus a length
  const isHeld = (lease: Lease): boolean => pair.lease.token === lease.token && pair.lease.owner !== null;
  return {
    pair: name,
    acquireLease: async (owner, ttlMs) => {
      if (pair.lease.owner !== null && pair.lease.until > tables.now()) return null;
      pair.lease = { token: nextNumber(tables), owner, until: until(ttlMs) };
      return { token: pair.lease.token, until: pair.lease.until };
    },
    renewLease: async (lease, ttlMs) => {
      if (!isHeld(lease)) return false;
      pair.lease = { ...pair.lease, until: until(ttlMs) };
      return true;
    },
    releaseLease: async (lease) => {
      if (isHeld(lease)) pair.lease = { ...pair.lease, owner: null, until: tables.now() };
    },

    state: async () => ({ acceptedMeaning: pair.acceptedMeaning, paused: pair.paused }),
    setAcceptedMeaning: async (meaning) => void (pair.acceptedMeaning = meaning),
    setPaused: async (reason) => void (pair.paused = reason),
    epochs: async () => ({ left: pair.epochs.get("left") ?? null, right: pair.epochs.get("right") ?? null }),
    rememberEpoch: async (side, epoch) => void pair.epochs.set(side, epoch),
    startRun: async (run, kind) => startRun(tables, name, run, kind),
    endRun: async (run, report) => endRun(tables, name, run, report),
    cursor: async (entity, side) => pair.cursors.get(`${side} ${entity}`) ?? null,
    cursorState: async (entity, side) => {
      const cursor = pair.cursors.get(`${side} ${entity}`);
      const reached = pair.cursorsReached.get(`${side} ${entity}`);
      return cursor === undefined || reached === undefined
        ? null
        : { cursor, ageMs: tables.now() - reached.at, settled: reached.settled };
    },

    linksBy: async (entity, side, ids) => linksBy(pair, entity, side, ids).map(toLink),
    bases: async (links) => basesOf(pair, links),
    countBases: async (entity, side, fields) =>
      new Map(
        fields.map((field) => [
          field,
          [...pair.links.values()].filter(
            (link) => link.entity === entity && link.state === "live" && (link.bases[side][field] ?? null) !== null,
          ).length,
        ]),
      ),
    countLinks: async (entity) => countLinks(pair, entity),
    recentWrites: async (entity, links, now, windowMs) => recentWrites(pair, entity, links, { now, ms: windowMs }),
    counterparts: async (entity, side, ids) => counterparts(pair, entity, side, ids),

    stage: async (run, sightings) => (sightings.length === 0 ? undefined : stage(pair, run, sightings)),
    stageUnchanged: async (run, entity, side, page) => stageUnchanged(pair, run, entity, side, page),
    countSighted: async (run, entity, side) => countSighted(pair, run, entity, side),
    hasLone: async (run, entity, side) => hasLone(pair, run, entity, side),
    unsighted: async (run, entity, side, after, limit) => unsighted(pair, run, entity, side, after, limit).map(toLink),
    countUnchanged: async (run, entity) => countUnchanged(pair, run, entity),
    subjects: async (run, entity, after, limit) => subjects(pair, run, entity, after, limit),
    sighted: async (run, entity, side, ids) => sighted(pair, run, entity, side, ids),
    candidates: async (run, entity, side, keys, remembered) =>
      candidates(pair, run, { entity, side, keys, remembered }),
    blocks: async (run, entity, keys, remembered, most) => blocks(pair, run, { entity, keys, remembered, most }),
    matchKeysOf: async (run, entity, members, begin) => matchKeysOf(pair, run, entity, members, begin),
    clearSightings: async (run, entity) => clearSightings(pair, run, entity),
    saveDecisions: async (run, decisions) => (decisions.length === 0 ? undefined : saveDecisions(pair, run, decisions)),
    decisions: async (run, entity, afterSeq, limit) => decisionsOf(pair, run, entity, afterSeq, limit),
    clearDecisions: async (run) => pair.decisions.get(run)?.clear(),

    addHints: async (hints) => addHints(tables, pair, hints),
    dueHints: async (entity, side, now, limit) => dueHints(pair, entity, side, now, limit),
    openIntents: async () => [...pair.intents.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    saveIntents: async (lease, intents) => {
      if (intents.length === 0) return;
      checkLease(pair, lease);
      for (const intent of intents) pair.intents.set(intent.id, intent);
    },
    commit: async (lease, commit) => commitPage(tables, pair, name, lease, commit),

    setGuardCase: async (entity, side, op, open) => setGuardCase(tables, pair, { entity, side, op }, open),
    standing: async () => standingCases(pair),
    setDrift: async (drift, open) => setDrift(tables, pair, drift, open),
    drifts: async () => drifts(pair),
    resolutions: async (asked) => resolutions(pair, asked),
    hasUndone: async (entity) => openUndone(pair, entity).length > 0,
    undoneCases: async (entity, asked) => undoneCases(pair, entity, asked),
    runEffects: async (run, entity, after, limit) => runEffects(pair, run, entity, after, limit),
    forgetUnconfirmed: async (lease, run, entity) => {
      checkLease(pair, lease);
      closeUnconfirmed(tables, pair, run, entity);
    },
    countOpen: async (entity) => {
      const cases = [...pair.cases.values()].filter((row) => row.entity === entity && !row.closed).length;
      const parked = new Set(
        [...pair.parked.values()].filter((row) => row.entity === entity).map((row) => `${row.side} ${row.id}`),
      ).size;
      const quarantined = [...pair.quarantine.values()].filter((row) => row.entity === entity).length;
      return { cases, parked, quarantined };
    },
    quarantinedOf: async (entity, side, ids) =>
      new Set(ids.filter((id) => pair.quarantine.has(rowKey(entity, side, id)))),

    refusedWrites: async (entity, side, ids) =>
      ids.flatMap((id) => {
        const row = pair.quarantine.get(rowKey(entity, side, id));
        return row === undefined ? [] : [{ id, refused: row.refused ?? null, attempts: row.attempts, next: row.next }];
      }),

    savePlan: async (plan) => void tables.plans.set(plan.id, { ...plan, pair: name }),
    approvedActions: async () => new Set(pair.approvals.keys()),
    approve: async (planHash, actionHashes, who) => {
      for (const action of actionHashes) if (!pair.approvals.has(action)) pair.approvals.set(action, { planHash, who });
      tables.audit = [
        ...tables.audit,
        {
          at: tables.now(),
          who,
          what: "plan approved",
          facts: { pair: name, plan: planHash, actions: actionHashes.length },
        },
      ];
    },
    endApprovals: async (actionHashes) => {
      for (const action of actionHashes) pair.approvals.delete(action);
    },
  };
}
