// The record of each run in memory, and the end of what lives for one run only.

import type { RunId } from "../../core/ids.ts";
import type { EntityReport, RunReport, RunRow } from "../../engine/ports/run.ts";
import { nextNumber, pairTables, type Tables } from "./tables.ts";

/** A run that never ended died with its daemon; nobody will read what it staged. */
export function startRun(tables: Tables, name: string, run: RunId, kind: RunRow["kind"]): void {
  const pair = pairTables(tables, name);
  // A run that was only thought dead may go on until it meets its lost lease.
  for (const rows of pair.sightings.values()) rows.clear();
  for (const rows of pair.decisions.values()) rows.clear();
  pair.sightings.set(run, new Map());
  pair.decisions.set(run, new Map());
  tables.runs = [
    ...tables.runs,
    { run, kind, startedAt: tables.now(), endedAt: null, report: null, pair: name, number: nextNumber(tables) },
  ];
}

export function endRun(tables: Tables, name: string, run: RunId, report: RunReport): void {
  const row = tables.runs.find((each) => each.pair === name && each.run === run);
  if (row === undefined) throw new Error(`run ${run} of ${name} was not started`);
  const pair = pairTables(tables, name);
  pair.sightings.delete(run);
  pair.decisions.delete(run);
  const before = tables.runs
    .filter((each) => each.pair === name && each.kind === row.kind && each.number < row.number)
    .at(-1);
  const drop =
    row.kind !== "apply" && before?.report !== null && before !== undefined && tellsTheSame(before.report, report)
      ? before
      : null;
  tables.runs = tables.runs
    .filter((each) => each !== drop)
    .map((each) => (each === row ? { ...row, endedAt: tables.now(), report } : each));
}

/** A run that did nothing takes the place of the one before it that did nothing either. */
function tellsTheSame(before: RunReport, after: RunReport): boolean {
  if (before.outcome !== after.outcome || before.reason !== after.reason) return false;
  const names = Object.keys(after.entities);
  if (names.length !== Object.keys(before.entities).length) return false;
  return names.every((name) => {
    const [one, other] = [before.entities[name], after.entities[name]];
    if (one === undefined || other === undefined) return false;
    const open = (["cases", "parked", "quarantined", "blocked"] as const).every((key) => one[key] === other[key]);
    return open && [one, other].every(didNothing);
  });
}

function didNothing(report: EntityReport): boolean {
  return Object.values(report.effects).every((each) => each.create + each.update + each.delete === 0);
}
