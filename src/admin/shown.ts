// The JSON shapes of the admin API: sides by the file's names, times as ISO text.

import type { Fields, Value } from "../core/value.ts";
import type { CaseRow, EffectRow, LinkRow, PairFigures, QuarantineRow } from "../engine/ledger.ts";
import type { PairSummary } from "../engine/operator.ts";
import type { RunRow } from "../engine/ports/run.ts";

export function isoOf(at: number | null | undefined): string | null {
  return at === null || at === undefined ? null : new Date(at).toISOString();
}

/** Pairs by name; a pair whose file is gone still has rows, and its sides are then called left and right. */
export type PairsByName = ReadonlyMap<string, PairSummary>;

export function byName(pairs: readonly PairSummary[]): PairsByName {
  return new Map(pairs.map((pair) => [pair.pair, pair]));
}

export function sideName(pairs: PairsByName, pair: string, side: "left" | "right"): string {
  return pairs.get(pair)?.sides[side].name ?? side;
}

/** As `run --json`, with when and how. A run without a report is under way, or the daemon died in it. */
export function shownRun(row: RunRow & { readonly pair: string }): Fields {
  const { run, pair, kind, report } = row;
  const times = { kind, started: isoOf(row.startedAt), ended: isoOf(row.endedAt) };
  // A report is JSON by its type.
  if (report !== null) return { ...(report as unknown as Fields), ...times };
  return { pair, run, outcome: null, reason: null, message: null, entities: {}, calls: {}, seconds: null, ...times };
}

/** As `cases --json`, with whether it is answered: an answered case stays until the next run has acted on it. */
export function shownCase(row: CaseRow): Fields {
  const { id, pair, entity, kind, left, right, field, values } = row;
  return { id, pair, entity, kind, left, right, field, values, since: isoOf(row.since), answered: row.answer !== null };
}

/** As `quarantine --json`. */
export function shownQuarantine(row: QuarantineRow, pairs: PairsByName): Fields {
  const { id, pair, entity, record, code, message, attempts } = row;
  return {
    id,
    pair,
    entity,
    side: sideName(pairs, pair, row.side),
    record,
    code,
    message,
    attempts,
    next: isoOf(row.next),
  };
}

/** As `links --json`, with the id that a history is asked by. */
export function shownLink(row: LinkRow): Fields {
  const { id, entity, left, right, state } = row;
  return { entity, left, right, state, id, since: isoOf(row.since) };
}

/** One confirmed remote change. */
export function shownEffect(row: EffectRow, pairs: PairsByName): Fields {
  const { pair, run, entity, op, record, other, reason } = row;
  const fields = Object.entries(row.fields).map(([field, { before, after, readBack, reason: why }]): Fields => ({
    field,
    before,
    after,
    readBack,
    reason: why,
  }));
  return {
    at: isoOf(row.at),
    run,
    pair,
    entity,
    side: sideName(pairs, pair, row.side),
    op,
    record,
    other,
    link: row.linkId,
    reason,
    fields,
  };
}

/** A pair at a glance. `state` is what the file says, or `paused` by a person or a failing system. */
export function shownPair(summary: PairSummary, figures: PairFigures): Fields {
  const { pair, file, sides, entities, running, next, pendingAccept } = summary;
  const { state, links, lastRun, lastSweep } = figures;
  const cases: Value = Object.fromEntries(Object.entries(figures.cases));
  return {
    pair,
    file,
    state: state.paused === null ? summary.state : "paused",
    paused: state.paused,
    sides: { left: { ...sides.left }, right: { ...sides.right } },
    entities,
    running,
    next: { changes: next.changes, sweep: next.sweep },
    pendingAccept,
    links: { ...links },
    cases: Object.values(figures.cases).reduce((sum, count) => sum + count, 0),
    casesByKind: cases,
    quarantined: figures.quarantined,
    parked: figures.parked,
    backlog: figures.backlog,
    oldestHint: isoOf(figures.oldestHint),
    openIntents: figures.openIntents,
    approvalsPending: figures.approvalsPending,
    lastRun: lastRun === null ? null : shownRun({ ...lastRun, pair }),
    lastSweep: lastSweep === null ? null : shownRun({ ...lastSweep, pair }),
  };
}
