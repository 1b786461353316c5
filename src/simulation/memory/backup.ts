// A backup of one pair's state, and what is left when it is restored, or when the state is lost altogether.

import type { PairTables } from "./tables.ts";

export type Backup = Omit<PairTables, "lease" | "sightings" | "decisions">;

export function backup(pair: PairTables): Backup {
  const { acceptedMeaning, paused, epochs, links, cursors, cursorsReached, hints, intents, cases } = pair;
  const { quarantine, parked, unlinked, effects, totals, approvals } = pair;
  return {
    acceptedMeaning,
    paused,
    epochs: new Map(epochs),
    links: new Map(links),
    cursors: new Map(cursors),
    cursorsReached: new Map(cursorsReached),
    hints: new Map(hints),
    intents: new Map(intents),
    cases: new Map(cases),
    quarantine: new Map(quarantine),
    parked: new Map(parked),
    unlinked: new Map(unlinked),
    effects,
    totals: new Map(totals),
    approvals: new Map(approvals),
  };
}

/** Leases are not restored: whoever wrote before has no right to go on. */
export function restore(pair: PairTables, to: Backup): void {
  Object.assign(pair, backup({ ...pair, ...to }));
}
