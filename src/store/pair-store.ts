// The state of one pair, as the engine asks for it: each call goes to the file of its table family.

import type { PairStore } from "../engine/ports/pair-store.ts";
import { countBases, readBases } from "./bases.ts";
import { blocks, matchKeysOf } from "./blocks.ts";
import { candidates } from "./candidates.ts";
import { forgetUnseen } from "./unlinked.ts";
import { closeUnconfirmed, resolutions, setGuardCase, standingCases } from "./cases.ts";
import { commitPage } from "./commit.ts";
import { readCursor, readCursorState } from "./cursors.ts";
import type { Database } from "./database.ts";
import { drifts, setDrift } from "./drifts.ts";
import { readEpochs, rememberEpoch } from "./epochs.ts";
import { clearDecisions, readDecisions, saveDecisions } from "./decisions.ts";
import { countOpen } from "./figures.ts";
import { addHints, dueHints } from "./inbox.ts";
import { openIntents, saveIntents } from "./intents.ts";
import { acquireLease, releaseLease, renewLease } from "./leases.ts";
import { counterparts, countLinks, linksBy } from "./links.ts";
import { readState, setAcceptedMeaning, setPaused } from "./pair-state.ts";
import { approve, approvedActions, endApprovals, savePlan } from "./plans.ts";
import { quarantinedOf, refusedWrites } from "./quarantine.ts";
import { recentWrites } from "./recent-writes.ts";
import { endRun, startRun } from "./runs.ts";
import { openSeenLinks } from "./seen-links.ts";
import {
  clearSightings,
  countSighted,
  countUnchanged,
  hasLone,
  sighted,
  stage,
  stageUnchanged,
  unsighted,
} from "./sightings.ts";
import { subjects } from "./subjects.ts";
import { hasUndone, runEffects, undoneCases } from "./undone.ts";

export function pairStore(database: Database, pair: string): PairStore {
  const seen = openSeenLinks(pair);
  return {
    pair,
    acquireLease: (owner, ttlMs) => acquireLease(database, pair, owner, ttlMs),
    renewLease: (lease, ttlMs) => renewLease(database, pair, lease, ttlMs),
    releaseLease: (lease) => releaseLease(database, pair, lease),

    state: () => readState(database, pair),
    setAcceptedMeaning: (meaning) => setAcceptedMeaning(database, pair, meaning),
    setPaused: (reason) => setPaused(database, pair, reason),

    epochs: () => readEpochs(database, pair),
    rememberEpoch: (side, epoch) => rememberEpoch(database, pair, side, epoch),

    async startRun(run, kind) {
      await startRun(database, pair, run, kind);
      seen.start(run);
    },
    async endRun(run, report) {
      seen.end(run);
      await endRun(database, pair, run, report);
    },
    cursor: (entity, side) => readCursor(database, pair, entity, side),
    cursorState: (entity, side) => readCursorState(database, pair, entity, side),

    linksBy: (entity, side, ids) => linksBy(database, pair, entity, side, ids),
    bases: (links) => readBases(database, links),
    countBases: (entity, side, fields) => countBases(database, pair, entity, side, fields),
    countLinks: (entity) => countLinks(database, pair, entity),
    recentWrites: (entity, links, now, windowMs) => recentWrites(database, pair, entity, links, { now, ms: windowMs }),
    counterparts: (entity, side, ids) => counterparts(database, pair, entity, side, ids),

    stage: (run, sightings) => stage(database, seen, pair, run, sightings),
    stageUnchanged: (run, entity, side, page) => stageUnchanged(database, seen, pair, run, { entity, side, page }),
    countSighted: (run, entity, side) => countSighted(database, seen, pair, run, { entity, side }),
    hasLone: (run, entity, side) => hasLone(database, pair, run, entity, side),
    unsighted: (run, entity, side, after, limit) =>
      unsighted(database, seen, pair, run, { entity, side, after, limit }),
    countUnchanged: async (run, entity) => countUnchanged(seen, run, entity),
    subjects: (run, entity, after, limit) => subjects(database, pair, run, { entity, after, limit }),
    sighted: (run, entity, side, ids) => sighted(database, pair, run, { entity, side, ids }),
    candidates: (run, entity, side, keys, remembered) =>
      candidates(database, pair, run, { entity, side, keys, remembered }),
    blocks: (run, entity, keys, remembered, most) => blocks(database, pair, run, { entity, keys, remembered, most }),
    matchKeysOf: (run, entity, members, begin) => matchKeysOf(database, pair, run, { entity, members, begin }),
    clearSightings: (run, entity) => clearSightings(database, seen, pair, run, entity),

    saveDecisions: (run, decisions) => saveDecisions(database, pair, run, decisions),
    decisions: (run, entity, afterSeq, limit) => readDecisions(database, pair, run, { entity, afterSeq, limit }),
    clearDecisions: (run) => clearDecisions(database, pair, run),

    addHints: (hints) => addHints(database, pair, hints),
    dueHints: (entity, side, now, limit) => dueHints(database, pair, { entity, side, now, limit }),
    openIntents: () => openIntents(database, pair),
    saveIntents: (lease, intents) => saveIntents(database, pair, lease, intents),
    commit: (lease, commit) => commitPage(database, pair, lease, commit),

    setGuardCase: (entity, side, op, open) => setGuardCase(database, pair, { entity, side, op }, open),
    standing: () => standingCases(database, pair),
    setDrift: (drift, open) => setDrift(database, pair, drift, open),
    drifts: () => drifts(database, pair),
    async forgetUnconfirmed(lease, run, entity) {
      await closeUnconfirmed(database, seen, pair, lease, run, entity);
      await forgetUnseen(database, pair, run, entity);
    },
    resolutions: (subjects) => resolutions(database, pair, subjects),
    hasUndone: (entity) => hasUndone(database, pair, entity),
    undoneCases: (entity, asked) => undoneCases(database, pair, entity, asked),
    runEffects: (run, entity, after, limit) => runEffects(database, pair, { run, entity, after, limit }),
    countOpen: (entity) => countOpen(database, pair, entity),
    quarantinedOf: (entity, side, ids) => quarantinedOf(database, pair, { entity, side, ids }),
    refusedWrites: (entity, side, ids) => refusedWrites(database, pair, { entity, side, ids }),

    savePlan: (plan) => savePlan(database, pair, plan),
    approvedActions: () => approvedActions(database, pair),
    approve: (planHash, actionHashes, who) => approve(database, pair, { planHash, actionHashes, who }),
    endApprovals: (actionHashes) => endApprovals(database, pair, actionHashes),
  };
}
